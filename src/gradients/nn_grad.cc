// Gradients of neural-network operations.
#include "gradients/gradient_ops.h"
#include "tenon/nn.h"

namespace tenon {
namespace {

// Ops of (dy, y) or (dy, x), made by TensorFlow for this purpose.
Gradients activation(const Gradients& grads, std::string_view type, const Output& beside, Attrs attrs = {}) {
  return {add_op(type, {}, {dense(grads[0]), beside}, std::move(attrs))};
}
Gradients relu_grad(GradientContext& c, const Gradients& grads) { return activation(grads, "ReluGrad", c.output(0)); }
Gradients relu6_grad(GradientContext& c, const Gradients& grads) { return activation(grads, "Relu6Grad", c.output(0)); }
Gradients elu_grad(GradientContext& c, const Gradients& grads) { return activation(grads, "EluGrad", c.output(0)); }
Gradients selu_grad(GradientContext& c, const Gradients& grads) { return activation(grads, "SeluGrad", c.output(0)); }
Gradients softsign_grad(GradientContext& c, const Gradients& grads) {
  return activation(grads, "SoftsignGrad", c.input(0));
}
Gradients leaky_relu_grad(GradientContext& c, const Gradients& grads) {
  return activation(grads, "LeakyReluGrad", c.input(0), {{"alpha", c.attr<float>("alpha")}});
}

Gradients softplus_grad(GradientContext& c, const Gradients& grads) {
  Output grad = dense(grads[0]);
  return {grad * sigmoid(c.input(0))};
}

Gradients softmax_grad(GradientContext& c, const Gradients& grads) {
  Output grad = dense(grads[0]);
  Output weighted = grad * c.output(0);
  Output sum = reduce_sum(weighted, -1, true);
  return {(grad - sum) * c.output(0)};
}

Gradients log_softmax_grad(GradientContext& c, const Gradients& grads) {
  Output grad = dense(grads[0]);
  Output softmax = exp(c.output(0));
  Output sum = reduce_sum(grad, -1, true);
  return {grad - sum * softmax};
}

Output broadcast_mul(const Output& vector, const Output& matrix) { return expand_dims(vector, -1) * matrix; }

// Whether the second output's gradient is the zeros that the walker filled in.
bool is_zeros(const Gradient& gradient) { return !gradient || gradient.values->op().type() == "ZerosLike"; }

// The first output is the loss; the second is d(loss)/d(logits), whose own gradient is seldom needed.
Output logits_gradient(GradientContext& c, const Gradients& grads) {
  Output grad = broadcast_mul(dense(grads[0]), c.output(1));
  if (is_zeros(grads[1])) return grad;
  Output second = dense(grads[1]);
  Output softmax = nn::softmax(c.input(0));
  Output row = expand_dims(second, 1);
  Output column = expand_dims(softmax, 2);
  Output product = squeeze(matmul(row, column), {1});
  return grad + (second - product) * softmax;
}

Gradients softmax_cross_entropy_grad(GradientContext& c, const Gradients& grads) {
  Output grad = logits_gradient(c, grads);
  Output minus = negative(nn::log_softmax(c.input(0)));
  return {grad, broadcast_mul(dense(grads[0]), minus)};
}

Gradients sparse_softmax_cross_entropy_grad(GradientContext& c, const Gradients& grads) {
  return {logits_gradient(c, grads), {}};
}

Gradients bias_add_grad(GradientContext& c, const Gradients& grads) {
  Output grad = dense(grads[0]);
  return {grad, add_op("BiasAddGrad", {}, {grad}, {{"data_format", c.attr<std::string>("data_format")}})};
}

Attrs copied(GradientContext& c, std::initializer_list<const char*> lists, std::initializer_list<const char*> strings) {
  Attrs attrs;
  for (const char* name : lists)
    if (c.node().has_attr(name)) attrs.push_back({name, c.attr<std::vector<std::int64_t>>(name)});
  for (const char* name : strings) attrs.push_back({name, c.attr<std::string>(name)});
  return attrs;
}

Gradients conv2d_grad(GradientContext& c, const Gradients& grads) {
  const Output x = c.input(0), filter = c.input(1), grad = dense(grads[0]);
  std::vector<Output> shapes = outputs_of(add_node(c.graph(), "ShapeN", {}, {x, filter}));
  Attrs attrs = copied(c, {"dilations", "strides", "explicit_paddings"}, {"padding", "data_format"});
  attrs.push_back({"use_cudnn_on_gpu", c.attr<bool>("use_cudnn_on_gpu")});
  Output dx = add_op("Conv2DBackpropInput", {}, {shapes[0], filter, grad}, attrs);
  return {dx, add_op("Conv2DBackpropFilter", {}, {x, shapes[1], grad}, attrs)};
}

Gradients depthwise_conv2d_grad(GradientContext& c, const Gradients& grads) {
  const Output x = c.input(0), filter = c.input(1), grad = dense(grads[0]);
  Attrs attrs = copied(c, {"dilations", "strides", "explicit_paddings"}, {"padding", "data_format"});
  Output x_shape = shape(x);
  Output dx = add_op("DepthwiseConv2dNativeBackpropInput", {}, {x_shape, filter, grad}, attrs);
  Output filter_shape = shape(filter);
  return {dx, add_op("DepthwiseConv2dNativeBackpropFilter", {}, {x, filter_shape, grad}, attrs)};
}

Gradients max_pool_grad(GradientContext& c, const Gradients& grads) {
  return {add_op("MaxPoolGrad", {}, {c.input(0), c.output(0), dense(grads[0])},
                 copied(c, {"ksize", "strides", "explicit_paddings"}, {"padding", "data_format"}))};
}

Gradients avg_pool_grad(GradientContext& c, const Gradients& grads) {
  Output x_shape = shape(c.input(0));
  return {add_op("AvgPoolGrad", {}, {x_shape, dense(grads[0])},
                 copied(c, {"ksize", "strides"}, {"padding", "data_format"}))};
}

Gradients l2_loss_grad(GradientContext& c, const Gradients& grads) { return {c.input(0) * dense(grads[0])}; }

Gradients batch_norm_grad(GradientContext& c, const Gradients& grads, std::string_view type, int reserved) {
  const bool training = c.attr<bool>("is_training");
  if (!training && c.attr<std::string>("data_format") != "NHWC")
    throw Error(Code::Unimplemented, describe(c.node()) + ": the gradient in inference mode is made for NHWC only");
  std::vector<Output> inputs = {dense(grads[0]), c.input(0), c.input(1), training ? c.output(3) : c.input(3),
                                training ? c.output(4) : c.input(4)};
  if (reserved == 3) inputs.push_back(c.output(5));
  Node* node = add_node(c.graph(), type, {}, inputs,
                        {{"epsilon", c.attr<float>("epsilon")},
                         {"data_format", c.attr<std::string>("data_format")},
                         {"is_training", training}});
  std::vector<Output> parts = outputs_of(node);
  return {parts[0], parts[1], parts[2], {}, {}};
}
Gradients fused_batch_norm_grad(GradientContext& c, const Gradients& grads) {
  return batch_norm_grad(c, grads, "FusedBatchNormGrad", 2);
}
Gradients fused_batch_norm_v2_grad(GradientContext& c, const Gradients& grads) {
  return batch_norm_grad(c, grads, "FusedBatchNormGradV2", 2);
}
Gradients fused_batch_norm_v3_grad(GradientContext& c, const Gradients& grads) {
  return batch_norm_grad(c, grads, "FusedBatchNormGradV3", 3);
}

constexpr GradientRow kRows[] = {
    {"AvgPool", avg_pool_grad},
    {"BiasAdd", bias_add_grad},
    {"Conv2D", conv2d_grad},
    {"DepthwiseConv2dNative", depthwise_conv2d_grad},
    {"Elu", elu_grad},
    {"FusedBatchNorm", fused_batch_norm_grad},
    {"FusedBatchNormV2", fused_batch_norm_v2_grad},
    {"FusedBatchNormV3", fused_batch_norm_v3_grad},
    {"InTopK", nullptr},
    {"L2Loss", l2_loss_grad},
    {"LeakyRelu", leaky_relu_grad},
    {"LogSoftmax", log_softmax_grad},
    {"MaxPool", max_pool_grad},
    {"Relu", relu_grad},
    {"Relu6", relu6_grad},
    {"Selu", selu_grad},
    {"Softmax", softmax_grad},
    {"SoftmaxCrossEntropyWithLogits", softmax_cross_entropy_grad},
    {"Softplus", softplus_grad},
    {"Softsign", softsign_grad},
    {"SparseSoftmaxCrossEntropyWithLogits", sparse_softmax_cross_entropy_grad},
};

}  // namespace

std::span<const GradientRow> nn_gradients() { return kRows; }

}  // namespace tenon
