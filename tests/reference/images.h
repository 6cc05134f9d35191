// Convolutions and poolings of NHWC images as plain loops, summed in double: what kernels are compared with.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "tenon/tensor.h"

namespace tenon::reference {

struct Geometry {
  std::array<std::int64_t, 2> stride{1, 1}, dilation{1, 1};
  std::string padding = "SAME";
  std::array<std::int64_t, 4> explicit_pads{};  // top, bottom, left, right
};

struct Placed {
  std::int64_t out, before;
};

// TensorFlow's rule: SAME puts the odd element of padding at the end.
inline Placed place(const Geometry& g, int i, std::int64_t in, std::int64_t kernel) {
  const std::int64_t covered = (kernel - 1) * g.dilation[i] + 1, stride = g.stride[i];
  if (g.padding == "SAME") {
    const std::int64_t out = (in + stride - 1) / stride;
    const std::int64_t needed = (out - 1) * stride + covered - in;
    return {out, needed > 0 ? needed / 2 : 0};
  }
  const std::int64_t before = g.padding == "EXPLICIT" ? g.explicit_pads[2 * i] : 0;
  const std::int64_t after = g.padding == "EXPLICIT" ? g.explicit_pads[2 * i + 1] : 0;
  return {(in + before + after - covered) / stride + 1, before};
}

// Calls fn(n, oy, ox, ky, kx, iy, ix) for every tap of a window that lies on the image.
template <typename Fn>
void each_tap(const Shape& image, std::int64_t kh, std::int64_t kw, const Geometry& g, Fn&& fn) {
  const Placed y = place(g, 0, image[1], kh), x = place(g, 1, image[2], kw);
  for (std::int64_t n = 0; n < image[0]; ++n)
    for (std::int64_t oy = 0; oy < y.out; ++oy)
      for (std::int64_t ox = 0; ox < x.out; ++ox)
        for (std::int64_t ky = 0; ky < kh; ++ky)
          for (std::int64_t kx = 0; kx < kw; ++kx) {
            const std::int64_t iy = oy * g.stride[0] - y.before + ky * g.dilation[0];
            const std::int64_t ix = ox * g.stride[1] - x.before + kx * g.dilation[1];
            if (iy >= 0 && iy < image[1] && ix >= 0 && ix < image[2]) fn(n, oy, ox, ky, kx, iy, ix);
          }
}

inline Shape conv_out(const Shape& image, const Shape& filter, const Geometry& g) {
  return {image[0], place(g, 0, image[1], filter[0]).out, place(g, 1, image[2], filter[1]).out, filter[3]};
}

inline std::int64_t at(const Shape& s, std::int64_t a, std::int64_t b, std::int64_t c, std::int64_t d) {
  return ((a * s[1] + b) * s[2] + c) * s[3] + d;
}

// Calls fn(image element, filter element, out element) for each product of a convolution. Groups follow from the
// filter's depth.
template <typename Fn>
void each_product(const Shape& image, const Shape& filter, const Geometry& g, Fn&& fn) {
  const Shape out = conv_out(image, filter, g);
  const std::int64_t per_group = filter[3] / (image[3] / filter[2]);
  each_tap(image, filter[0], filter[1], g, [&](auto n, auto oy, auto ox, auto ky, auto kx, auto iy, auto ix) {
    for (std::int64_t o = 0; o < filter[3]; ++o)
      for (std::int64_t i = 0; i < filter[2]; ++i) {
        fn(at(image, n, iy, ix, o / per_group * filter[2] + i), at(filter, ky, kx, i, o), at(out, n, oy, ox, o));
      }
  });
}

inline Tensor rounded(const std::vector<double>& values, const Shape& shape) {
  return Tensor(shape, std::vector<float>(values.begin(), values.end()));
}

inline Tensor conv2d(const Tensor& image, const Tensor& filter, const Geometry& g) {
  const Shape out = conv_out(image.shape(), filter.shape(), g);
  std::vector<double> sum(out.elements());
  each_product(image.shape(), filter.shape(), g, [&](auto i, auto f, auto o) {
    sum[o] += static_cast<double>(image.at<float>(i)) * filter.at<float>(f);
  });
  return rounded(sum, out);
}

inline Tensor conv2d_input_grad(const Shape& image, const Tensor& filter, const Tensor& grad, const Geometry& g) {
  std::vector<double> sum(image.elements());
  each_product(image, filter.shape(), g,
               [&](auto i, auto f, auto o) { sum[i] += static_cast<double>(grad.at<float>(o)) * filter.at<float>(f); });
  return rounded(sum, image);
}

inline Tensor conv2d_filter_grad(const Tensor& image, const Shape& filter, const Tensor& grad, const Geometry& g) {
  std::vector<double> sum(filter.elements());
  each_product(image.shape(), filter, g,
               [&](auto i, auto f, auto o) { sum[f] += static_cast<double>(image.at<float>(i)) * grad.at<float>(o); });
  return rounded(sum, filter);
}

inline Shape pool_out(const Shape& image, std::int64_t k, const Geometry& g) {
  return {image[0], place(g, 0, image[1], k).out, place(g, 1, image[2], k).out, image[3]};
}

// For each result, the elements of its window in order.
inline std::vector<std::vector<std::int64_t>> windows(const Shape& image, std::int64_t k, const Geometry& g) {
  const Shape out = pool_out(image, k, g);
  std::vector<std::vector<std::int64_t>> result(out.elements());
  each_tap(image, k, k, g, [&](auto n, auto oy, auto ox, auto, auto, auto iy, auto ix) {
    for (std::int64_t c = 0; c < image[3]; ++c) result[at(out, n, oy, ox, c)].push_back(at(image, n, iy, ix, c));
  });
  return result;
}

// NHWC to NCHW.
inline Tensor channels_first(const Tensor& t) {
  const Shape& s = t.shape();
  Tensor out(t.dtype(), {s[0], s[3], s[1], s[2]});
  for (std::int64_t n = 0; n < s[0]; ++n)
    for (std::int64_t y = 0; y < s[1]; ++y)
      for (std::int64_t x = 0; x < s[2]; ++x)
        for (std::int64_t c = 0; c < s[3]; ++c) {
          out.at<float>(at(out.shape(), n, c, y, x)) = t.at<float>(at(s, n, y, x, c));
        }
  return out;
}

}  // namespace tenon::reference
