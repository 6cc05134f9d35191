// Convolutions in oneDNN, forward and backward, float32.
//
// Images and filters come in TensorFlow's layouts. The primitives work on NHWC images and on filters in the layout
// that they choose; only where oneDNN has no fast code for NHWC do they choose the images' layout as well.
#pragma once

#include <cstdint>

#include "kernels/dnnl/conv_shape.h"
#include "kernels/dnnl/primitive.h"

namespace tenon::onednn {

class ConvForward {
 public:
  ConvForward() = default;
  ConvForward(const ConvShape& shape, bool with_bias, bool with_relu);
  // weights_version: as RunContext::input_version. bias: null without one.
  void run(const float* image, const float* weights, std::uint64_t weights_version, const float* bias, float* out);

 private:
  Primitive primitive_;
  Reorder image_, weights_, out_;
  bool with_bias_ = false;
};

class ConvBackwardData {
 public:
  ConvBackwardData() = default;
  explicit ConvBackwardData(const ConvShape& shape);
  void run(const float* weights, std::uint64_t weights_version, const float* out_grad, float* image_grad);

 private:
  Primitive primitive_;
  Reorder weights_, out_grad_, image_grad_;
};

class ConvBackwardWeights {
 public:
  ConvBackwardWeights() = default;
  explicit ConvBackwardWeights(const ConvShape& shape);
  void run(const float* image, const float* out_grad, float* weights_grad);

 private:
  Primitive primitive_;
  Reorder image_, out_grad_, weights_grad_;
};

}  // namespace tenon::onednn
