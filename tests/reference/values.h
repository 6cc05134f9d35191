// Values to test with, and comparing tensors.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "tenon/tensor.h"

namespace tenon::reference {

// The same numbers in [-1, 1) for the same seed.
inline Tensor random_values(const Shape& shape, unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<float> uniform(-1.0f, 1.0f);
  Tensor tensor(DType::Float32, shape);
  for (float& value : tensor.flat<float>()) value = uniform(generator);
  return tensor;
}

// Small whole numbers: sums of their products are exact, and ties are frequent.
inline Tensor random_integers(const Shape& shape, unsigned seed, int limit = 3) {
  std::mt19937 generator(seed);
  std::uniform_int_distribution<int> uniform(-limit, limit);
  Tensor tensor(DType::Float32, shape);
  for (float& value : tensor.flat<float>()) value = static_cast<float>(uniform(generator));
  return tensor;
}

template <typename T>
Tensor cast(const Tensor& from) {
  Tensor to(dtype_of<T>(), from.shape());
  for (std::int64_t i = 0; i < from.elements(); ++i) to.at<T>(i) = static_cast<T>(from.at<float>(i));
  return to;
}
template <typename T>
Tensor to_float(const Tensor& from) {
  Tensor to(DType::Float32, from.shape());
  for (std::int64_t i = 0; i < from.elements(); ++i) to.at<float>(i) = static_cast<float>(from.at<T>(i));
  return to;
}

// NaN is near NaN.
inline void expect_near(const Tensor& actual, const Tensor& expected, double tolerance) {
  ASSERT_EQ(actual.dtype(), expected.dtype());
  ASSERT_EQ(actual.shape().to_string(), expected.shape().to_string());
  for (std::int64_t i = 0; i < actual.elements(); ++i) {
    const double a = actual.at<float>(i), e = expected.at<float>(i);
    if (std::isnan(a) && std::isnan(e)) continue;
    ASSERT_LE(std::abs(a - e), tolerance * std::max(1.0, std::abs(e))) << "element " << i << ": " << a << " for " << e;
  }
}

}  // namespace tenon::reference
