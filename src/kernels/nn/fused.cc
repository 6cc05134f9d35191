// Products and convolutions with what usually follows them: the bias, and Relu.
#include "kernels/fusion.h"

#include <fmt/format.h>

#include "kernels/dnnl/convolution.h"
#include "kernels/elements.h"
#include "kernels/nn/conv2d.h"
#include "kernels/nn/matmul.h"
#include "kernels/nn/pooling.h"

namespace tenon {
namespace {

bool ends_with_relu(const KernelSetup& setup) { return setup.fused.back()->type == "Relu"; }

void require_bias(const PrepareContext& c, int input, std::int64_t channels) {
  const Shape& bias = c.input_shape(input);
  c.require(bias.rank() == 1 && bias[0] == channels,
            fmt::format("the bias added to it must be a vector of {} elements, but has shape {}", channels,
                        bias.to_string()));
}

class ConvBias final : public Kernel {
 public:
  ConvBias(const KernelSetup& setup, bool relu)
      : window_(read_window(setup.node)), depthwise_(is_depthwise(setup.node)), relu_(relu) {}

  void prepare(PrepareContext& c) override {
    shape_ = conv_shape(c, window_, c.input_shape(0), c.input_shape(1), depthwise_);
    require_bias(c, 2, shape_.out_channels);
    c.set_output(0, conv_out_shape(shape_, window_));
    if (!conv_is_empty(shape_)) forward_ = onednn::ConvForward(shape_, true, relu_);
  }

  void run(RunContext& c) override {
    const float* bias = c.input(2).data<float>();
    if (conv_is_empty(shape_)) return only_bias(bias, c.output(0));
    forward_.run(c.input(0).data<float>(), c.input(1).data<float>(), c.input_version(1), bias,
                 c.output(0).data<float>());
  }

 private:
  // Without input channels or filter taps, the bias is all there is.
  void only_bias(const float* bias, Tensor& out) const {
    const std::int64_t inner = shape_.channels_first ? shape_.out[0] * shape_.out[1] : 1;
    float* y = out.data<float>();
    for (std::int64_t i = 0; i < out.elements(); ++i) {
      const float value = bias[i / inner % shape_.out_channels];
      y[i] = relu_ && value < 0 ? 0.0f : value;
    }
  }

  const Window window_;
  const bool depthwise_, relu_;
  onednn::ConvShape shape_;
  onednn::ConvForward forward_;
};

class MatMulBias final : public Kernel {
 public:
  MatMulBias(const KernelSetup& setup, std::unique_ptr<Product> product)
      : product_(std::move(product)),
        transpose_a_(setup.node.attr_or<bool>("transpose_a", false)),
        transpose_b_(setup.node.attr_or<bool>("transpose_b", false)) {}

  void prepare(PrepareContext& c) override {
    const ProductShape shape = matmul_shape(c, transpose_a_, transpose_b_);
    require_bias(c, 2, shape.n);
    product_->prepare(shape);
    c.set_output(0, {shape.m, shape.n});
  }
  void run(RunContext& c) override {
    product_->run(c.input(0), c.input(1), c.input_version(1), &c.input(2), c.output(0));
  }

 private:
  const std::unique_ptr<Product> product_;
  const bool transpose_a_, transpose_b_;
};

// The channels that the bias is for are those of the convolution, and all is float32.
bool same_layout_and_float(const KernelSetup& setup) {
  if (type_attr(setup, "T") != DType::Float32) return false;
  const auto format = [](const Node& node) { return node.attr_or<std::string>("data_format", "NHWC"); };
  return format(*setup.fused[0]) == format(*setup.fused[1]);
}

std::unique_ptr<Kernel> make_conv_bias(const KernelSetup& setup) {
  if (!same_layout_and_float(setup)) return nullptr;
  return std::make_unique<ConvBias>(setup, ends_with_relu(setup));
}

std::unique_ptr<Kernel> make_matmul_bias(const KernelSetup& setup) {
  // For a matrix, both data formats mean the last dimension.
  auto product = make_product(type_attr(setup, "T"), {.bias = true, .relu = ends_with_relu(setup)});
  return product ? std::make_unique<MatMulBias>(setup, std::move(product)) : nullptr;
}

const FusionRule kRules[] = {
    {{"Conv2D", "BiasAdd", "Relu"}, make_conv_bias},
    {{"DepthwiseConv2dNative", "BiasAdd", "Relu"}, make_conv_bias},
    {{"MatMul", "BiasAdd", "Relu"}, make_matmul_bias},
    {{"Conv2D", "BiasAdd"}, make_conv_bias},
    {{"DepthwiseConv2dNative", "BiasAdd"}, make_conv_bias},
    {{"MatMul", "BiasAdd"}, make_matmul_bias},
    {{"MaxPoolGrad", "ReluGrad"}, make_max_pool_relu_grad},
};

}  // namespace

std::span<const FusionRule> fusion_rules() { return kRules; }

}  // namespace tenon
