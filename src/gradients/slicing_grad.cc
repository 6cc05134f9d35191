// Gradients of operations that cut out, pick or join parts of arrays.
#include "gradients/gradient_ops.h"
#include "ops/constant_value.h"

namespace tenon {
namespace {

Gradients slice_grad(GradientContext& c, const Gradients& grads) {
  GraphImpl& graph = c.graph();
  const Output x = c.input(0), begin = c.input(1);
  Output input_rank = rank(x);
  Output slice_size = cast(shape(c.output(0)), begin.dtype());
  Output column = packed(graph, {input_rank, 1}, "stack");
  Output before = reshape(begin, column);
  Output total = cast(shape(x), begin.dtype());
  Output rest = total - slice_size - begin;
  Output after = reshape(rest, column);
  Output paddings = concat({before, after}, 1);
  return {pad(dense(grads[0]), paddings), {}, {}};
}

// A constant of what Python knows statically, named as the argument; the output itself otherwise.
Output static_or(const Output& x, std::string_view name) {
  std::optional<IntArray> known = constant_value(x);
  if (!known) return x;
  return constant(x.graph(), int_tensor(known->values, known->shape, x.dtype()), name);
}

Gradients strided_slice_grad(GradientContext& c, const Gradients& grads) {
  const Output begin = c.input(1);
  Output sizes = cast(shape(c.input(0)), begin.dtype());
  Scope scope = c.graph().name_scope("StridedSliceGrad");
  Output known_sizes = static_or(sizes, "shape");
  Output known_begin = static_or(begin, "begin");
  Output known_end = static_or(c.input(2), "end");
  Output known_strides = static_or(c.input(3), "strides");
  Attrs masks;
  for (const char* mask : {"begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"})
    masks.push_back({mask, c.attr<std::int64_t>(mask)});
  return {add_op("StridedSliceGrad", scope.name(),
                 {known_sizes, known_begin, known_end, known_strides, dense(grads[0])}, masks),
          {}, {}, {}};
}

Gradients pad_grad(GradientContext& c, const Gradients& grads) {
  GraphImpl& graph = c.graph();
  const Output x = c.input(0), paddings = c.input(1);
  Output column;
  Output dims = rank(x);
  column = packed(graph, {dims, 1}, "stack");
  Output before = slice(paddings, {0, 0}, column);
  Output begin = reshape(before, {-1});
  Output sizes = cast(shape(x), begin.dtype());
  Gradients result(static_cast<std::size_t>(c.num_inputs()));
  result[0] = slice(dense(grads[0]), begin, sizes);
  return result;
}

// The sizes of the parts: constants if all are known.
std::vector<Output> part_shapes(GraphImpl& graph, const std::vector<Output>& parts) {
  std::vector<Output> sizes;
  for (const Output& part : parts) {
    Output size = shape(part);
    if (size.op().type() != "Const") return outputs_of(add_node(graph, "ShapeN", {}, parts));
    sizes.push_back(size);
  }
  return sizes;
}

Gradients concat_parts(GradientContext& c, const Output& grad, const std::vector<Output>& parts, const Output& axis) {
  GraphImpl& graph = c.graph();
  Output dims = rank(parts[0]);
  Output positive;
  {
    Scope scope = graph.name_scope("mod");
    positive = add_op("FloorMod", scope.name(), {axis, dims});
  }
  std::vector<Output> sizes = part_shapes(graph, parts);
  Gradients result;
  if (sizes.size() > 16) {
    Output stacked = stack(sizes, 1);
    Scope scope = graph.name_scope("Slice");
    Output begin = packed(graph, {positive, 0}, "begin");
    Output row = add_op("Slice", scope.name(), {stacked, begin, int_vector(graph, {1, -1}, "size")});
    Output lengths = squeeze(row);
    Node* split = add_node(graph, "SplitV", "split", {grad, lengths, positive},
                           {{"num_split", static_cast<std::int64_t>(parts.size())}});
    for (const Output& part : outputs_of(split)) result.push_back(part);
    return result;
  }
  std::vector<Output> inputs = {positive};
  inputs.insert(inputs.end(), sizes.begin(), sizes.end());
  std::vector<Output> offsets = outputs_of(add_node(graph, "ConcatOffset", {}, inputs));
  for (std::size_t i = 0; i < sizes.size(); ++i) result.push_back(slice(grad, offsets[i], sizes[i]));
  return result;
}

Gradients concat_v2_grad(GradientContext& c, const Gradients& grads) {
  const int n = c.num_inputs() - 1;
  if (n == 1) return {grads[0], {}};
  std::vector<Output> parts;
  for (int i = 0; i < n; ++i) parts.push_back(c.input(i));
  Gradients result = concat_parts(c, dense(grads[0]), parts, c.input(n));
  result.push_back({});
  return result;
}

Gradients concat_grad(GradientContext& c, const Gradients& grads) {
  if (c.num_inputs() == 2) return {{}, grads[0]};
  std::vector<Output> parts;
  for (int i = 1; i < c.num_inputs(); ++i) parts.push_back(c.input(i));
  Gradients result = concat_parts(c, dense(grads[0]), parts, c.input(0));
  result.insert(result.begin(), Gradient());
  return result;
}

// Rows of the first dimension: their gradient stays a list of rows.
Gradient gathered_rows(GradientContext& c, const Gradient& grad) {
  const Output params = c.input(0), indices = c.input(1);
  GraphImpl& graph = c.graph();
  Output params_shape;
  {
    Scope beside = graph.colocate_with(params.op().node());
    params_shape = shape(params);
  }
  Output count = expand_dims(size(indices), 0);
  Output row_shape = tail(params_shape, 1);
  Output values_shape = concat({count, row_shape}, 0);
  Output values = reshape(dense(grad), values_shape);
  Output flat = reshape(indices, count);
  return Gradient(values, flat, params_shape);
}

Gradients gather_grad(GradientContext& c, const Gradients& grads) { return {gathered_rows(c, grads[0]), {}}; }

Gradients gather_v2_grad(GradientContext& c, const Gradients& grads) {
  std::optional<IntArray> axis = constant_value(c.input(2));
  if (!axis || axis->values != std::vector<std::int64_t>{0} || c.attr<std::int64_t>("batch_dims") != 0)
    throw Error(Code::Unimplemented, describe(c.node()) + ": the gradient is made for axis 0 without batch_dims only");
  return {gathered_rows(c, grads[0]), {}, {}};
}

constexpr GradientRow kRows[] = {
    {"Concat", concat_grad},
    {"ConcatV2", concat_v2_grad},
    {"Gather", gather_grad},
    {"GatherV2", gather_v2_grad},
    {"Pad", pad_grad},
    {"PadV2", pad_grad},
    {"Slice", slice_grad},
    {"StridedSlice", strided_slice_grad},
};

}  // namespace

std::span<const GradientRow> slicing_gradients() { return kRows; }

}  // namespace tenon
