// Max pooling of float32 images by windows of 2 x 2 that tile them: by far the commonest one.
#pragma once

#include <cstdint>

#include "kernels/nn/pooling.h"

namespace tenon {

inline bool tiles_2x2(const PoolShape& s) {
  return s.size == Pair{2, 2} && s.stride == Pair{2, 2} && s.before == Pair{0, 0} && s.in[0] == 2 * s.out[0] &&
         s.in[1] == 2 * s.out[1];
}

// Rows [first, last) of all results, counted through the images.
void max_pool_2x2(const PoolShape& s, const float* images, std::int64_t first, std::int64_t last, float* out);

// The gradients that belong to rows [first, last) of the results. `features`: null, or what a Relu put out whose
// gradient is taken too: where it is not positive, the gradient is 0.
void max_pool_grad_2x2(const PoolShape& s, const float* images, const float* grads, const float* features,
                       std::int64_t first, std::int64_t last, float* image_grads);

}  // namespace tenon
