// Convolutions by plain loops, for the element types that oneDNN does not do.
#pragma once

#include <algorithm>
#include <vector>

#include "base/parallel_for.h"
#include "kernels/dnnl/conv_shape.h"
#include "kernels/elements.h"

namespace tenon {

using onednn::ConvShape;

// Where element (n, c, y, x) of an image tensor is.
struct ImageIndex {
  std::int64_t n, c, y, x;
  ImageIndex(const ConvShape& s, std::int64_t channels, const std::array<std::int64_t, 2>& size)
      : n(channels * size[0] * size[1]),
        c(s.channels_first ? size[0] * size[1] : 1),
        y(s.channels_first ? size[1] : size[1] * channels),
        x(s.channels_first ? 1 : channels) {}
  std::int64_t operator()(std::int64_t in, std::int64_t ic, std::int64_t iy, std::int64_t ix) const {
    return in * n + ic * c + iy * y + ix * x;
  }
};

// Calls fn(n, oy, ox, ky, kx, iy, ix) for all places where the window lies on image `n` within [first, last).
template <typename Fn>
void for_each_tap(const ConvShape& s, std::int64_t first, std::int64_t last, Fn&& fn) {
  for (std::int64_t n = first; n < last; ++n)
    for (std::int64_t oy = 0; oy < s.out[0]; ++oy)
      for (std::int64_t ox = 0; ox < s.out[1]; ++ox)
        for (std::int64_t ky = 0; ky < s.kernel[0]; ++ky)
          for (std::int64_t kx = 0; kx < s.kernel[1]; ++kx) {
            const std::int64_t iy = oy * s.stride[0] - s.pad_before[0] + ky * s.dilation[0];
            const std::int64_t ix = ox * s.stride[1] - s.pad_before[1] + kx * s.dilation[1];
            if (iy >= 0 && iy < s.in[0] && ix >= 0 && ix < s.in[1]) fn(n, oy, ox, ky, kx, iy, ix);
          }
}

// Calls fn(input channel, output channel, filter index) for the pairs that filter tap (ky, kx) connects.
template <typename Fn>
void for_each_channel_pair(const ConvShape& s, std::int64_t ky, std::int64_t kx, Fn&& fn) {
  const std::int64_t in = s.in_channels / s.groups, out = s.out_channels / s.groups;
  for (std::int64_t g = 0; g < s.groups; ++g)
    for (std::int64_t i = 0; i < in; ++i)
      for (std::int64_t o = 0; o < out; ++o) {
        const std::int64_t oc = g * out + o;
        fn(g * in + i, oc, ((ky * s.kernel[1] + kx) * in + i) * s.out_channels + oc);
      }
}

// Sums are kept in the type in which one calculates, and stored once.
template <typename T>
void store(const std::vector<Calc<T>>& from, T* to) {
  std::transform(from.begin(), from.end(), to, [](Calc<T> value) { return static_cast<T>(value); });
}

template <typename T>
void conv_forward_loop(const ConvShape& s, const T* image, const T* filter, T* out) {
  const ImageIndex at_in(s, s.in_channels, s.in), at_out(s, s.out_channels, s.out);
  parallel_for(s.batch, 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t b = first; b < last; ++b) {
      std::vector<Calc<T>> sum(at_out.n);
      for_each_tap(s, b, b + 1, [&](auto n, auto oy, auto ox, auto ky, auto kx, auto iy, auto ix) {
        for_each_channel_pair(s, ky, kx, [&](auto i, auto o, auto f) {
          sum[at_out(0, o, oy, ox)] += load(image[at_in(n, i, iy, ix)]) * load(filter[f]);
        });
      });
      store(sum, out + b * at_out.n);
    }
  });
}

template <typename T>
void conv_backward_data_loop(const ConvShape& s, const T* filter, const T* out_grad, T* image_grad) {
  const ImageIndex at_in(s, s.in_channels, s.in), at_out(s, s.out_channels, s.out);
  parallel_for(s.batch, 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t b = first; b < last; ++b) {
      std::vector<Calc<T>> sum(at_in.n);
      for_each_tap(s, b, b + 1, [&](auto n, auto oy, auto ox, auto ky, auto kx, auto iy, auto ix) {
        for_each_channel_pair(s, ky, kx, [&](auto i, auto o, auto f) {
          sum[at_in(0, i, iy, ix)] += load(out_grad[at_out(n, o, oy, ox)]) * load(filter[f]);
        });
      });
      store(sum, image_grad + b * at_in.n);
    }
  });
}

template <typename T>
void conv_backward_filter_loop(const ConvShape& s, const T* image, const T* out_grad, T* filter_grad) {
  const ImageIndex at_in(s, s.in_channels, s.in), at_out(s, s.out_channels, s.out);
  std::vector<Calc<T>> sum(s.kernel[0] * s.kernel[1] * (s.in_channels / s.groups) * s.out_channels);
  for_each_tap(s, 0, s.batch, [&](auto n, auto oy, auto ox, auto ky, auto kx, auto iy, auto ix) {
    for_each_channel_pair(s, ky, kx, [&](auto i, auto o, auto f) {
      sum[f] += load(image[at_in(n, i, iy, ix)]) * load(out_grad[at_out(n, o, oy, ox)]);
    });
  });
  store(sum, filter_grad);
}

}  // namespace tenon
