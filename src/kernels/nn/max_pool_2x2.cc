#include "kernels/nn/max_pool_2x2.h"

#include <limits>

#include "base/simd.h"

namespace tenon {
namespace {

// The elements of one window. All are loaded before any is compared: that keeps the loops free of branches, which
// is what the compiler needs to vectorise them.
struct Window4 {
  float a, b, c, d;
};

// Starting from here, NaN never is the greatest.
constexpr float kLeast = -std::numeric_limits<float>::infinity();
inline float greater(float value, float best) { return value > best ? value : best; }

inline float greatest(const Window4& w) { return greater(w.d, greater(w.c, greater(w.b, greater(w.a, kLeast)))); }

// `pixels` results from two rows of the image.
TENON_MULTIVERSION void max_row(const float* top, const float* bottom, float* out, std::int64_t pixels,
                                std::int64_t channels) {
  for (std::int64_t x = 0; x < pixels; ++x, top += 2 * channels, bottom += 2 * channels, out += channels) {
#pragma GCC ivdep
    for (std::int64_t c = 0; c < channels; ++c) {
      out[c] = greatest({top[c], top[c + channels], bottom[c], bottom[c + channels]});
    }
  }
}

// The first element that equals the greatest gets the gradient, and leaves nothing for the others.
inline Window4 give(const Window4& w, float gradient) {
  const float best = greatest(w);
  Window4 given;
  given.a = w.a == best ? gradient : 0.0f;
  gradient = w.a == best ? 0.0f : gradient;
  given.b = w.b == best ? gradient : 0.0f;
  gradient = w.b == best ? 0.0f : gradient;
  given.c = w.c == best ? gradient : 0.0f;
  gradient = w.c == best ? 0.0f : gradient;
  given.d = w.d == best ? gradient : 0.0f;
  return given;
}

TENON_MULTIVERSION void grad_row(const float* top, const float* bottom, const float* grad, float* top_grad,
                                 float* bottom_grad, std::int64_t pixels, std::int64_t channels) {
  const std::int64_t two = 2 * channels;
  for (std::int64_t x = 0; x < pixels; ++x) {
#pragma GCC ivdep
    for (std::int64_t c = 0; c < channels; ++c) {
      const Window4 given = give({top[c], top[c + channels], bottom[c], bottom[c + channels]}, grad[c]);
      top_grad[c] = given.a;
      top_grad[c + channels] = given.b;
      bottom_grad[c] = given.c;
      bottom_grad[c + channels] = given.d;
    }
    top += two, bottom += two, top_grad += two, bottom_grad += two, grad += channels;
  }
}

TENON_MULTIVERSION void grad_row_relu(const float* top, const float* bottom, const float* top_feature,
                                      const float* bottom_feature, const float* grad, float* top_grad,
                                      float* bottom_grad, std::int64_t pixels, std::int64_t channels) {
  const std::int64_t two = 2 * channels;
  for (std::int64_t x = 0; x < pixels; ++x) {
#pragma GCC ivdep
    for (std::int64_t c = 0; c < channels; ++c) {
      const Window4 f{top_feature[c], top_feature[c + channels], bottom_feature[c], bottom_feature[c + channels]};
      const Window4 given = give({top[c], top[c + channels], bottom[c], bottom[c + channels]}, grad[c]);
      top_grad[c] = f.a > 0 ? given.a : 0.0f;
      top_grad[c + channels] = f.b > 0 ? given.b : 0.0f;
      bottom_grad[c] = f.c > 0 ? given.c : 0.0f;
      bottom_grad[c + channels] = f.d > 0 ? given.d : 0.0f;
    }
    top += two, bottom += two, top_feature += two, bottom_feature += two;
    top_grad += two, bottom_grad += two, grad += channels;
  }
}

}  // namespace

// Since the windows tile the images, row i of all results comes from rows 2 i and 2 i + 1 of all images.
void max_pool_2x2(const PoolShape& s, const float* images, std::int64_t first, std::int64_t last, float* out) {
  const std::int64_t row = s.in[1] * s.channels;
  for (std::int64_t i = first; i < last; ++i) {
    const float* top = images + 2 * i * row;
    max_row(top, top + row, out + i * s.out[1] * s.channels, s.out[1], s.channels);
  }
}

void max_pool_grad_2x2(const PoolShape& s, const float* images, const float* grads, const float* features,
                       std::int64_t first, std::int64_t last, float* image_grads) {
  const std::int64_t row = s.in[1] * s.channels;
  for (std::int64_t i = first; i < last; ++i) {
    const float *top = images + 2 * i * row, *grad = grads + i * s.out[1] * s.channels;
    float* top_grad = image_grads + 2 * i * row;
    if (features) {
      const float* feature = features + 2 * i * row;
      grad_row_relu(top, top + row, feature, feature + row, grad, top_grad, top_grad + row, s.out[1], s.channels);
    } else {
      grad_row(top, top + row, grad, top_grad, top_grad + row, s.out[1], s.channels);
    }
  }
}

}  // namespace tenon
