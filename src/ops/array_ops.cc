// Builders of operations on arrays.
#include <fmt/format.h>

#include "ops/builder.h"

namespace tenon {

Output placeholder(GraphImpl& graph, DType dtype, const PartialShape& shape, std::string_view name) {
  return add_op(graph, "Placeholder", name, {}, {{"dtype", dtype}, {"shape", shape}});
}

Output placeholder_with_default(const Output& input, const PartialShape& shape, std::string_view name) {
  Scope scope = op_scope(input.graph(), name, "PlaceholderWithDefault");
  return add_op("PlaceholderWithDefault", scope.name(), {input}, {{"shape", shape}});
}

Output constant(GraphImpl& graph, const Tensor& value, std::string_view name) {
  return add_op(graph, "Const", name.empty() ? "Const" : name, {}, {{"value", value}, {"dtype", value.dtype()}});
}

Output filled(GraphImpl& graph, const Ints& shape, DType dtype, int value, std::string_view name,
              std::string_view default_name) {
  // Larger ones are computed, so that files stay small.
  constexpr std::int64_t kLargestConst = 1000;
  Scope scope = op_scope(graph, name, default_name);
  const Number number = dtype == DType::Bool ? Number(value != 0) : Number(value);
  if (!shape.output()) {
    const Shape known = Shape::make(shape.values());
    if (known.elements() < kLargestConst) return splat(graph, number, dtype, known, scope.name());
  }
  Output dims = shape.in(graph, "shape_as_tensor");
  if (dims.shape().rank() != 1) dims = reshape(dims, {-1});
  Output zero = constant(graph, number.as(dtype));
  return add_op("Fill", scope.name(), {dims, zero});
}

Output zeros(GraphImpl& graph, const Ints& shape, DType dtype, std::string_view name) {
  return filled(graph, shape, dtype, 0, name, "zeros");
}

Output ones(GraphImpl& graph, const Ints& shape, DType dtype, std::string_view name) {
  return filled(graph, shape, dtype, 1, name, "ones");
}

Output fill(GraphImpl& graph, const Ints& dims, const Operand& value, std::string_view name) {
  Scope scope = op_scope(graph, name, "Fill");
  Output sizes = dims.in(graph, "dims");
  return add_op(graph, "Fill", scope.name(), {sizes, value.in(graph, DType::Invalid, "value")});
}

Output identity(const Output& x, std::string_view name) { return unary("Identity", x, name); }

Output stop_gradient(const Output& x, std::string_view name) { return unary("StopGradient", x, name); }

Output shape(const Output& x, std::string_view name) {
  Scope scope = op_scope(x.graph(), name, "Shape");
  const PartialShape known = x.shape();
  if (!known.fully_defined()) return add_op("Shape", scope.name(), {x});
  return int_vector(x.graph(), {known.dims().begin(), known.dims().end()}, scope.name());
}

Output size(const Output& x, std::string_view name) {
  Scope scope = op_scope(x.graph(), name, "Size");
  const PartialShape known = x.shape();
  if (known.fully_defined()) return scalar(x.graph(), known.elements(), DType::Int32, scope.name());
  for (int i = 0; i < known.rank(); ++i)
    if (known[i] == 0) return scalar(x.graph(), 0, DType::Int32, scope.name());
  return add_op("Size", scope.name(), {x});
}

Output rank(const Output& x, std::string_view name) {
  Scope scope = op_scope(x.graph(), name, "Rank");
  if (x.shape().known_rank()) return scalar(x.graph(), x.shape().rank(), DType::Int32, scope.name());
  return add_op("Rank", scope.name(), {x});
}

Output reshape(const Output& x, const Ints& shape, std::string_view name) {
  Scope scope = op_scope(x.graph(), name, "Reshape");
  return add_op("Reshape", scope.name(), {x, shape.in(x.graph(), "shape")});
}

Output expand_dims(const Output& x, int axis, std::string_view name) {
  Scope scope = op_scope(x.graph(), name, "ExpandDims");
  return add_op("ExpandDims", scope.name(), {x, scalar(x.graph(), axis, DType::Int32, "dim")});
}

Output squeeze(const Output& x, const std::vector<std::int64_t>& axis, std::string_view name) {
  return add_op("Squeeze", name, {x}, {{"squeeze_dims", axis}});
}

Output transpose(const Output& x, const Ints& perm, std::string_view name) {
  Scope scope = op_scope(x.graph(), name, "transpose");
  if (perm.given()) return add_op("Transpose", scope.name(), {x, perm.in(x.graph(), "perm")});
  if (!x.shape().known_rank()) {
    Output last = rank(x) - 1;
    return add_op("Transpose", scope.name(), {x, range(x.graph(), last, -1, -1)});
  }
  std::vector<std::int64_t> reversed;
  for (int i = x.shape().rank() - 1; i >= 0; --i) reversed.push_back(i);
  return add_op("Transpose", scope.name(), {x, int_vector(x.graph(), reversed, "perm")});
}

Output concat(const std::vector<Output>& values, int axis, std::string_view name) {
  if (values.empty()) bad_argument("concat", "no values were given");
  GraphImpl& graph = values[0].graph();
  Scope scope = op_scope(graph, name, "concat");
  if (values.size() == 1) {
    scalar(graph, axis, DType::Int32, "concat_dim");
    return identity(values[0], scope.name());
  }
  std::vector<Output> inputs = values;
  inputs.push_back(scalar(graph, axis, DType::Int32, "axis"));
  return add_op("ConcatV2", scope.name(), inputs);
}

Output stack(const std::vector<Output>& values, int axis, std::string_view name) {
  if (values.empty()) bad_argument("stack", "no values were given");
  return add_op("Pack", name.empty() ? "stack" : name, values, {{"axis", std::int64_t{axis}}});
}

std::vector<Output> unstack(const Output& x, int num, int axis, std::string_view name) {
  return outputs_of(add_node(x.graph(), "Unpack", name.empty() ? "unstack" : name, {x},
                             {{"num", std::int64_t{num}}, {"axis", std::int64_t{axis}}}));
}

std::vector<Output> split(const Output& x, int num, int axis, std::string_view name) {
  Scope scope = op_scope(x.graph(), name, "split");
  Output dim = scalar(x.graph(), axis, DType::Int32, "split_dim");
  return outputs_of(add_node(x.graph(), "Split", scope.name(), {dim, x}, {{"num_split", std::int64_t{num}}}));
}

Output slice(const Output& x, const Ints& begin, const Ints& size, std::string_view name) {
  Scope scope = op_scope(x.graph(), name, "Slice");
  Output from = begin.in(x.graph(), "begin");
  return add_op("Slice", scope.name(), {x, from, size.in(x.graph(), "size")});
}

Output tile(const Output& x, const Ints& multiples, std::string_view name) {
  Scope scope = op_scope(x.graph(), name, "Tile");
  return add_op("Tile", scope.name(), {x, multiples.in(x.graph(), "multiples")});
}

Output pad(const Output& x, const Operand& paddings, std::string_view name) {
  Scope scope = op_scope(x.graph(), name, "Pad");
  return add_op("Pad", scope.name(), {x, paddings.in(x.graph(), DType::Int32, "paddings")});
}

Output gather(const Output& params, const Operand& indices, std::string_view name) {
  Scope scope = op_scope(params.graph(), name, "GatherV2");
  Output rows = indices.in(params.graph(), DType::Int32, "indices");
  return add_op("GatherV2", scope.name(), {params, rows, scalar(params.graph(), 0, DType::Int32, "axis")});
}

Output one_hot(const Output& indices, int depth, std::string_view name) {
  GraphImpl& graph = indices.graph();
  Scope scope = op_scope(graph, name, "one_hot");
  Output on = scalar(graph, 1, DType::Float32, "on_value");
  Output off = scalar(graph, 0, DType::Float32, "off_value");
  return add_op("OneHot", scope.name(), {indices, scalar(graph, depth, DType::Int32, "depth"), on, off});
}

Output zeros_like(const Output& x, std::string_view name) {
  Scope scope = op_scope(x.graph(), name, "zeros_like");
  std::optional<Shape> known = x.shape().try_shape();
  if (known && x.dtype() != DType::Variant) return zeros(x.graph(), *known, x.dtype(), scope.name());
  return add_op("ZerosLike", scope.name(), {x});
}

Output ones_like(const Output& x, std::string_view name) {
  Scope scope = op_scope(x.graph(), name, "ones_like");
  Output sizes;
  if (const std::optional<Shape> known = x.shape().try_shape()) {
    Scope inner = x.graph().name_scope("Shape");
    sizes = int_vector(x.graph(), {known->begin(), known->end()}, "shape_as_tensor");
  } else {
    sizes = shape(x);
  }
  Output result = ones(x.graph(), sizes, x.dtype(), scope.name());
  set_shape(result, x.shape());
  return result;
}

Output broadcast_to(const Output& x, const Ints& shape, std::string_view name) {
  Scope scope = op_scope(x.graph(), name, "BroadcastTo");
  return add_op("BroadcastTo", scope.name(), {x, shape.in(x.graph(), "shape")});
}

Output where(const Output& condition, const Output& x, const Output& y, std::string_view name) {
  return add_op("Select", name, {condition, x, y});
}

}  // namespace tenon
