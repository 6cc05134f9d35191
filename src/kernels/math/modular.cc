// Floor division and remainders, powers, and other operators of two numbers that call the C library.
#include <cmath>

#include "kernels/math/binary_kernel.h"

namespace tenon {
namespace {

struct NotZero {
  static constexpr bool kChecked = true;
  template <typename T>
  static bool allowed(T b) {
    return b != T(0);
  }
};

template <typename T>
T negated(T a) {
  return static_cast<T>(Wrapping<T>(0) - static_cast<Wrapping<T>>(a));
}

struct FloorQuotient : NotZero {
  template <typename T>
  static T apply(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
      return std::floor(a / b);
    } else if constexpr (std::is_signed_v<T>) {
      if (b == T(-1)) return negated(a);
      const T quotient = static_cast<T>(a / b);
      return static_cast<T>(quotient - (a % b != 0 && (a < 0) != (b < 0)));
    } else {
      return static_cast<T>(a / b);
    }
  }
};

struct FloorRemainder : NotZero {
  template <typename T>
  static T apply(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
      const T remainder = std::fmod(a, b);
      return remainder != T(0) && (b < T(0)) != (remainder < T(0)) ? remainder + b : remainder;
    } else if constexpr (std::is_signed_v<T>) {
      if (b == T(-1)) return T(0);
      const T remainder = static_cast<T>(a % b);
      return static_cast<T>(remainder != 0 && (b < 0) != (remainder < 0) ? remainder + b : remainder);
    } else {
      return static_cast<T>(a % b);
    }
  }
};

struct Remainder : NotZero {
  template <typename T>
  static T apply(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
      return std::fmod(a, b);
    } else {
      if constexpr (std::is_signed_v<T>) {
        if (b == T(-1)) return T(0);
      }
      return static_cast<T>(a % b);
    }
  }
};

struct Power {
  static constexpr bool kChecked = true;
  template <typename T>
  static bool allowed(T b) {
    if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) return b >= 0;
    return true;
  }
  template <typename T>
  static T apply(T a, T b) {
    if constexpr (std::is_integral_v<T>) {
      auto base = static_cast<Wrapping<T>>(a);
      auto exponent = static_cast<Wrapping<T>>(b);
      Wrapping<T> power = 1;
      for (; exponent != 0; exponent >>= 1, base *= base) {
        if (exponent & 1) power *= base;
      }
      return static_cast<T>(power);
    } else {
      return std::pow(a, b);
    }
  }
};

struct ArcTangent {
  template <typename T>
  static T apply(T a, T b) {
    return std::atan2(a, b);
  }
};

// x * log(y) and x / y with 0 where x is 0.
struct XTimesLog {
  template <typename T>
  static T apply(T a, T b) {
    return a == T(0) ? T(0) : a * std::log(b);
  }
};

struct XDividedBy {
  template <typename T>
  static T apply(T a, T b) {
    return a == T(0) ? T(0) : a / b;
  }
};

template <typename Op, typename List>
std::unique_ptr<Kernel> make(const KernelSetup& setup, const char* loop_error = "") {
  return make_binary(setup, find_loop<Op, List>(type_attr(setup, "T")), {.loop_error = loop_error, .grain = 4096});
}

constexpr const char* kDivisionByZero = "Integer division by zero";

}  // namespace

KernelMaker make_floor_div, make_floor_mod, make_mod, make_pow, make_atan2, make_xlogy, make_xdivy;

std::unique_ptr<Kernel> make_floor_div(const KernelSetup& setup) {
  return make<FloorQuotient, RealTypes>(setup, kDivisionByZero);
}
std::unique_ptr<Kernel> make_floor_mod(const KernelSetup& setup) {
  return make<FloorRemainder, RealTypes>(setup, kDivisionByZero);
}
// Mod and TruncateMod.
std::unique_ptr<Kernel> make_mod(const KernelSetup& setup) {
  return make<Remainder, RealTypes>(setup, kDivisionByZero);
}
std::unique_ptr<Kernel> make_pow(const KernelSetup& setup) {
  return make<Power, NumberTypes>(setup, "Integers to negative integer powers are not allowed");
}
std::unique_ptr<Kernel> make_atan2(const KernelSetup& setup) { return make<ArcTangent, FloatTypes>(setup); }
std::unique_ptr<Kernel> make_xlogy(const KernelSetup& setup) {
  return make<XTimesLog, Join<FloatTypes, ComplexTypes>>(setup);
}
std::unique_ptr<Kernel> make_xdivy(const KernelSetup& setup) {
  return make<XDividedBy, Join<FloatTypes, ComplexTypes>>(setup);
}

}  // namespace tenon
