// MaxPool, AvgPool and their gradients.
#pragma once

#include "kernels/nn/window.h"

namespace tenon {

// A pooling as loops see it: `batch` images of [in height, in width, channels]. NCHW images are images of one
// channel each, and a pooling over channels is one over images of a single column.
struct PoolShape {
  std::int64_t batch = 0, channels = 1;
  Pair in{}, out{}, size{}, stride{}, before{};
  std::int64_t image() const { return in[0] * in[1] * channels; }
  std::int64_t result() const { return out[0] * out[1] * channels; }
};

// Fills `out` with the shape of the result.
PoolShape pool_shape(const PrepareContext& context, const Window& window, const Shape& image, Shape* out);

// The part of window number `o` that lies on the image.
struct Taps {
  std::int64_t first, last;  // image coordinates
};
inline Taps taps(const PoolShape& s, int i, std::int64_t o) {
  const std::int64_t begin = o * s.stride[i] - s.before[i];
  return {begin < 0 ? 0 : begin, begin + s.size[i] > s.in[i] ? s.in[i] : begin + s.size[i]};
}

std::unique_ptr<Kernel> make_max_pool(const KernelSetup& setup);
std::unique_ptr<Kernel> make_max_pool_grad(const KernelSetup& setup);
// Of a fused MaxPoolGrad -> ReluGrad; null if it cannot be.
std::unique_ptr<Kernel> make_max_pool_relu_grad(const KernelSetup& setup);
std::unique_ptr<Kernel> make_avg_pool(const KernelSetup& setup);
std::unique_ptr<Kernel> make_avg_pool_grad(const KernelSetup& setup);

}  // namespace tenon
