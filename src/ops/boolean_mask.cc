// tf.boolean_mask: TensorFlow builds it from shapes and gathers.
#include <fmt/format.h>

#include "ops/builder.h"

namespace tenon {
namespace {

// x[begin:end] of a vector; left out, the beginning or the end.
Output part_of(const Output& x, std::optional<std::int64_t> begin, std::optional<std::int64_t> end) {
  GraphImpl& graph = x.graph();
  const Scope scope = graph.name_scope("strided_slice");
  const Output first = int_vector(graph, {begin.value_or(0)}, "stack");
  const Output last = int_vector(graph, {end.value_or(0)}, "stack_1");
  const Output step = int_vector(graph, {1}, "stack_2");
  return add_op("StridedSlice", scope.name(), {x, first, last, step},
                {{"begin_mask", std::int64_t{!begin}}, {"end_mask", std::int64_t{!end}}});
}

// The shape with its first dimensions as one.
Output flat_start(const Output& x, int dims) {
  GraphImpl& graph = x.graph();
  const Output size = reduce_prod(part_of(shape(x), 0, dims), {0});
  const Output before = part_of(shape(x), std::nullopt, 0);
  const Output after = part_of(shape(x), dims, std::nullopt);
  const Scope scope = graph.name_scope("concat");
  const Output middle = add_op("Pack", "values_1", {size}, {});
  const Output axis = scalar(graph, 0, DType::Int32, "axis");
  return add_op("ConcatV2", scope.name(), {before, middle, after, axis});
}

}  // namespace

Output boolean_mask(const Output& x, const Output& mask, std::string_view name) {
  const PartialShape mask_shape = mask.shape(), x_shape = x.shape();
  if (!mask_shape.known_rank() || mask_shape.rank() < 1) {
    bad_argument("boolean_mask",
                 fmt::format("the mask {} must have a known number of dimensions, at least one, but its "
                             "shape is {}",
                             mask.name(), mask_shape.to_string()));
  }
  const int dims = mask_shape.rank();
  if (x_shape.known_rank() && x_shape.rank() < dims) {
    bad_argument("boolean_mask", fmt::format("the mask {} of shape {} does not fit {} of shape {}", mask.name(),
                                             mask_shape.to_string(), x.name(), x_shape.to_string()));
  }
  const Scope scope = op_scope(x.graph(), name, "boolean_mask");
  const Output flat = reshape(x, flat_start(x, dims));
  const Output flat_mask = reshape(mask, {-1});
  const Output indices = squeeze(add_op("Where", "Where", {flat_mask}, {}), {1});
  return gather(flat, indices);
}

}  // namespace tenon
