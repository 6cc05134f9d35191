// The numbers that update rules are written in: float, double, and half-width numbers that are rounded after each
// operation, as TensorFlow does it.
#pragma once

#include <cmath>
#include <type_traits>

#include "kernels/elements.h"

namespace tenon::optimizer {

// A Half or BFloat16 while it is calculated with.
template <typename T>
struct Rounded {
  float value = 0;

  Rounded() = default;
  template <typename Number>
    requires std::is_arithmetic_v<Number>
  Rounded(Number number) : value(static_cast<float>(T(static_cast<float>(number)))) {}
  explicit Rounded(T number) : value(static_cast<float>(number)) {}
  explicit operator T() const { return T(value); }

  friend Rounded operator+(Rounded a, Rounded b) { return a.value + b.value; }
  friend Rounded operator-(Rounded a, Rounded b) { return a.value - b.value; }
  friend Rounded operator*(Rounded a, Rounded b) { return a.value * b.value; }
  friend Rounded operator/(Rounded a, Rounded b) { return a.value / b.value; }
  friend Rounded operator-(Rounded a) { return -a.value; }
  friend auto operator<=>(Rounded a, Rounded b) { return a.value <=> b.value; }
  friend bool operator==(Rounded a, Rounded b) { return a.value == b.value; }
};

template <typename T>
using Number = std::conditional_t<is_small_float<T>, Rounded<T>, T>;

template <typename A>
inline A square(A x) { return x * x; }
template <typename A>
inline A abs(A x) { return x < A(0) ? -x : x; }
template <typename A>
inline A max(A a, A b) { return a < b ? b : a; }
template <typename A>
inline A sign(A x) { return x < A(0) ? A(-1) : x > A(0) ? A(1) : x; }

inline float sqrt(float x) { return std::sqrt(x); }
inline double sqrt(double x) { return std::sqrt(x); }
template <typename T>
inline Rounded<T> sqrt(Rounded<T> x) { return std::sqrt(x.value); }

inline float rsqrt(float x) { return 1.0f / std::sqrt(x); }
inline double rsqrt(double x) { return 1.0 / std::sqrt(x); }
template <typename T>
inline Rounded<T> rsqrt(Rounded<T> x) { return Rounded<T>(1) / sqrt(x); }

inline float pow(float x, float y) { return std::pow(x, y); }
inline double pow(double x, double y) { return std::pow(x, y); }
template <typename T>
inline Rounded<T> pow(Rounded<T> x, Rounded<T> y) { return std::pow(x.value, y.value); }

inline float exp(float x) { return std::exp(x); }
inline double exp(double x) { return std::exp(x); }
template <typename T>
inline Rounded<T> exp(Rounded<T> x) { return std::exp(x.value); }

}  // namespace tenon::optimizer
