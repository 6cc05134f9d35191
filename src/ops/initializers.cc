#include "tenon/initializers.h"

#include <algorithm>
#include <cmath>

#include "graph/variable_scope.h"
#include "ops/builder.h"

namespace tenon {
namespace {

// Inputs and outputs of a layer, from the shape of its kernel: (..., inputs, outputs).
std::pair<double, double> fans(const Shape& shape) {
  if (shape.rank() == 0) return {1, 1};
  if (shape.rank() == 1) return {static_cast<double>(shape[0]), static_cast<double>(shape[0])};
  double receptive_field = 1;
  for (int i = 0; i < shape.rank() - 2; ++i) receptive_field *= static_cast<double>(shape[i]);
  return {static_cast<double>(shape[shape.rank() - 2]) * receptive_field,
          static_cast<double>(shape[shape.rank() - 1]) * receptive_field};
}

}  // namespace

Initializer zeros_initializer() {
  return [](GraphImpl& graph, const Shape& shape, DType dtype) { return zeros(graph, shape, dtype); };
}

Initializer ones_initializer() {
  return [](GraphImpl& graph, const Shape& shape, DType dtype) { return ones(graph, shape, dtype); };
}

Initializer constant_initializer(const Number& value) {
  return [value](GraphImpl& graph, const Shape& shape, DType dtype) {
    return splat(graph, value, dtype, shape, {});
  };
}

Initializer random_uniform_initializer(const Number& minval, const Number& maxval, std::optional<std::int64_t> seed) {
  return [=](GraphImpl& graph, const Shape& shape, DType dtype) {
    return random_uniform(graph, shape, minval, maxval, dtype, seed);
  };
}

Initializer random_normal_initializer(const Number& mean, const Number& stddev, std::optional<std::int64_t> seed) {
  return [=](GraphImpl& graph, const Shape& shape, DType dtype) {
    return random_normal(graph, shape, mean, stddev, dtype, seed);
  };
}

Initializer truncated_normal_initializer(const Number& mean, const Number& stddev, std::optional<std::int64_t> seed) {
  return [=](GraphImpl& graph, const Shape& shape, DType dtype) {
    return truncated_normal(graph, shape, mean, stddev, dtype, seed);
  };
}

Initializer variance_scaling_initializer(double scale, FanMode mode, FanDistribution distribution,
                                         std::optional<std::int64_t> seed) {
  return [=](GraphImpl& graph, const Shape& shape, DType dtype) {
    const auto [in, out] = fans(graph.variable_scopes().whole_shape.value_or(shape));
    const double fan = mode == FanMode::In ? in : mode == FanMode::Out ? out : (in + out) / 2;
    const double variance = scale / std::max(1.0, fan);
    // The standard deviation of a normal distribution cut off at twice its own.
    constexpr double kTruncatedDeviation = .87962566103423978;
    switch (distribution) {
      case FanDistribution::TruncatedNormal:
        return truncated_normal(graph, shape, 0.0, std::sqrt(variance) / kTruncatedDeviation, dtype, seed);
      case FanDistribution::UntruncatedNormal:
        return random_normal(graph, shape, 0.0, std::sqrt(variance), dtype, seed);
      default: break;
    }
    const double limit = std::sqrt(3 * variance);
    return random_uniform(graph, shape, -limit, limit, dtype, seed);
  };
}

Initializer glorot_uniform_initializer(std::optional<std::int64_t> seed) {
  return variance_scaling_initializer(1, FanMode::Average, FanDistribution::Uniform, seed);
}
Initializer glorot_normal_initializer(std::optional<std::int64_t> seed) {
  return variance_scaling_initializer(1, FanMode::Average, FanDistribution::TruncatedNormal, seed);
}
Initializer he_normal_initializer(std::optional<std::int64_t> seed) {
  return variance_scaling_initializer(2, FanMode::In, FanDistribution::TruncatedNormal, seed);
}
Initializer he_uniform_initializer(std::optional<std::int64_t> seed) {
  return variance_scaling_initializer(2, FanMode::In, FanDistribution::Uniform, seed);
}

}  // namespace tenon
