#include <algorithm>
#include <cstring>
#include <limits>

#include <fmt/format.h>

#include "base/parallel_for.h"
#include "base/simd.h"
#include "kernels/elements.h"
#include "kernels/nn/max_pool_2x2.h"
#include "kernels/nn/pooling.h"

namespace tenon {
namespace {

constexpr std::int64_t kGrain = 16384;
constexpr std::int64_t kLanes = 64;  // channels that are looked at together

// Starting from here, NaN never is the greatest, as in TensorFlow.
template <typename T>
T least() {
  if constexpr (std::is_integral_v<T>) {
    return std::numeric_limits<T>::lowest();
  } else {
    return static_cast<T>(-std::numeric_limits<Calc<T>>::infinity());
  }
}

template <typename T>
inline bool exceeds(T value, T best) {
  if constexpr (is_small_float<T>) {
    return load(value) > load(best);
  } else {
    return value > best;
  }
}

// One row of results. `image` is one image, `out` the row.
template <typename T>
TENON_MULTIVERSION void max_row(const PoolShape& s, const T* image, std::int64_t oy, T* out) {
  const Taps ys = taps(s, 0, oy);
  for (std::int64_t ox = 0; ox < s.out[1]; ++ox, out += s.channels) {
    const Taps xs = taps(s, 1, ox);
    std::fill_n(out, s.channels, least<T>());
    for (std::int64_t y = ys.first; y < ys.last; ++y)
      for (std::int64_t x = xs.first; x < xs.last; ++x) {
        const T* tap = image + (y * s.in[1] + x) * s.channels;
#pragma GCC ivdep
        for (std::int64_t c = 0; c < s.channels; ++c) {
          const T value = tap[c], best = out[c];
          out[c] = exceeds(value, best) ? value : best;
        }
      }
  }
}

// Adds the gradient of one result (up to kLanes channels of it) to the first greatest element of its window.
template <typename T>
inline void scatter(const PoolShape& s, Taps ys, Taps xs, const T* image, const T* grad, T* image_grad,
                    std::int64_t lanes) {
  T best[kLanes];
  std::int32_t where[kLanes];
  std::fill_n(best, lanes, least<T>());
  std::memset(where, 0, sizeof where);
  std::int32_t tap = 0;
  for (std::int64_t y = ys.first; y < ys.last; ++y)
    for (std::int64_t x = xs.first; x < xs.last; ++x, ++tap) {
      const T* value = image + (y * s.in[1] + x) * s.channels;
#pragma GCC ivdep
      for (std::int64_t c = 0; c < lanes; ++c) {
        const T here = value[c], before = best[c];
        const std::int32_t there = where[c];
        const bool more = exceeds(here, before);
        best[c] = more ? here : before;
        where[c] = more ? tap : there;
      }
    }
  tap = 0;
  for (std::int64_t y = ys.first; y < ys.last; ++y)
    for (std::int64_t x = xs.first; x < xs.last; ++x, ++tap) {
      T* to = image_grad + (y * s.in[1] + x) * s.channels;
#pragma GCC ivdep
      for (std::int64_t c = 0; c < lanes; ++c) {
        if constexpr (is_small_float<T>) {
          if (where[c] == tap) to[c] = static_cast<T>(load(to[c]) + load(grad[c]));
        } else {
          const T g = grad[c];
          to[c] += where[c] == tap ? g : T(0);
        }
      }
    }
}

template <typename T>
TENON_MULTIVERSION void max_grad_image(const PoolShape& s, const T* image, const T* grad, T* image_grad) {
  std::memset(static_cast<void*>(image_grad), 0, s.image() * sizeof(T));
  for (std::int64_t oy = 0; oy < s.out[0]; ++oy) {
    const Taps ys = taps(s, 0, oy);
    for (std::int64_t ox = 0; ox < s.out[1]; ++ox, grad += s.channels) {
      const Taps xs = taps(s, 1, ox);
      for (std::int64_t c = 0; c < s.channels; c += kLanes) {
        const std::int64_t lanes = s.channels - c < kLanes ? s.channels - c : kLanes;
        scatter(s, ys, xs, image + c, grad + c, image_grad + c, lanes);
      }
    }
  }
}

template <typename T>
class MaxPool final : public Kernel {
 public:
  explicit MaxPool(const Window& window) : window_(window) {}
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
      if constexpr (std::is_same_v<T, float>) {
        if (tiles_2x2(shape_)) return max_pool_2x2(shape_, in, begin, end, out);
      }
      for (std::int64_t i = begin; i < end; ++i) {
        max_row(shape_, in + i / rows * shape_.image(), i % rows, out + i * row);
      }
    });
  }

 private:
  const Window window_;
  PoolShape shape_;
};

void prepare_grad(PrepareContext& c, const Window& window, PoolShape& shape) {
  Shape out;
  shape = pool_shape(c, window, c.input_shape(0), &out);
  for (int i : {1, 2}) {
    c.require(c.input_shape(i) == out, fmt::format("input {} must have the shape of the output, {}, but has shape {}",
                                                   i, out.to_string(), c.input_shape(i).to_string()));
  }
  c.set_output(0, c.input_shape(0));
}

template <typename T>
class MaxPoolGrad final : public Kernel {
 public:
  explicit MaxPoolGrad(const Window& window) : window_(window) {}
  void prepare(PrepareContext& c) override { prepare_grad(c, window_, shape_); }
  void run(RunContext& c) override {
    const T *in = c.input(0).data<T>(), *grad = c.input(2).data<T>();
    T* out = c.output(0).template data<T>();
    if (c.output(0).elements() == 0) return;
    parallel_for(shape_.batch, kGrain / (shape_.image() + 1) + 1, [&](std::int64_t begin, std::int64_t end) {
      if constexpr (std::is_same_v<T, float>) {
        const std::int64_t rows = shape_.out[0];
        if (tiles_2x2(shape_)) return max_pool_grad_2x2(shape_, in, grad, nullptr, begin * rows, end * rows, out);
      }
      for (std::int64_t i = begin; i < end; ++i) {
        max_grad_image(shape_, in + i * shape_.image(), grad + i * shape_.result(), out + i * shape_.image());
      }
    });
  }

 private:
  const Window window_;
  PoolShape shape_;
};

// MaxPoolGrad and the ReluGrad that takes its result, in one pass. Inputs: the image, the pooled image, the gradient;
// the Relu's output, most often the image once more.
class MaxPoolReluGrad final : public Kernel {
 public:
  explicit MaxPoolReluGrad(const Window& window) : window_(window) {}
  void prepare(PrepareContext& c) override {
    prepare_grad(c, window_, shape_);
    c.require(c.input_shape(3) == c.input_shape(0),
              fmt::format("the Relu after it has shape {}, but the images have {}", c.input_shape(3).to_string(),
                          c.input_shape(0).to_string()));
  }
  void run(RunContext& c) override {
    const float *in = c.input(0).data<float>(), *grad = c.input(2).data<float>(), *features = c.input(3).data<float>();
    float* out = c.output(0).data<float>();
    if (c.output(0).elements() == 0) return;
    parallel_for(shape_.batch, kGrain / (shape_.image() + 1) + 1, [&](std::int64_t begin, std::int64_t end) {
      const std::int64_t rows = shape_.out[0];
      if (tiles_2x2(shape_)) return max_pool_grad_2x2(shape_, in, grad, features, begin * rows, end * rows, out);
      for (std::int64_t i = begin; i < end; ++i) {
        float* image_grad = out + i * shape_.image();
        max_grad_image(shape_, in + i * shape_.image(), grad + i * shape_.result(), image_grad);
        const float* feature = features + i * shape_.image();
        for (std::int64_t e = 0; e < shape_.image(); ++e) image_grad[e] = feature[e] > 0 ? image_grad[e] : 0.0f;
      }
    });
  }

 private:
  const Window window_;
  PoolShape shape_;
};

}  // namespace

std::unique_ptr<Kernel> make_max_pool_relu_grad(const KernelSetup& setup) {
  const bool is_gradient = setup.fused[1]->inputs[1].node != setup.fused[0];
  if (!is_gradient || type_attr(setup, "T") != DType::Float32) return nullptr;
  return std::make_unique<MaxPoolReluGrad>(read_window(setup.node));
}

std::unique_ptr<Kernel> make_max_pool(const KernelSetup& setup) {
  return make_typed<MaxPool, RealTypes>(setup, type_attr(setup, "T"), read_window(setup.node));
}
std::unique_ptr<Kernel> make_max_pool_grad(const KernelSetup& setup) {
  return make_typed<MaxPoolGrad, RealTypes>(setup, type_attr(setup, "T"), read_window(setup.node));
}

}  // namespace tenon
