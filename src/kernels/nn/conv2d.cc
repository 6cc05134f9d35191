#include "kernels/nn/conv2d.h"

#include <fmt/format.h>

#include "kernels/dnnl/convolution.h"
#include "kernels/elements.h"
#include "kernels/nn/conv_loops.h"

namespace tenon {
namespace {

using onednn::ConvShape;

using ConvTypes = Types<float, double, Half, BFloat16, std::int32_t>;

// The type T of a convolution, checked when the kernel is made.
DType conv_type(const KernelSetup& setup) {
  const DType type = type_attr(setup, "T");
  if (!visit<ConvTypes>(type, []<typename T>() {})) throw_no_kernel(setup.node, type);
  return type;
}

// Calls fn<T>() for the types that plain loops do.
template <typename Fn>
void visit_loop_type(DType type, Fn&& fn) {
  visit<Types<double, Half, BFloat16, std::int32_t>>(type, fn);
}

void fill_zero(Tensor& tensor) {
  if (tensor.bytes() > 0) std::memset(tensor.raw(), 0, tensor.bytes());
}

class Conv2D final : public Kernel {
 public:
  explicit Conv2D(const KernelSetup& setup)
      : type_(conv_type(setup)), window_(read_window(setup.node)), depthwise_(is_depthwise(setup.node)) {}

  void prepare(PrepareContext& c) override {
    shape_ = conv_shape(c, window_, c.input_shape(0), c.input_shape(1), depthwise_);
    c.set_output(0, conv_out_shape(shape_, window_));
    if (type_ == DType::Float32 && !conv_is_empty(shape_)) forward_ = onednn::ConvForward(shape_, false, false);
  }

  void run(RunContext& c) override {
    const Tensor &image = c.input(0), &filter = c.input(1);
    if (conv_is_empty(shape_)) return fill_zero(c.output(0));
    if (type_ == DType::Float32) {
      forward_.run(image.data<float>(), filter.data<float>(), c.input_version(1), nullptr, c.output(0).data<float>());
      return;
    }
    visit_loop_type(type_, [&]<typename T>() {
      conv_forward_loop(shape_, image.data<T>(), filter.data<T>(), c.output(0).data<T>());
    });
  }

 private:
  const DType type_;
  const Window window_;
  const bool depthwise_;
  ConvShape shape_;
  onednn::ConvForward forward_;
};

void check_out_grad(const PrepareContext& c, int input, const Shape& expected) {
  c.require(c.input_shape(input) == expected,
            fmt::format("the gradient of the output has shape {}, but the output has shape {}",
                        c.input_shape(input).to_string(), expected.to_string()));
}

Shape shape_from_input(const PrepareContext& c, int input) {
  const Tensor& value = c.input_value(input);
  c.require(value.rank() == 1,
            fmt::format("input {} must be a vector of sizes, but has shape {}", input, value.shape().to_string()));
  return Shape::make(indices_of(value));
}

class Conv2DBackpropInput final : public Kernel {
 public:
  explicit Conv2DBackpropInput(const KernelSetup& setup)
      : type_(conv_type(setup)), window_(read_window(setup.node)), depthwise_(is_depthwise(setup.node)) {}

  void prepare(PrepareContext& c) override {
    const Shape image = image_shape(c);
    shape_ = conv_shape(c, window_, image, c.input_shape(1), depthwise_);
    check_out_grad(c, 2, conv_out_shape(shape_, window_));
    c.set_output(0, image);
    if (type_ == DType::Float32 && !conv_is_empty(shape_)) backward_ = onednn::ConvBackwardData(shape_);
  }

  void run(RunContext& c) override {
    const Tensor &filter = c.input(1), &out_grad = c.input(2);
    if (conv_is_empty(shape_)) return fill_zero(c.output(0));
    if (type_ == DType::Float32) {
      backward_.run(filter.data<float>(), c.input_version(1), out_grad.data<float>(), c.output(0).data<float>());
      return;
    }
    visit_loop_type(type_, [&]<typename T>() {
      conv_backward_data_loop(shape_, filter.data<T>(), out_grad.data<T>(), c.output(0).data<T>());
    });
  }

 private:
  // input_sizes may be height and width alone: batch and channels then follow from the other inputs.
  Shape image_shape(const PrepareContext& c) const {
    const Shape sizes = shape_from_input(c, 0);
    const Shape &filter = c.input_shape(1), &out_grad = c.input_shape(2);
    if (sizes.rank() != 2 || filter.rank() != 4 || out_grad.rank() != 4) return sizes;
    return window_.layout.shape(out_grad[0], filter[2], {sizes[0], sizes[1]});
  }

  const DType type_;
  const Window window_;
  const bool depthwise_;
  ConvShape shape_;
  onednn::ConvBackwardData backward_;
};

class Conv2DBackpropFilter final : public Kernel {
 public:
  explicit Conv2DBackpropFilter(const KernelSetup& setup)
      : type_(conv_type(setup)), window_(read_window(setup.node)), depthwise_(is_depthwise(setup.node)) {}

  void prepare(PrepareContext& c) override {
    const Shape filter = shape_from_input(c, 1);
    shape_ = conv_shape(c, window_, c.input_shape(0), filter, depthwise_);
    check_out_grad(c, 2, conv_out_shape(shape_, window_));
    c.set_output(0, filter);
    if (type_ == DType::Float32 && !conv_is_empty(shape_)) backward_ = onednn::ConvBackwardWeights(shape_);
  }

  void run(RunContext& c) override {
    const Tensor &image = c.input(0), &out_grad = c.input(2);
    if (conv_is_empty(shape_)) return fill_zero(c.output(0));
    if (type_ == DType::Float32) {
      backward_.run(image.data<float>(), out_grad.data<float>(), c.output(0).data<float>());
      return;
    }
    visit_loop_type(type_, [&]<typename T>() {
      conv_backward_filter_loop(shape_, image.data<T>(), out_grad.data<T>(), c.output(0).data<T>());
    });
  }

 private:
  const DType type_;
  const Window window_;
  const bool depthwise_;
  ConvShape shape_;
  onednn::ConvBackwardWeights backward_;
};

}  // namespace

bool is_depthwise(const Node& node) { return node.type.str().starts_with("Depthwise"); }

ConvShape conv_shape(const PrepareContext& c, const Window& window, const Shape& image, const Shape& filter,
                     bool depthwise) {
  c.require(image.rank() == 4, fmt::format("the image must have 4 dimensions, but has shape {}", image.to_string()));
  c.require(filter.rank() == 4, fmt::format("the filter must have 4 dimensions, but has shape {}", filter.to_string()));
  c.require(window.channel_stride == 1, "strides over channels are not supported");
  ConvShape s;
  s.channels_first = window.layout.channels_first;
  s.batch = image[0];
  s.in_channels = image[window.layout.channel()];
  s.out_channels = depthwise ? filter[2] * filter[3] : filter[3];
  const bool fits = depthwise ? filter[2] == s.in_channels : filter[2] > 0 && s.in_channels % filter[2] == 0;
  c.require(fits || (s.in_channels == 0 && filter[2] == 0),
            fmt::format("the image's depth {} must be a multiple of the filter's depth {} (image {}, filter {})",
                        s.in_channels, filter[2], image.to_string(), filter.to_string()));
  s.groups = depthwise ? s.in_channels : filter[2] > 0 ? s.in_channels / filter[2] : 1;
  c.require(s.groups == 0 || s.out_channels % s.groups == 0,
            fmt::format("the filter's {} outputs must be a multiple of the {} groups", s.out_channels, s.groups));
  for (int i = 0; i < 2; ++i) {
    s.in[i] = image[window.layout.spatial(i)];
    s.kernel[i] = filter[i];
    const Extent e = extent(window, i, s.in[i], s.kernel[i], c);
    s.out[i] = e.out;
    s.pad_before[i] = e.before;
    s.pad_after[i] = e.after;
    s.stride[i] = window.stride[i];
    s.dilation[i] = window.dilation[i];
  }
  return s;
}

Shape conv_out_shape(const ConvShape& s, const Window& window) {
  return window.layout.shape(s.batch, s.out_channels, s.out);
}

bool conv_is_empty(const ConvShape& s) {
  return s.batch == 0 || s.in_channels == 0 || s.out_channels == 0 || s.in[0] == 0 || s.in[1] == 0 ||
         s.kernel[0] == 0 || s.kernel[1] == 0 || s.out[0] == 0 || s.out[1] == 0;
}

std::unique_ptr<Kernel> make_conv2d(const KernelSetup& setup) { return std::make_unique<Conv2D>(setup); }
std::unique_ptr<Kernel> make_conv2d_backprop_input(const KernelSetup& setup) {
  return std::make_unique<Conv2DBackpropInput>(setup);
}
std::unique_ptr<Kernel> make_conv2d_backprop_filter(const KernelSetup& setup) {
  return std::make_unique<Conv2DBackpropFilter>(setup);
}

}  // namespace tenon
