// Shapes of neural-network operations: convolutions, pooling, normalisation, activations, losses, training updates.
#include <fmt/format.h>

#include "ops/shape_inference.h"

namespace tenon {
namespace {

// Where batch, channels and the two spatial dimensions are.
struct Layout {
  int batch = 0, height = 1, width = 2, channels = 3;
};

Layout layout_of(const ShapeContext& c) {
  const std::string format = c.attr<std::string>("data_format", "NHWC");
  if (format == "NHWC") return {};
  if (format == "NCHW") return {0, 2, 3, 1};
  c.fail(fmt::format("data_format {} is not supported", format));
}

// Length of a window's path over `size` values.
std::int64_t windowed(const ShapeContext& c, std::int64_t size, std::int64_t window, std::int64_t stride,
                      std::int64_t dilation, const std::string& padding, std::int64_t before, std::int64_t after) {
  constexpr std::int64_t kLargest = std::int64_t{1} << 31;
  for (std::int64_t value : {window, stride, dilation, before, after})
    if (value > kLargest) c.fail(fmt::format("a window's size, stride, dilation or padding is {}", value));
  if (before < 0 || after < 0 || dilation <= 0) c.fail("a padding is negative or a dilation is not positive");
  if (stride <= 0) c.fail(fmt::format("stride must be positive, but is {}", stride));
  if (size < 0 || window < 0) return padding == "SAME" && size >= 0 ? (size / stride + (size % stride != 0)) : -1;
  if (padding == "SAME") return (size / stride + (size % stride != 0));
  const std::int64_t effective = (window - 1) * dilation + 1;
  if (padding == "EXPLICIT") size = sum_of(size, before + after);
  else if (padding != "VALID") c.fail(fmt::format("padding {} is not known", padding));
  if (size < effective) c.fail(fmt::format("a window of {} does not fit into {} values", effective, size));
  return (size - effective) / stride + 1;
}

std::vector<std::int64_t> four(const ShapeContext& c, std::string_view name, std::vector<std::int64_t> otherwise) {
  std::vector<std::int64_t> values = c.attr<std::vector<std::int64_t>>(name, otherwise);
  if (values.empty() && !otherwise.empty()) values = otherwise;
  if (values.size() != 4) c.fail(fmt::format("attribute {} must have 4 values, but has {}", name, values.size()));
  return values;
}

PartialShape windowed_image(const ShapeContext& c, const PartialShape& x, std::int64_t window_height,
                            std::int64_t window_width, std::int64_t channels) {
  const Layout at = layout_of(c);
  const std::vector<std::int64_t> strides = four(c, "strides", {}), dilations = four(c, "dilations", {1, 1, 1, 1});
  const std::string padding = c.attr<std::string>("padding");
  std::vector<std::int64_t> explicit_paddings = c.attr<std::vector<std::int64_t>>("explicit_paddings", {});
  explicit_paddings.resize(8);
  Dims dims{0, 0, 0, 0};
  dims[at.batch] = x[at.batch];
  dims[at.channels] = channels;
  const std::pair<int, std::int64_t> sides[] = {{at.height, window_height}, {at.width, window_width}};
  for (const auto& [side, window] : sides)
    dims[side] = windowed(c, x[side], window, strides[side], dilations[side], padding, explicit_paddings[2 * side],
                          explicit_paddings[2 * side + 1]);
  return PartialShape(std::span<const std::int64_t>(dims));
}

void conv2d_shape(ShapeContext& c) {
  const PartialShape x = c.with_rank(0, 4), filter = c.with_rank(1, 4);
  const std::int64_t depth = x[layout_of(c).channels];
  if (depth > 0 && filter[2] > 0 && depth % filter[2] != 0)
    c.fail(fmt::format("input of {} channels for a filter of {}", depth, filter[2]));
  c.set(0, windowed_image(c, x, filter[0], filter[1], filter[3]));
}

void depthwise_conv2d_shape(ShapeContext& c) {
  const PartialShape x = c.with_rank(0, 4), filter = c.with_rank(1, 4);
  const std::int64_t depth = c.merge_dim(x[layout_of(c).channels], filter[2]);
  c.set(0, windowed_image(c, x, filter[0], filter[1], product_of(depth, filter[3])));
}

void conv_backprop_input_shape(ShapeContext& c) {
  PartialShape sizes = c.shape_value(0);
  if (!sizes.known_rank()) sizes = PartialShape::unknown_of_rank(4);
  if (sizes.rank() == 2) sizes = PartialShape::unknown_of_rank(4);  // only height and width were given
  c.set(0, sizes);
}

void conv_backprop_filter_shape(ShapeContext& c) {
  const PartialShape sizes = c.shape_value(1);
  c.set(0, sizes.known_rank() ? sizes : PartialShape::unknown_of_rank(4));
}

void pool_shape(ShapeContext& c) {
  const PartialShape x = c.with_rank(0, 4);
  const std::vector<std::int64_t> window = four(c, "ksize", {});
  const Layout at = layout_of(c);
  c.set_all(windowed_image(c, x, window[at.height], window[at.width], x[at.channels]));
}

void avg_pool_grad_shape(ShapeContext& c) {
  const PartialShape sizes = c.shape_value(0);
  c.set(0, sizes.known_rank() ? sizes : PartialShape::unknown_of_rank(4));
}

void bias_add_shape(ShapeContext& c) {
  const PartialShape x = c.with_rank_at_least(0, 2), bias = c.with_rank(1, 1);
  if (!x.known_rank()) return;
  const int channel = c.attr<std::string>("data_format", "NHWC") == "NCHW" ? 1 : x.rank() - 1;
  const std::int64_t depth = x[channel];
  if (depth >= 0 && bias[0] >= 0 && depth != bias[0])
    c.fail(fmt::format("bias of {} values for {} channels", bias[0], depth));
  c.set(0, with_dim(x, channel, c.merge_dim(depth, bias[0])));
}

void bias_add_grad_shape(ShapeContext& c) {
  const PartialShape x = c.with_rank_at_least(0, 2);
  if (!x.known_rank()) return c.set(0, PartialShape{-1});
  const bool nchw = c.attr<std::string>("data_format", "NHWC") == "NCHW";
  c.set(0, PartialShape{x[nchw ? 1 : x.rank() - 1]});
}

void softmax_cross_entropy_shape(ShapeContext& c) {
  const PartialShape x = broadcast(c, c.input(0), c.input(1));
  if (x.known_rank() && x.rank() != 2)
    c.fail(fmt::format("logits must have rank 2, but their shape is {}", x.to_string()));
  c.set(0, PartialShape{x.known_rank() ? x[0] : -1});
  c.set(1, x.known_rank() ? x : PartialShape::unknown_of_rank(2));
}

void sparse_softmax_cross_entropy_shape(ShapeContext& c) {
  const PartialShape x = c.with_rank(0, 2), labels = c.with_rank(1, 1);
  const std::int64_t batch = c.merge_dim(x[0], labels[0]);
  c.set(0, PartialShape{batch});
  c.set(1, PartialShape{batch, x[1]});
}

void fused_batch_norm_shape(ShapeContext& c) {
  const PartialShape x = c.with_rank(0, 4);
  const int channel = layout_of(c).channels;
  std::int64_t depth = x[channel];
  const int checked = c.attr<bool>("is_training", true) ? 3 : 5;
  for (int i = 1; i < checked; ++i) depth = c.merge_dim(depth, c.with_rank(i, 1)[0]);
  c.set(0, with_dim(x, channel, depth));
  for (int i = 1; i < 5; ++i) c.set(i, PartialShape{depth});
}

void fused_batch_norm_grad_shape(ShapeContext& c) {
  const PartialShape x = c.with_rank(1, 4);
  const int channel = layout_of(c).channels;
  std::int64_t depth = c.merge_dim(x[channel], c.with_rank(0, 4)[channel]);
  for (int i = 2; i < 5; ++i) depth = c.merge_dim(depth, c.with_rank(i, 1)[0]);
  c.set(0, with_dim(x, channel, depth));
  c.set(1, PartialShape{depth});
  c.set(2, PartialShape{depth});
  c.set(3, PartialShape{0});
  c.set(4, PartialShape{0});
}

void in_top_k_shape(ShapeContext& c) {
  c.set(0, PartialShape{c.merge_dim(c.with_rank(0, 2)[0], c.with_rank(1, 1)[0])});
}

constexpr ShapeRow kRows[] = {
    {"AvgPool", pool_shape},
    {"AvgPoolGrad", avg_pool_grad_shape},
    {"BiasAdd", bias_add_shape},
    {"BiasAddGrad", bias_add_grad_shape},
    {"BiasAddV1", unchanged_shape},
    {"Conv2D", conv2d_shape},
    {"Conv2DBackpropFilter", conv_backprop_filter_shape},
    {"Conv2DBackpropInput", conv_backprop_input_shape},
    {"DepthwiseConv2dNative", depthwise_conv2d_shape},
    {"DepthwiseConv2dNativeBackpropFilter", conv_backprop_filter_shape},
    {"DepthwiseConv2dNativeBackpropInput", conv_backprop_input_shape},
    {"Elu", unchanged_shape},
    {"EluGrad", merged_shape},
    {"FusedBatchNorm", fused_batch_norm_shape},
    {"FusedBatchNormV2", fused_batch_norm_shape},
    {"FusedBatchNormGrad", fused_batch_norm_grad_shape},
    {"FusedBatchNormGradV2", fused_batch_norm_grad_shape},
    {"FusedBatchNormGradV3", fused_batch_norm_grad_shape},
    {"FusedBatchNormV3", fused_batch_norm_shape},
    {"InTopK", in_top_k_shape},
    {"InTopKV2", in_top_k_shape},
    {"LRN", unchanged_shape},
    {"LeakyRelu", unchanged_shape},
    {"LeakyReluGrad", merged_shape},
    {"LogSoftmax", unchanged_shape},
    {"MaxPool", pool_shape},
    {"MaxPoolGrad", unchanged_shape},
    {"MaxPoolWithArgmax", pool_shape},
    {"Relu", unchanged_shape},
    {"Relu6", unchanged_shape},
    {"Relu6Grad", merged_shape},
    {"ReluGrad", merged_shape},
    {"Selu", unchanged_shape},
    {"SeluGrad", merged_shape},
    {"Softmax", unchanged_shape},
    {"SoftmaxCrossEntropyWithLogits", softmax_cross_entropy_shape},
    {"Softplus", unchanged_shape},
    {"SoftplusGrad", merged_shape},
    {"Softsign", unchanged_shape},
    {"SoftsignGrad", merged_shape},
    {"SparseSoftmaxCrossEntropyWithLogits", sparse_softmax_cross_entropy_shape},
};

}  // namespace

std::span<const ShapeRow> nn_shapes() { return kRows; }

}  // namespace tenon
