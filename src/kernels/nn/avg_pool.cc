// Averages are over the elements of the image that a window covers; padding does not count.
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/parallel_for.h"
#include "base/simd.h"
#include "kernels/elements.h"
#include "kernels/nn/pooling.h"

namespace tenon {
namespace {

constexpr std::int64_t kGrain = 16384;

template <typename T>
TENON_MULTIVERSION void avg_row(const PoolShape& s, const T* image, std::int64_t oy, Calc<T>* sum, T* out) {
  const Taps ys = taps(s, 0, oy);
  for (std::int64_t ox = 0; ox < s.out[1]; ++ox, out += s.channels) {
    const Taps xs = taps(s, 1, ox);
    std::fill(sum, sum + s.channels, Calc<T>(0));
    for (std::int64_t y = ys.first; y < ys.last; ++y)
      for (std::int64_t x = xs.first; x < xs.last; ++x) {
        const T* tap = image + (y * s.in[1] + x) * s.channels;
#pragma GCC ivdep
        for (std::int64_t c = 0; c < s.channels; ++c) sum[c] += static_cast<Calc<T>>(tap[c]);
      }
    const auto count = static_cast<Calc<T>>((ys.last - ys.first) * (xs.last - xs.first));
    for (std::int64_t c = 0; c < s.channels; ++c) out[c] = static_cast<T>(sum[c] / count);
  }
}

// Adds to `sum`, which is one image.
template <typename T>
TENON_MULTIVERSION void avg_grad_image(const PoolShape& s, const T* grad, Calc<T>* sum) {
  for (std::int64_t oy = 0; oy < s.out[0]; ++oy) {
    const Taps ys = taps(s, 0, oy);
    for (std::int64_t ox = 0; ox < s.out[1]; ++ox, grad += s.channels) {
      const Taps xs = taps(s, 1, ox);
      const Calc<T> scale = Calc<T>(1) / static_cast<Calc<T>>((ys.last - ys.first) * (xs.last - xs.first));
      for (std::int64_t y = ys.first; y < ys.last; ++y)
        for (std::int64_t x = xs.first; x < xs.last; ++x) {
          Calc<T>* to = sum + (y * s.in[1] + x) * s.channels;
#pragma GCC ivdep
          for (std::int64_t c = 0; c < s.channels; ++c) to[c] += static_cast<Calc<T>>(grad[c]) * scale;
        }
    }
  }
}

template <typename T>
class AvgPool final : public Kernel {
 public:
  explicit AvgPool(const Window& window) : window_(window) {}
  void prepare(PrepareContext& c) override {
    Shape out;
    shape_ = pool_shape(c, window_, c.input_shape(0), &out);
    c.set_output(0, out);
  }
  void run(RunContext& c) override {
    const T* in = c.input(0).data<T>();
    T* out = c.output(0).template data<T>();
    if (c.output(0).elements() == 0) return;
    const std::int64_t rows = shape_.out[0], row = shape_.out[1] * shape_.channels;
    parallel_for(shape_.batch * rows, kGrain / (row + 1) + 1, [&](std::int64_t begin, std::int64_t end) {
      std::vector<Calc<T>> sum(shape_.channels);
      for (std::int64_t i = begin; i < end; ++i) {
        avg_row(shape_, in + i / rows * shape_.image(), i % rows, sum.data(), out + i * row);
      }
    });
  }

 private:
  const Window window_;
  PoolShape shape_;
};

template <typename T>
class AvgPoolGrad final : public Kernel {
 public:
  explicit AvgPoolGrad(const Window& window) : window_(window) {}
  void prepare(PrepareContext& c) override {
    c.require(c.input_value(0).rank() == 1,
              fmt::format("the shape of the images must be a vector, but has shape {}", c.input_shape(0).to_string()));
    const Shape image = Shape::make(indices_of(c.input_value(0)));
    Shape out;
    shape_ = pool_shape(c, window_, image, &out);
    c.require(c.input_shape(1) == out,
              fmt::format("the gradient must have the shape of the output, {}, but has shape {}", out.to_string(),
                          c.input_shape(1).to_string()));
    c.set_output(0, image);
  }
  void run(RunContext& c) override {
    const T* grad = c.input(1).data<T>();
    T* out = c.output(0).template data<T>();
    if (c.output(0).elements() == 0) return;
    parallel_for(shape_.batch, kGrain / (shape_.image() + 1) + 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) image(grad + i * shape_.result(), out + i * shape_.image());
    });
  }

 private:
  void image(const T* grad, T* out) const {
    if constexpr (std::is_same_v<T, Calc<T>>) {
      std::fill(out, out + shape_.image(), T(0));
      avg_grad_image(shape_, grad, out);
    } else {
      std::vector<Calc<T>> sum(shape_.image());
      avg_grad_image(shape_, grad, sum.data());
      std::transform(sum.begin(), sum.end(), out, [](Calc<T> value) { return static_cast<T>(value); });
    }
  }

  const Window window_;
  PoolShape shape_;
};

}  // namespace

std::unique_ptr<Kernel> make_avg_pool(const KernelSetup& setup) {
  return make_typed<AvgPool, FloatTypes>(setup, type_attr(setup, "T"), read_window(setup.node));
}
std::unique_ptr<Kernel> make_avg_pool_grad(const KernelSetup& setup) {
  return make_typed<AvgPoolGrad, FloatTypes>(setup, type_attr(setup, "T"), read_window(setup.node));
}

}  // namespace tenon
