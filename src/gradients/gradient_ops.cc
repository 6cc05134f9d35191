#include "gradients/gradient_ops.h"

#include <algorithm>
#include <map>

#include "ops/constant_value.h"

namespace tenon {
namespace {

struct Masks {
  std::int64_t begin = 0, end = 0, shrink = 0;
};

Output strided(const Output& x, int begin, int end, const Masks& masks) {
  GraphImpl& graph = x.graph();
  Scope scope = graph.name_scope("strided_slice");
  Output from = int_vector(graph, {begin}, "stack");
  Output to = int_vector(graph, {end}, "stack_1");
  Output step = int_vector(graph, {1}, "stack_2");
  return add_op("StridedSlice", scope.name(), {x, from, to, step},
                {{"begin_mask", masks.begin}, {"end_mask", masks.end}, {"shrink_axis_mask", masks.shrink}});
}

// Axes that broadcasting repeated, of one operand; `known` is false where only the run can tell.
struct BroadcastAxes {
  std::vector<std::int64_t> x, y;
  bool known = false;
};

BroadcastAxes broadcast_axes(const PartialShape& x, const PartialShape& y) {
  BroadcastAxes axes;
  if (!x.known_rank() || !y.known_rank()) return axes;
  const int rank = std::max(x.rank(), y.rank());
  for (int i = 0; i < rank; ++i) {
    const std::int64_t a = i < rank - x.rank() ? 1 : x[i - (rank - x.rank())];
    const std::int64_t b = i < rank - y.rank() ? 1 : y[i - (rank - y.rank())];
    if (a == 1 && b != 1) axes.x.push_back(i);
    else if (b == 1 && a != 1) axes.y.push_back(i);
    else if (a < 0 || b < 0) return axes;
  }
  axes.known = true;
  return axes;
}

Gradient reduced_to(const Gradient& grad, const Output& shape, const Ints& axes, bool must_reduce) {
  if (!grad || !must_reduce) return grad;
  Output sum = reduce_sum(dense(grad), axes, true);
  return reshape(sum, shape);
}

// One AddN per device, then one over them, each beside its first term.
Output add_beside(const std::vector<Output>& terms) {
  std::map<std::string, std::vector<Output>> by_device;
  for (const Output& term : terms) by_device[term.op().device()].push_back(term);
  std::vector<Output> sums;
  for (const auto& [device, group] : by_device) {
    Scope beside = group[0].graph().colocate_with(group[0].op().node(), true);
    sums.push_back(add_n(group));
  }
  return add_n(sums);
}

// Rows become dense inside the sum's name scope.
Output add_mixed(const Gradients& gradients) {
  Scope scope = gradients[0].values->graph().name_scope("AddN");
  std::vector<Output> terms;
  for (const Gradient& gradient : gradients) {
    if (!gradient.sparse()) {
      terms.push_back(*gradient.values);
      continue;
    }
    Output rows = element(*gradient.dense_shape, 0);
    terms.push_back(add_op("UnsortedSegmentSum", "inputs_" + std::to_string(terms.size()),
                           {*gradient.values, *gradient.indices, rows}));
  }
  return add_op("AddN", scope.name(), terms);
}

}  // namespace

Output unsorted_segment_sum(const Output& values, const Output& ids, const Output& count) {
  return add_op("UnsortedSegmentSum", {}, {values, ids, count});
}

Output dense(const Gradient& gradient) {
  if (!gradient.sparse()) return *gradient.values;
  return unsorted_segment_sum(*gradient.values, *gradient.indices, element(*gradient.dense_shape, 0));
}

Output element(const Output& x, int i) { return strided(x, i, i + 1, {.shrink = 1}); }
Output tail(const Output& x, int begin) { return strided(x, begin, 0, {.end = 1}); }
Output head(const Output& x, int end) { return strided(x, 0, end, {.begin = 1}); }

Gradients reduce_gradient_args(const Output& x, const Output& y, const Gradient& gx, const Gradient& gy) {
  if (!gx && !gy) return {gx, gy};
  Output x_shape = shape(x), y_shape = shape(y);
  const BroadcastAxes axes = broadcast_axes(x.shape(), y.shape());
  if (!axes.known) {
    std::vector<Output> both = outputs_of(add_node(x.graph(), "BroadcastGradientArgs", {}, {x_shape, y_shape}));
    Gradient rx = reduced_to(gx, x_shape, both[0], true);
    return {rx, reduced_to(gy, y_shape, both[1], true)};
  }
  Gradient rx = reduced_to(gx, x_shape, axes.x, !axes.x.empty() || x.shape().rank() < y.shape().rank());
  return {rx, reduced_to(gy, y_shape, axes.y, !axes.y.empty() || y.shape().rank() < x.shape().rank())};
}

bool same_known_shapes(const Output& x, const Output& y, const Output& grad) {
  const PartialShape shape = x.shape();
  return shape.fully_defined() && shape == y.shape() && shape == grad.shape();
}

Ints reduced_shape(const Output& input_shape, const Output& axes) {
  const std::optional<IntArray> shape = constant_value(input_shape), known_axes = constant_value(axes);
  if (shape && known_axes) {
    std::vector<std::int64_t> dims = shape->values;
    const std::int64_t rank = static_cast<std::int64_t>(dims.size());
    for (std::int64_t axis : known_axes->values)
      if (axis >= -rank && axis < rank) dims[axis < 0 ? axis + rank : axis] = 1;
    return dims;
  }
  GraphImpl& graph = input_shape.graph();
  Output input_rank = size(input_shape);
  Output shifted = axes + input_rank;
  Output positive;
  {
    Scope scope = graph.name_scope("mod");
    positive = add_op("FloorMod", scope.name(), {shifted, input_rank});
  }
  Output axes_shape = tenon::shape(positive);
  Output all = range(graph, 0, input_rank);
  Output one = ones(graph, axes_shape, input_shape.dtype());
  return add_op("DynamicStitch", {}, {all, positive, input_shape, one});
}

Output packed(GraphImpl& graph, const std::vector<Operand>& values, std::string_view name) {
  DType like = DType::Int32;
  for (const Operand& value : values)
    if (value.output()) like = value.output()->dtype();
  Scope scope = graph.name_scope(name);
  std::vector<Output> inputs;
  for (std::size_t i = 0; i < values.size(); ++i) inputs.push_back(values[i].in(graph, like, std::to_string(i)));
  return add_op("Pack", scope.name(), inputs, {{"axis", std::int64_t{0}}});
}

Gradient aggregate(const Gradients& gradients) {
  Gradients given;
  for (const Gradient& gradient : gradients)
    if (gradient) given.push_back(gradient);
  if (given.size() < 2) return given.empty() ? Gradient() : given[0];
  const bool all_sparse = std::all_of(given.begin(), given.end(), [](const Gradient& g) { return g.sparse(); });
  const bool any_sparse = std::any_of(given.begin(), given.end(), [](const Gradient& g) { return g.sparse(); });
  if (!all_sparse) {
    if (any_sparse) return add_mixed(given);
    std::vector<Output> terms;
    for (const Gradient& gradient : given) terms.push_back(*gradient.values);
    return add_beside(terms);
  }
  const bool wide = std::any_of(given.begin(), given.end(), [](const Gradient& g) {
    return g.indices->dtype() == DType::Int64;
  });
  std::vector<Output> values, indices;
  for (const Gradient& gradient : given)
    indices.push_back(wide ? cast(*gradient.indices, DType::Int64) : *gradient.indices);
  for (const Gradient& gradient : given) values.push_back(*gradient.values);
  Output all_values = concat(values, 0);
  return Gradient(all_values, concat(indices, 0), *given[0].dense_shape);
}

Gradients gate(const Gradients& gradients) {
  std::vector<Output> values;
  for (const Gradient& gradient : gradients)
    if (gradient) values.push_back(*gradient.values);
  std::vector<Output> gated = tuple(values);
  Gradients result = gradients;
  std::size_t next = 0;
  for (Gradient& gradient : result)
    if (gradient) gradient.values = gated[next++];
  return result;
}

Deduplicated deduplicate(const Output& values, const Output& indices) {
  std::vector<Output> unique = outputs_of(add_node(indices.graph(), "Unique", {}, {indices}));
  Output count = element(shape(unique[0]), 0);
  return {unsorted_segment_sum(values, unique[1], count), unique[0]};
}

}  // namespace tenon
