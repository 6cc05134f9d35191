#include <cstring>

#include <fmt/format.h>

#include "base/parallel_for.h"
#include "base/simd.h"
#include "kernels/elements.h"
#include "kernels/nn/pooling.h"

namespace tenon {
namespace {

constexpr std::int64_t kGrain = 16384;
constexpr std::int64_t kLanes = 64;  // channels that are looked at together

// A NaN gives way to any number, as in TensorFlow.
template <typename T>
inline bool exceeds(const T& value, const T& best) {
  if constexpr (is_small_float<T>) {
    return exceeds(load(value), load(best));
  } else {
    return value > best || best != best;
  }
}

// One row of results. `image` is one image, `out` the row.
template <typename T>
TENON_MULTIVERSION void max_row(const PoolShape& s, const T* image, std::int64_t oy, T* out) {
  const Taps ys = taps(s, 0, oy);
  for (std::int64_t ox = 0; ox < s.out[1]; ++ox, out += s.channels) {
    const Taps xs = taps(s, 1, ox);
    std::memcpy(out, image + (ys.first * s.in[1] + xs.first) * s.channels, s.channels * sizeof(T));
    for (std::int64_t y = ys.first; y < ys.last; ++y)
      for (std::int64_t x = xs.first; x < xs.last; ++x) {
        const T* tap = image + (y * s.in[1] + x) * s.channels;
#pragma GCC ivdep
        for (std::int64_t c = 0; c < s.channels; ++c) out[c] = exceeds(tap[c], out[c]) ? tap[c] : out[c];
      }
  }
}

// Adds the gradient of one result (up to kLanes channels of it) to the first greatest element of its window.
template <typename T>
inline void scatter(const PoolShape& s, Taps ys, Taps xs, const T* image, const T* grad, T* image_grad,
                    std::int64_t lanes) {
  T best[kLanes];
  std::int32_t where[kLanes];
  std::memcpy(best, image + (ys.first * s.in[1] + xs.first) * s.channels, lanes * sizeof(T));
  std::memset(where, 0, sizeof where);
  std::int32_t tap = 0;
  for (std::int64_t y = ys.first; y < ys.last; ++y)
    for (std::int64_t x = xs.first; x < xs.last; ++x, ++tap) {
      const T* value = image + (y * s.in[1] + x) * s.channels;
#pragma GCC ivdep
      for (std::int64_t c = 0; c < lanes; ++c) {
        const bool more = exceeds(value[c], best[c]);
        best[c] = more ? value[c] : best[c];
        where[c] = more ? tap : where[c];
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
          to[c] += where[c] == tap ? grad[c] : T(0);
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
      for (std::int64_t i = begin; i < end; ++i) {
        max_row(shape_, in + i / rows * shape_.image(), i % rows, out + i * row);
      }
    });
  }

 private:
  const Window window_;
  PoolShape shape_;
};

template <typename T>
class MaxPoolGrad final : public Kernel {
 public:
  explicit MaxPoolGrad(const Window& window) : window_(window) {}
  void prepare(PrepareContext& c) override {
    Shape out;
    shape_ = pool_shape(c, window_, c.input_shape(0), &out);
    for (int i : {1, 2}) {
      c.require(c.input_shape(i) == out, fmt::format("input {} must have the shape of the output, {}, but has shape {}", i,
                                                     out.to_string(), c.input_shape(i).to_string()));
    }
    c.set_output(0, c.input_shape(0));
  }
  void run(RunContext& c) override {
    const T *in = c.input(0).data<T>(), *grad = c.input(2).data<T>();
    T* out = c.output(0).template data<T>();
    if (c.output(0).elements() == 0) return;
    parallel_for(shape_.batch, kGrain / (shape_.image() + 1) + 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        max_grad_image(shape_, in + i * shape_.image(), grad + i * shape_.result(), out + i * shape_.image());
      }
    });
  }

 private:
  const Window window_;
  PoolShape shape_;
};

}  // namespace

std::unique_ptr<Kernel> make_max_pool(const KernelSetup& setup) {
  return make_typed<MaxPool, RealTypes>(setup, type_attr(setup, "T"), read_window(setup.node));
}
std::unique_ptr<Kernel> make_max_pool_grad(const KernelSetup& setup) {
  return make_typed<MaxPoolGrad, RealTypes>(setup, type_attr(setup, "T"), read_window(setup.node));
}

}  // namespace tenon
