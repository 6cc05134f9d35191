// From random bits to random numbers, as TensorFlow does it: which bits make which number is part of what a seed means.
//
// A distribution has T, kCount (numbers made at once) and draw(source, out). Most take one Philox block; the truncated
// normal one takes numbers from a stream until it has enough.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "kernels/elements.h"
#include "kernels/random/philox.h"

namespace tenon {

// [0, 1): the bits become the mantissa of a number in [1, 2).
inline float unit_float(std::uint32_t x) { return std::bit_cast<float>((x & 0x7fffffu) | 0x3f800000u) - 1.0f; }
inline double unit_double(std::uint32_t high, std::uint32_t low) {
  const std::uint64_t mantissa = (std::uint64_t{high & 0xfffffu} << 32) | low;
  return std::bit_cast<double>(mantissa | (std::uint64_t{1023} << 52)) - 1.0;
}
template <typename T>
T unit_small(std::uint32_t x) {
  constexpr int kBits = std::is_same_v<T, Half> ? 10 : 7;
  T one_to_two;
  one_to_two.bits =
      static_cast<std::uint16_t>((x & ((1u << kBits) - 1)) | (std::is_same_v<T, Half> ? 15u : 127u) << kBits);
  return T(static_cast<float>(one_to_two) - 1.0f);
}

// Box-Muller: two normal numbers from two uniform ones.
inline void normal_pair(std::uint32_t x0, std::uint32_t x1, float* out) {
  float u = unit_float(x0);
  if (u < 1.0e-7f) u = 1.0e-7f;
  const auto angle = static_cast<float>(2.0 * std::numbers::pi * static_cast<double>(unit_float(x1)));
  const float radius = std::sqrt(-2.0f * std::log(u));
  out[0] = std::sin(angle) * radius;
  out[1] = std::cos(angle) * radius;
}
inline void normal_pair(std::uint32_t x0, std::uint32_t x1, std::uint32_t x2, std::uint32_t x3, double* out) {
  double u = unit_double(x0, x1);
  if (u < 1.0e-7) u = 1.0e-7;
  const double angle = 2.0 * std::numbers::pi * unit_double(x2, x3);
  const double radius = std::sqrt(-2.0 * std::log(u));
  out[0] = std::sin(angle) * radius;
  out[1] = std::cos(angle) * radius;
}

template <typename E>
struct Uniform {
  using T = E;
  static constexpr bool kStream = false;
  static constexpr int kCount = std::is_same_v<T, double> ? 2 : 4;
  void draw(const Philox::Block& bits, T* out) const {
    for (std::size_t i = 0; i < kCount; ++i) {
      if constexpr (std::is_same_v<T, double>) out[i] = unit_double(bits[2 * i], bits[2 * i + 1]);
      else if constexpr (std::is_same_v<T, float>) out[i] = unit_float(bits[i]);
      else out[i] = unit_small<T>(bits[i]);
    }
  }
};

template <typename E>
struct Normal {
  using T = E;
  static constexpr bool kStream = false;
  static constexpr int kCount = std::is_same_v<T, double> ? 2 : 4;
  void draw(const Philox::Block& bits, T* out) const {
    if constexpr (std::is_same_v<T, double>) {
      normal_pair(bits[0], bits[1], bits[2], bits[3], out);
    } else {
      float wide[4];
      normal_pair(bits[0], bits[1], wide);
      normal_pair(bits[2], bits[3], wide + 2);
      for (int i = 0; i < 4; ++i) out[i] = T(wide[i]);
    }
  }
};

// Normal numbers within two standard deviations.
template <typename E>
struct TruncatedNormal {
  using T = E;
  static constexpr bool kStream = true;
  static constexpr int kCount = std::is_same_v<T, double> ? 2 : 4;
  using Wide = std::conditional_t<std::is_same_v<T, double>, double, float>;
  void draw(PhiloxStream& stream, T* out) const {
    for (int made = 0; made < kCount;) {
      Wide pair[2];
      if constexpr (std::is_same_v<T, double>) {
        const std::uint32_t x0 = stream(), x1 = stream(), x2 = stream(), x3 = stream();
        normal_pair(x0, x1, x2, x3, pair);
      } else {
        const std::uint32_t x0 = stream(), x1 = stream();
        normal_pair(x0, x1, pair);
      }
      for (const Wide x : pair) {
        if (made < kCount && std::fabs(x) < Wide(2)) out[made++] = T(x);
      }
    }
  }
};

template <typename E>
struct UniformInteger {
  using T = E;
  static constexpr bool kStream = false;
  static constexpr int kCount = sizeof(T) == 8 ? 2 : 4;
  using U = std::make_unsigned_t<T>;
  T low;
  U range;
  void draw(const Philox::Block& bits, T* out) const {
    for (std::size_t i = 0; i < kCount; ++i) {
      U x;
      if constexpr (sizeof(T) == 8) x = bits[2 * i] | U{bits[2 * i + 1]} << 32;
      else x = bits[i];
      out[i] = static_cast<T>(static_cast<U>(low) + x % range);
    }
  }
};

}  // namespace tenon
