// Gradients of operations that pass on, reshape or repeat arrays.
#include "gradients/gradient_ops.h"
#include "ops/constant_value.h"

namespace tenon {
namespace {

Gradients same(GradientContext&, const Gradients& grads) { return {grads[0]}; }

Gradients all_the_same(GradientContext&, const Gradients& grads) { return grads; }

Output to_input_shape(GradientContext& c, const Gradient& grad) {
  Output value = dense(grad);
  return reshape(value, shape(c.input(0)));
}

Gradients reshape_grad(GradientContext& c, const Gradients& grads) {
  const PartialShape in = c.input(0).shape();
  int unknown = 0;
  bool empty = false;
  for (int i = 0; i < in.rank(); ++i) {
    unknown += in[i] < 0;
    empty = empty || in[i] == 0;
  }
  // One unknown size follows from the number of elements.
  if (unknown == 1 && !empty)
    return {reshape(dense(grads[0]), std::vector<std::int64_t>(in.dims().begin(), in.dims().end())), {}};
  return {to_input_shape(c, grads[0]), {}};
}

Gradients expand_dims_grad(GradientContext& c, const Gradients& grads) { return {to_input_shape(c, grads[0]), {}}; }

Gradients squeeze_grad(GradientContext& c, const Gradients& grads) { return {to_input_shape(c, grads[0])}; }

Gradients transpose_grad(GradientContext& c, const Gradients& grads) {
  Output inverse = add_op("InvertPermutation", {}, {c.input(1)});
  return {transpose(dense(grads[0]), inverse), {}};
}

Gradients tile_grad(GradientContext& c, const Gradients& grads) {
  GraphImpl& graph = c.graph();
  const Output x = c.input(0), multiples = c.input(1);
  Output input_shape = cast(shape(x), multiples.dtype());
  Output pairs = transpose(stack({multiples, input_shape}));
  Output split_shape = reshape(pairs, {-1});
  Output count = size(split_shape);
  Output axes = range(graph, 0, count, 2);
  Output parts = reshape(dense(grads[0]), split_shape);
  Output sum = reduce_sum(parts, axes);
  set_shape(sum, x.shape());
  return {sum, {}};
}

Gradients broadcast_to_grad(GradientContext& c, const Gradients& grads) {
  GraphImpl& graph = c.graph();
  const Output x = c.input(0);
  Output target = c.input(1);
  Output input_shape = cast(shape(x), target.dtype());
  if (std::optional<IntArray> known = evaluate_ints(to_edge(target)))
    target = int_vector(graph, known->values, {}, target.dtype());
  std::vector<Output> axes = outputs_of(add_node(graph, "BroadcastGradientArgs", {}, {target, input_shape}));
  Output sum = reduce_sum(dense(grads[0]), axes[1], true);
  return {reshape(sum, input_shape), {}};
}

Gradients fill_grad(GradientContext&, const Gradients& grads) { return {{}, reduce_sum(dense(grads[0]))}; }

Gradients pack_grad(GradientContext& c, const Gradients& grads) {
  Gradients result;
  for (const Output& part : unstack(dense(grads[0]), c.num_inputs(), static_cast<int>(c.attr<std::int64_t>("axis"))))
    result.push_back(part);
  return result;
}

std::vector<Output> values_of(const Gradients& grads) {
  std::vector<Output> values;
  for (const Gradient& grad : grads) values.push_back(dense(grad));
  return values;
}

Gradients unpack_grad(GradientContext& c, const Gradients& grads) {
  return {stack(values_of(grads), static_cast<int>(c.attr<std::int64_t>("axis")))};
}

Output joined(const Gradients& grads, const Output& axis) {
  std::vector<Output> inputs = values_of(grads);
  if (inputs.size() == 1) return identity(inputs[0], "concat");
  inputs.push_back(axis);
  return add_op("ConcatV2", "concat", inputs);
}

Gradients split_grad(GradientContext& c, const Gradients& grads) { return {{}, joined(grads, c.input(0))}; }
Gradients split_v_grad(GradientContext& c, const Gradients& grads) { return {joined(grads, c.input(2)), {}, {}}; }

constexpr GradientRow kRows[] = {
    {"BroadcastGradientArgs", nullptr},
    {"BroadcastTo", broadcast_to_grad},
    {"CheckNumerics", same},
    {"ConcatOffset", nullptr},
    {"Const", nullptr},
    {"ExpandDims", expand_dims_grad},
    {"Fill", fill_grad},
    {"Identity", same},
    {"IdentityN", all_the_same},
    {"InvertPermutation", nullptr},
    {"OneHot", nullptr},
    {"OnesLike", nullptr},
    {"Pack", pack_grad},
    {"PlaceholderWithDefault", same},
    {"Rank", nullptr},
    {"RefIdentity", same},
    {"Reshape", reshape_grad},
    {"Shape", nullptr},
    {"ShapeN", nullptr},
    {"Size", nullptr},
    {"Split", split_grad},
    {"SplitV", split_v_grad},
    {"Squeeze", squeeze_grad},
    {"StopGradient", nullptr},
    {"Tile", tile_grad},
    {"Transpose", transpose_grad},
    {"Unpack", unpack_grad},
    {"Where", nullptr},
    {"ZerosLike", nullptr},
};

}  // namespace

std::span<const GradientRow> array_gradients() { return kRows; }

}  // namespace tenon
