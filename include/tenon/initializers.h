// Initialisers: what gives a variable its first value.
//
//   const auto noise = tenon::truncated_normal_initializer(0.f, .1f);
//   auto w = tenon::get_variable(graph, "w", {784, 10}, {.initializer = noise});
//   auto b = tenon::get_variable(graph, "b", {10}, {.initializer = tenon::zeros_initializer()});
//
// The distributions and their constants are TensorFlow 1's. Any callable (graph, shape, dtype) -> Output will do.
#pragma once

#include <cstdint>
#include <optional>

#include "tenon/ops.h"

namespace tenon {

Initializer zeros_initializer();
Initializer ones_initializer();
Initializer constant_initializer(const Number& value);
Initializer random_uniform_initializer(const Number& minval = -0.05, const Number& maxval = 0.05,
                                       std::optional<std::int64_t> seed = {});
Initializer random_normal_initializer(const Number& mean = 0.0, const Number& stddev = 1.0,
                                      std::optional<std::int64_t> seed = {});
Initializer truncated_normal_initializer(const Number& mean = 0.0, const Number& stddev = 1.0,
                                         std::optional<std::int64_t> seed = {});

enum class FanMode { In, Out, Average };
enum class FanDistribution { TruncatedNormal, UntruncatedNormal, Uniform };

// Scales by the number of inputs, of outputs or the average of both, of the layer that the variable is the kernel of.
Initializer variance_scaling_initializer(double scale = 1.0, FanMode mode = FanMode::In,
                                         FanDistribution distribution = FanDistribution::TruncatedNormal,
                                         std::optional<std::int64_t> seed = {});
Initializer glorot_uniform_initializer(std::optional<std::int64_t> seed = {});
Initializer glorot_normal_initializer(std::optional<std::int64_t> seed = {});
Initializer he_normal_initializer(std::optional<std::int64_t> seed = {});
Initializer he_uniform_initializer(std::optional<std::int64_t> seed = {});

}  // namespace tenon
