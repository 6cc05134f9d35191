// Builders of neural-network operations.
#include "tenon/nn.h"

#include <fmt/format.h>

#include "ops/builder.h"

namespace tenon::nn {
namespace {

Attrs windows(const std::vector<std::int64_t>& ksize, const std::vector<std::int64_t>& strides,
              const std::string& padding) {
  return {{"ksize", ksize}, {"strides", strides}, {"padding", padding}};
}

// [x] as a tensor: a Pack of one element, which is what a Python list of tensors becomes.
Output list_of(const Output& x, std::string_view name) {
  return add_op("Pack", name, {x}, {{"axis", std::int64_t{0}}});
}

// All dimensions but the last become one.
Output flatten_outer_dims(const Output& logits) {
  GraphImpl& graph = logits.graph();
  Output dims = rank(logits);
  Output sizes = shape(logits);
  Output last = subtract(dims, 1);
  Output last_size;
  {
    Scope scope = graph.name_scope("Slice");
    Output begin = list_of(last, "begin");
    last_size = add_op("Slice", scope.name(), {sizes, begin, int_vector(graph, {1}, "size")});
  }
  Output new_shape;
  {
    Scope scope = graph.name_scope("concat");
    Output first = int_vector(graph, {-1}, "values_0");
    new_shape = add_op("ConcatV2", scope.name(), {first, last_size, scalar(graph, 0, DType::Int32, "axis")});
  }
  Output flat = reshape(logits, new_shape);
  const PartialShape known = logits.shape();
  if (known.rank() > 0) {
    const PartialShape outer(std::span(known.dims().data(), static_cast<std::size_t>(known.rank() - 1)));
    if (outer.fully_defined()) set_shape(flat, PartialShape{outer.elements(), known[known.rank() - 1]});
  }
  return flat;
}

PartialShape without_last(const PartialShape& shape) {
  if (shape.rank() < 1) return PartialShape::unknown();
  return PartialShape(std::span(shape.dims().data(), static_cast<std::size_t>(shape.rank() - 1)));
}

bool is_half(const Output& x) { return x.dtype() == DType::Float16 || x.dtype() == DType::BFloat16; }

}  // namespace

Output relu(const Output& x, std::string_view name) { return unary("Relu", x, name); }
Output relu6(const Output& x, std::string_view name) { return unary("Relu6", x, name); }
Output elu(const Output& x, std::string_view name) { return unary("Elu", x, name); }
Output selu(const Output& x, std::string_view name) { return unary("Selu", x, name); }
Output leaky_relu(const Output& x, float alpha, std::string_view name) {
  Scope scope = op_scope(x.graph(), name, "LeakyRelu");
  return add_op("LeakyRelu", scope.name(), {x}, {{"alpha", alpha}});
}
Output softplus(const Output& x, std::string_view name) { return unary("Softplus", x, name); }
Output softsign(const Output& x, std::string_view name) { return unary("Softsign", x, name); }
Output tanh(const Output& x, std::string_view name) { return tenon::tanh(x, name); }
Output sigmoid(const Output& x, std::string_view name) { return tenon::sigmoid(x, name); }
Output softmax(const Output& logits, std::string_view name) { return unary("Softmax", logits, name); }
Output log_softmax(const Output& logits, std::string_view name) { return unary("LogSoftmax", logits, name); }

Output conv2d(const Output& x, const Output& filter, const std::vector<std::int64_t>& strides,
              const std::string& padding, std::string_view name) {
  return add_op("Conv2D", name, {x, filter}, {{"strides", strides}, {"padding", padding}});
}

Output max_pool(const Output& x, const std::vector<std::int64_t>& ksize, const std::vector<std::int64_t>& strides,
                const std::string& padding, std::string_view name) {
  Scope scope = op_scope(x.graph(), name, "MaxPool");
  return add_op("MaxPool", scope.name(), {x}, windows(ksize, strides, padding));
}

Output avg_pool(const Output& x, const std::vector<std::int64_t>& ksize, const std::vector<std::int64_t>& strides,
                const std::string& padding, std::string_view name) {
  Scope scope = op_scope(x.graph(), name, "AvgPool");
  return add_op("AvgPool", scope.name(), {x}, windows(ksize, strides, padding));
}

Output bias_add(const Output& x, const Output& bias, std::string_view name) {
  Scope scope = op_scope(x.graph(), name, "BiasAdd");
  return add_op("BiasAdd", scope.name(), {x, bias});
}

Output xw_plus_b(const Output& x, const Output& weights, const Output& biases, std::string_view name) {
  Scope scope = op_scope(x.graph(), name, "xw_plus_b");
  Output product = matmul(x, weights);
  return bias_add(product, biases, scope.name());
}

Output l2_loss(const Output& x, std::string_view name) { return unary("L2Loss", x, name); }

Output dropout(const Output& x, float rate, std::optional<std::int64_t> seed, std::string_view name) {
  if (!is_floating(x.dtype())) bad_argument("dropout", fmt::format("{} is not of a floating-point type", x.name()));
  if (!(rate >= 0 && rate < 1)) bad_argument("dropout", fmt::format("rate must be in [0, 1), but is {}", rate));
  GraphImpl& graph = x.graph();
  Scope scope = op_scope(graph, name, "dropout");
  if (rate == 0) return x;
  const double exact = std::stod(fmt::format("{}", rate));  // 0.2, not 0.200000003: what the caller wrote
  Output scale = constant(graph, Number(1 / (1 - exact)).as(x.dtype()));
  Output scaled = multiply(x, scale);
  Output noise = random_uniform(graph, shape(x), 0, 1, x.dtype(), seed);
  Output keep = greater_equal(noise, exact);
  Output zero = scalar(graph, 0, x.dtype());
  Output result = add_op("SelectV2", {}, {keep, scaled, zero});
  set_shape(result, x.shape());
  return result;
}

Output embedding_lookup(const Variable& params, const Output& ids, std::string_view name) {
  GraphImpl& graph = ids.graph();
  Scope scope = op_scope(graph, name, "embedding_lookup");
  Output rows;
  {
    Scope beside = graph.colocate_with(params.handle.op().node());
    Output axis = scalar(graph, 0, DType::Int32, "axis");
    rows = add_op("GatherV2", scope.name(), {params.snapshot, ids, axis});
  }
  return identity(rows);
}

Output softmax_cross_entropy_with_logits_v2(const LabelsAndLogits& arguments) {
  const auto& [labels_in, logits_in, name] = arguments;
  GraphImpl& graph = logits_in.graph();
  Scope scope = op_scope(graph, name, "softmax_cross_entropy_with_logits");
  const bool half = is_half(logits_in);
  Output logits = half ? cast(logits_in, DType::Float32) : logits_in;
  Output labels = cast(labels_in, logits.dtype());
  Output dims = rank(logits);
  Output input_shape = shape(logits);
  Output flat_logits = flatten_outer_dims(logits);
  Output flat_labels = flatten_outer_dims(labels);
  Output cost = add_op("SoftmaxCrossEntropyWithLogits", scope.name(), {flat_logits, flat_labels});
  Output outer_rank = subtract(dims, 1);
  Output output_shape;
  {
    Scope slice = graph.name_scope("Slice");
    Output begin = int_vector(graph, {0}, "begin");
    output_shape = add_op("Slice", slice.name(), {input_shape, begin, list_of(outer_rank, "size")});
  }
  cost = reshape(cost, output_shape);
  set_shape(cost, without_last(logits_in.shape()));
  return half ? cast(cost, logits_in.dtype()) : cost;
}

Output sparse_softmax_cross_entropy_with_logits(const LabelsAndLogits& arguments) {
  const auto& [labels, logits_in, name] = arguments;
  Scope scope = op_scope(logits_in.graph(), name, "SparseSoftmaxCrossEntropyWithLogits");
  if (logits_in.shape().known_rank() && logits_in.shape().rank() != 2)
    bad_argument("sparse_softmax_cross_entropy_with_logits",
                 fmt::format("logits must have rank 2, but {} has shape {}: reshape them first", logits_in.name(),
                             logits_in.shape().to_string()));
  const bool half = logits_in.dtype() == DType::Float16;
  Output logits = half ? cast(logits_in, DType::Float32) : logits_in;
  shape(labels);
  Output cost = add_op("SparseSoftmaxCrossEntropyWithLogits",
                       name.empty() ? "SparseSoftmaxCrossEntropyWithLogits" : name, {logits, labels});
  return half ? cast(cost, DType::Float16) : cost;
}

Output sigmoid_cross_entropy_with_logits(const LabelsAndLogits& arguments) {
  const auto& [labels, logits, name] = arguments;
  Scope scope = op_scope(logits.graph(), name, "logistic_loss");
  if (!labels.shape().compatible_with(logits.shape()))
    bad_argument("sigmoid_cross_entropy_with_logits",
                 fmt::format("logits and labels must have the same shape, but are {} and {}",
                             logits.shape().to_string(), labels.shape().to_string()));
  Output zero = zeros_like(logits);
  Output positive = greater_equal(logits, zero);
  Output relu_logits = where(positive, logits, zero);
  Output minus = negative(logits);
  Output neg_abs_logits = where(positive, minus, logits);
  Output product = logits * labels;
  Output linear = relu_logits - product;
  return add(linear, log1p(exp(neg_abs_logits)), scope.name());
}

}  // namespace tenon::nn
