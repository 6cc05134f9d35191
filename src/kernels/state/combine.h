// How AssignAdd, AssignSub and the scatters change one element: `Rule::apply(old, update)`, in the type that the
// elements are calculated in. Integers wrap around.
#pragma once

#include <algorithm>
#include <type_traits>

#include "kernels/elements.h"

namespace tenon::combine {

// As an unsigned integer at least as wide as int, whose arithmetic wraps around.
template <typename T>
using Wrapped = std::conditional_t<(sizeof(T) < 4), std::uint32_t, std::make_unsigned_t<T>>;

struct Add {
  template <typename T>
  static T apply(T a, T b) {
    if constexpr (std::is_integral_v<T>) {
      return static_cast<T>(static_cast<Wrapped<T>>(a) + static_cast<Wrapped<T>>(b));
    } else {
      return a + b;
    }
  }
};

struct Sub {
  template <typename T>
  static T apply(T a, T b) {
    if constexpr (std::is_integral_v<T>) {
      return static_cast<T>(static_cast<Wrapped<T>>(a) - static_cast<Wrapped<T>>(b));
    } else {
      return a - b;
    }
  }
};

struct Mul {
  template <typename T>
  static T apply(T a, T b) {
    if constexpr (std::is_integral_v<T>) {
      return static_cast<T>(static_cast<Wrapped<T>>(a) * static_cast<Wrapped<T>>(b));
    } else {
      return a * b;
    }
  }
};

// REQUIRES of integers: b is not 0.
struct Div {
  template <typename T>
  static T apply(T a, T b) {
    if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
      if (b == T(-1)) return Sub::apply<T>(T(0), a);  // the smallest integer has no opposite
    }
    return static_cast<T>(a / b);
  }
};

struct Min {
  template <typename T>
  static T apply(T a, T b) { return std::min(a, b); }
};

struct Max {
  template <typename T>
  static T apply(T a, T b) { return std::max(a, b); }
};

// to[i] = Rule(to[i], from[i]).
template <typename Rule, typename T>
void rows(T* to, const T* from, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    to[i] = static_cast<T>(Rule::template apply<Calc<T>>(load(to[i]), load(from[i])));
  }
}

// The same value for all.
template <typename Rule, typename T>
void fill(T* to, const T& from, std::int64_t n) {
  const Calc<T> b = load(from);
  for (std::int64_t i = 0; i < n; ++i) to[i] = static_cast<T>(Rule::template apply<Calc<T>>(load(to[i]), b));
}

}  // namespace tenon::combine
