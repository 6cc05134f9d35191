// Builders of random numbers. The seeds are those that TensorFlow derives from the graph's and the operation's.
#include "ops/builder.h"

namespace tenon {
namespace {

Attrs seeds(const GraphImpl& graph, std::optional<std::int64_t> seed, DType dtype) {
  const auto [first, second] = graph.op_seeds(seed);
  Attrs attrs = {{"seed", first}, {"seed2", second}};
  if (dtype != DType::Invalid) attrs.push_back({"dtype", dtype});
  return attrs;
}

Output normal(std::string_view type, std::string_view default_name, GraphImpl& graph, const Ints& shape,
              const Operand& mean, const Operand& stddev, DType dtype, std::optional<std::int64_t> seed,
              std::string_view name) {
  Scope scope = op_scope(graph, name, default_name);
  Output sizes = shape.in(graph, "shape");
  Output center = mean.in(graph, dtype, "mean");
  Output scale = stddev.in(graph, dtype, "stddev");
  Output values = add_op(graph, type, type, {sizes}, seeds(graph, seed, dtype));
  Output scaled = values * scale;
  return add(scaled, center, scope.name());
}

}  // namespace

Output random_uniform(GraphImpl& graph, const Ints& shape, const Operand& minval, const Operand& maxval, DType dtype,
                      std::optional<std::int64_t> seed, std::string_view name) {
  Scope scope = op_scope(graph, name, "random_uniform");
  Output sizes = shape.in(graph, "shape");
  // [0, 1) is what the operation gives by itself.
  const bool from_zero = minval.is_whole(0), to_one = maxval.is_whole(1);
  std::optional<Output> low, high;
  if (!from_zero || !to_one || is_integer(dtype)) {
    low = minval.in(graph, dtype, "min");
    high = maxval.in(graph, dtype, "max");
  }
  if (is_integer(dtype))
    return add_op("RandomUniformInt", scope.name(), {sizes, *low, *high}, seeds(graph, seed, DType::Invalid));
  Output values = add_op("RandomUniform", {}, {sizes}, seeds(graph, seed, dtype));
  if (from_zero) return to_one ? values : multiply(values, *high);
  Output width = *high - *low;
  Output scaled = values * width;
  return add(scaled, *low, scope.name());
}

Output random_normal(GraphImpl& graph, const Ints& shape, const Operand& mean, const Operand& stddev, DType dtype,
                     std::optional<std::int64_t> seed, std::string_view name) {
  return normal("RandomStandardNormal", "random_normal", graph, shape, mean, stddev, dtype, seed, name);
}

Output truncated_normal(GraphImpl& graph, const Ints& shape, const Operand& mean, const Operand& stddev, DType dtype,
                        std::optional<std::int64_t> seed, std::string_view name) {
  return normal("TruncatedNormal", "truncated_normal", graph, shape, mean, stddev, dtype, seed, name);
}

}  // namespace tenon
