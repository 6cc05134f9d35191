// What TensorFlow's CPU kernels put out besides y:
//   training   batch_mean, batch_variance (n / (n - 1) times the variance), both mixed with the inputs `mean` and
//              `variance` by exponential_avg_factor unless that is 1; reserves: the mean and variance of the batch
//   inference  the inputs `mean` and `variance`, also as reserves
//   an empty x gives NaN as mean and variance, and zeros as reserves
//   reserve_space_3 is empty; the gradient's last two outputs are scalars 0
#include "kernels/nn/batch_norm.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "kernels/elements.h"
#include "kernels/nn/batch_norm_loops.h"
#include "kernels/nn/window.h"

namespace tenon {
namespace {

using batch_norm::Layout;
using batch_norm::Sums;

struct Attrs {
  explicit Attrs(const KernelSetup& setup)
      : epsilon(setup.node.attr_or<float>("epsilon", 0.0001f)),
        factor(setup.node.attr_or<float>("exponential_avg_factor", 1.0f)),
        training(setup.node.attr_or<bool>("is_training", true)),
        layout(read_layout(setup.node)) {}
  float epsilon, factor;
  bool training;
  ImageLayout layout;
};

Layout loops_layout(const PrepareContext& c, const Shape& x, ImageLayout format) {
  c.require(x.rank() == 4, fmt::format("x must have 4 dimensions, but has shape {}", x.to_string()));
  Layout layout;
  layout.channels_first = format.channels_first;
  layout.channels = x[format.channel()];
  layout.rows = x[0] * x[format.spatial(0)] * x[format.spatial(1)];
  layout.inner = format.channels_first ? std::max<std::int64_t>(x[2] * x[3], 1) : 1;
  return layout;
}

void require_vector(const PrepareContext& c, int input, std::int64_t channels, const char* name) {
  const Shape& shape = c.input_shape(input);
  c.require(shape.rank() == 1 && shape[0] == channels,
            fmt::format("{} must be a vector with one element for each of the {} channels, but has shape {}", name,
                        channels, shape.to_string()));
}

// Half tensors are calculated as float: these give the float data of an input or output, and store it back.
template <typename T>
const float* wide_input(const Tensor& tensor, std::vector<float>& buffer) {
  if constexpr (std::is_same_v<T, float>) {
    return tensor.data<float>();
  } else {
    buffer.resize(tensor.elements());
    std::transform(tensor.data<T>(), tensor.data<T>() + tensor.elements(), buffer.begin(), [](T v) { return load(v); });
    return buffer.data();
  }
}
template <typename T>
float* wide_output(Tensor& tensor, std::vector<float>& buffer) {
  if constexpr (std::is_same_v<T, float>) {
    return tensor.data<float>();
  } else {
    buffer.resize(tensor.elements());
    return buffer.data();
  }
}
template <typename T>
void narrow_output(const std::vector<float>& buffer, Tensor& tensor) {
  if constexpr (!std::is_same_v<T, float>) {
    std::transform(buffer.begin(), buffer.end(), tensor.data<T>(), [](float v) { return T(v); });
  }
}

template <typename T>
class BatchNorm final : public Kernel {
 public:
  explicit BatchNorm(const Attrs& attrs) : attrs_(attrs) {}

  void prepare(PrepareContext& c) override {
    layout_ = loops_layout(c, c.input_shape(0), attrs_.layout);
    const std::int64_t channels = layout_.channels;
    require_vector(c, 1, channels, "scale");
    require_vector(c, 2, channels, "offset");
    if (!attrs_.training || attrs_.factor != 1.0f) {
      require_vector(c, 3, channels, "mean");
      require_vector(c, 4, channels, "variance");
    }
    c.set_output(0, c.input_shape(0));
    if (attrs_.training) {
      shift_.resize(channels);
    } else {
      c.may_overwrite(0, 0);
    }
    for (int i = 1; i < 5; ++i) c.set_output(i, {channels});
    if (c.num_outputs() > 5) c.set_output(5, {0});
    scale_.resize(channels);
  }

  void run(RunContext& c) override {
    if (layout_.rows == 0) return empty(c);
    const float* x = wide_input<T>(c.input(0), wide_x_);
    if (attrs_.training) {
      batch_statistics(c, x);
    } else {
      for (int i = 1; i < 5; ++i) std::copy_n(c.input(i % 2 ? 3 : 4).data<float>(), layout_.channels, out(c, i));
    }
    const float *mean = out(c, 3), *variance = out(c, 4), *scale = c.input(1).data<float>();
    for (std::int64_t i = 0; i < layout_.channels; ++i) scale_[i] = scale[i] / std::sqrt(variance[i] + attrs_.epsilon);
    normalise(layout_, x, mean, scale_.data(), c.input(2).data<float>(), wide_output<T>(c.output(0), wide_y_));
    narrow_output<T>(wide_y_, c.output(0));
  }

 private:
  static float* out(RunContext& c, int i) { return c.output(i).data<float>(); }

  void batch_statistics(RunContext& c, const float* x) {
    // Differences from the first row keep the squares small where the mean is far from 0.
    for (std::int64_t i = 0; i < layout_.channels; ++i) shift_[i] = x[layout_.channels_first ? i * layout_.inner : i];
    sum_and_squares(layout_, x, shift_.data(), partial_, sums_);
    const double n = static_cast<double>(layout_.rows), unbiased = n > 1 ? n / (n - 1) : 1;
    const float factor = attrs_.factor;
    for (std::int64_t i = 0; i < layout_.channels; ++i) {
      const double difference = sums_.first[i] / n;
      const double variance = std::max(sums_.second[i] / n - difference * difference, 0.0);
      out(c, 3)[i] = static_cast<float>(shift_[i] + difference);
      out(c, 4)[i] = static_cast<float>(variance);
      out(c, 1)[i] = out(c, 3)[i];
      out(c, 2)[i] = static_cast<float>(variance * unbiased);
      if (factor == 1.0f) continue;
      out(c, 1)[i] = (1 - factor) * c.input(3).data<float>()[i] + factor * out(c, 1)[i];
      out(c, 2)[i] = (1 - factor) * c.input(4).data<float>()[i] + factor * out(c, 2)[i];
    }
  }

  void empty(RunContext& c) {
    for (int i : {1, 2}) std::fill_n(out(c, i), layout_.channels, std::numeric_limits<float>::quiet_NaN());
    for (int i : {3, 4}) std::fill_n(out(c, i), layout_.channels, 0.0f);
  }

  const Attrs attrs_;
  Layout layout_;
  std::vector<float> shift_, scale_, partial_, wide_x_, wide_y_;
  Sums sums_;
};

template <typename T>
class BatchNormGrad final : public Kernel {
 public:
  explicit BatchNormGrad(const Attrs& attrs) : attrs_(attrs) {}

  void prepare(PrepareContext& c) override {
    layout_ = loops_layout(c, c.input_shape(1), attrs_.layout);
    c.require(c.input_shape(0) == c.input_shape(1),
              fmt::format("y_backprop has shape {}, but x has {}", c.input_shape(0).to_string(),
                          c.input_shape(1).to_string()));
    require_vector(c, 2, layout_.channels, "scale");
    require_vector(c, 3, layout_.channels, "reserve_space_1 (the mean)");
    require_vector(c, 4, layout_.channels, "reserve_space_2 (the variance)");
    c.set_output(0, c.input_shape(1));
    c.may_overwrite(0, 0);
    for (int i : {1, 2}) c.set_output(i, {layout_.channels});
    for (int i : {3, 4}) c.set_output(i, {});
    for (auto& coefficients : coefficients_) coefficients.resize(layout_.channels);
  }

  void run(RunContext& c) override {
    for (int i : {3, 4}) *c.output(i).data<float>() = 0.0f;
    const float *dy = wide_input<T>(c.input(0), wide_dy_), *x = wide_input<T>(c.input(1), wide_x_);
    const float* mean = c.input(3).data<float>();
    sum_gradients(layout_, dy, x, mean, partial_, sums_);
    set_coefficients(c);
    const auto& [p, q, r] = coefficients_;
    gradient(layout_, dy, x, mean, p.data(), q.data(), r.data(), wide_output<T>(c.output(0), wide_dx_));
    narrow_output<T>(wide_dx_, c.output(0));
  }

 private:
  // The gradient is dy * p + (x - mean) * q + r; in inference, mean and variance are constants, so q = r = 0.
  void set_coefficients(RunContext& c) {
    const float *scale = c.input(2).data<float>(), *variance = c.input(4).data<float>();
    auto& [p, q, r] = coefficients_;
    const double n = static_cast<double>(layout_.rows);
    for (std::int64_t i = 0; i < layout_.channels; ++i) {
      const double inverse = 1.0 / std::sqrt(static_cast<double>(variance[i]) + attrs_.epsilon);
      const double scale_grad = sums_.second[i] * inverse, offset_grad = sums_.first[i];
      c.output(1).data<float>()[i] = static_cast<float>(scale_grad);
      c.output(2).data<float>()[i] = static_cast<float>(offset_grad);
      const double factor = scale[i] * inverse;
      p[i] = static_cast<float>(factor);
      q[i] = attrs_.training ? static_cast<float>(-factor * inverse * scale_grad / n) : 0.0f;
      r[i] = attrs_.training ? static_cast<float>(-factor * offset_grad / n) : 0.0f;
    }
  }

  const Attrs attrs_;
  Layout layout_;
  std::array<std::vector<float>, 3> coefficients_;
  std::vector<float> partial_, wide_x_, wide_dy_, wide_dx_;
  Sums sums_;
};

using BatchNormTypes = Types<float, Half, BFloat16>;

}  // namespace

std::unique_ptr<Kernel> make_batch_norm(const KernelSetup& setup) {
  return make_typed<BatchNorm, BatchNormTypes>(setup, type_attr(setup, "T"), Attrs(setup));
}

std::unique_ptr<Kernel> make_batch_norm_grad(const KernelSetup& setup) {
  return make_typed<BatchNormGrad, BatchNormTypes>(setup, type_attr(setup, "T"), Attrs(setup));
}

}  // namespace tenon
