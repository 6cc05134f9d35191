// Gradients of reductions.
#include <numeric>

#include "gradients/gradient_ops.h"
#include "ops/constant_value.h"

namespace tenon {
namespace {

bool all_axes(const IntArray& axes, int rank) {
  if (static_cast<int>(axes.values.size()) != rank) return false;
  for (int i = 0; i < rank; ++i)
    if (axes.values[i] != i) return false;
  // A scalar axis is not the list of all axes.
  return axes.shape.rank() == 1;
}

// How often each dimension was summed up.
std::vector<std::int64_t> tile_scaling(const PartialShape& shape, const std::vector<std::int64_t>& kept) {
  std::vector<std::int64_t> scaling;
  for (int i = 0; i < shape.rank(); ++i) scaling.push_back(shape[i] / std::max<std::int64_t>(kept[i], 1));
  return scaling;
}

bool is_vector(const Output& output, const std::vector<std::int64_t>& values) {
  const std::optional<IntArray> known = constant_value(output);
  return known && known->values == values;
}

// TensorFlow computes the scaling with operations, whose result it folds at once, and does so once for each pair of
// shapes in a graph. Nothing reads these operations; they are made so that graphs are equal node for node.
void show_tile_scaling(GraphImpl& graph, const std::vector<std::int64_t>& shape,
                       const std::vector<std::int64_t>& kept) {
  for (const auto& node : graph.nodes()) {
    if (node->type != "FloorDiv" || !node->name.ends_with("_grad/floordiv")) continue;
    const Node& divisor = *node->inputs[1].node;
    if (divisor.type == "Maximum" && is_vector(to_output(node->inputs[0]), shape) &&
        is_vector(to_output(divisor.inputs[0]), kept))
      return;
  }
  Output at_least_one;
  {
    Scope scope = graph.name_scope("Maximum");
    Output x = int_vector(graph, kept, "x");
    at_least_one = add_op("Maximum", scope.name(), {x, scalar(graph, 1, DType::Int32, "y")});
  }
  Scope scope = graph.name_scope("floordiv");
  add_op("FloorDiv", scope.name(), {int_vector(graph, shape, "x"), at_least_one});
}

Output sum_gradient(GradientContext& c, const Output& grad_in) {
  Output grad = grad_in;
  GraphImpl& graph = c.graph();
  const Output x = c.input(0);
  const PartialShape known = x.shape();
  const std::optional<IntArray> axes = known.known_rank() ? constant_value(c.input(1)) : std::nullopt;
  if (axes && all_axes(*axes, known.rank())) {
    grad = reshape(grad, std::vector<std::int64_t>(static_cast<std::size_t>(known.rank()), 1));
    Output sizes = known.fully_defined() ? int_vector(graph, {known.dims().begin(), known.dims().end()}) : shape(x);
    return tile(grad, sizes);
  }
  if (axes && known.fully_defined()) {
    std::vector<std::int64_t> kept(known.dims().begin(), known.dims().end());
    for (std::int64_t axis : axes->values) kept.at(axis < 0 ? axis + known.rank() : axis) = 1;
    show_tile_scaling(graph, {known.dims().begin(), known.dims().end()}, kept);
    grad = reshape(grad, kept);
    return tile(grad, tile_scaling(known, kept));
  }
  Output input_shape = shape(x);
  if (!c.attr<bool>("keep_dims")) {
    Ints kept;
    {
      Scope beside = graph.colocate_with(input_shape.op().node());
      kept = reduced_shape(input_shape, c.input(1));
    }
    grad = reshape(grad, kept);
  }
  return broadcast_to(grad, input_shape);
}

Gradients sum_grad(GradientContext& c, const Gradients& grads) { return {sum_gradient(c, dense(grads[0])), {}}; }

// The number of elements that were averaged.
Output mean_factor(GradientContext& c, const Output& sum) {
  GraphImpl& graph = c.graph();
  const PartialShape in = c.input(0).shape(), out = c.output(0).shape();
  if (in.fully_defined() && out.fully_defined()) {
    const std::int64_t factor = in.elements() / std::max<std::int64_t>(out.elements(), 1);
    return constant(graph, Number(factor).as(sum.dtype()));
  }
  Output input_shape = shape(c.input(0));
  Output input_rank = size(input_shape);
  Output axes = cast(c.input(1), input_rank.dtype());
  Output shifted = axes + input_rank;
  Output positive;
  {
    Scope scope = graph.name_scope("mod");
    positive = add_op("FloorMod", scope.name(), {shifted, input_rank});
  }
  return reduce_prod(gather(input_shape, positive));
}

Gradients mean_grad(GradientContext& c, const Gradients& grads) {
  Output sum = sum_gradient(c, dense(grads[0]));
  Output factor = mean_factor(c, sum);
  return {truediv(sum, cast(factor, sum.dtype())), {}};
}

// Shared out among the elements that are the largest (smallest).
Gradients extreme_grad(GradientContext& c, const Gradients& grads) {
  Output grad = dense(grads[0]);
  const Output x = c.input(0);
  Output y = c.output(0);
  Output input_shape = shape(x);
  Ints kept;
  if (c.attr<bool>("keep_dims")) {
    kept = shape(y);
  } else {
    kept = reduced_shape(input_shape, c.input(1));
    y = reshape(y, kept);
    grad = reshape(grad, kept);
  }
  Output indicators = cast(equal(y, x), grad.dtype());
  Output selected = reshape(reduce_sum(indicators, c.input(1)), kept);
  return {indicators / selected * grad, {}};
}

constexpr GradientRow kRows[] = {
    {"All", nullptr}, {"Any", nullptr}, {"Max", extreme_grad}, {"Mean", mean_grad}, {"Min", extreme_grad},
    {"Sum", sum_grad},
};

}  // namespace

std::span<const GradientRow> reduction_gradients() { return kRows; }

}  // namespace tenon
