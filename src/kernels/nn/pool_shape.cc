#include <fmt/format.h>

#include "kernels/nn/pooling.h"

namespace tenon {
namespace {

PoolShape pool_over_channels(const PrepareContext& c, const Window& window, const Shape& image, Shape* out) {
  const std::int64_t size = window.channel_size, channels = image[window.layout.channel()];
  c.require(window.size == Pair{1, 1} && window.stride == Pair{1, 1} && !window.layout.channels_first,
            "a pooling over channels must not be over height and width too, and needs NHWC images");
  c.require(window.channel_stride == size && channels % size == 0,
            fmt::format("a pooling over channels needs windows that divide them evenly: {} channels, windows of {}, "
                        "stride {}",
                        channels, size, window.channel_stride));
  *out = image;
  (*out)[3] = channels / size;
  PoolShape s;
  s.batch = out->elements();
  s.in = s.size = {size, 1};
  s.out = s.stride = {1, 1};
  return s;
}

}  // namespace

PoolShape pool_shape(const PrepareContext& c, const Window& window, const Shape& image, Shape* out) {
  c.require(image.rank() == 4, fmt::format("the images must have 4 dimensions, but have shape {}", image.to_string()));
  if (window.channel_size > 1) return pool_over_channels(c, window, image, out);
  c.require(window.channel_stride == 1, "strides over channels need a window over channels");
  const ImageLayout layout = window.layout;
  PoolShape s;
  s.batch = image[0];
  s.channels = image[layout.channel()];
  for (int i = 0; i < 2; ++i) {
    s.in[i] = image[layout.spatial(i)];
    const Extent e = extent(window, i, s.in[i], window.size[i], c);
    c.require(e.before < window.size[i] && e.after < window.size[i],
              fmt::format("padding must be smaller than the window of {}, or some windows hold nothing but padding",
                          window.size[i]));
    s.size[i] = window.size[i];
    s.stride[i] = window.stride[i];
    s.out[i] = e.out;
    s.before[i] = e.before;
  }
  *out = layout.shape(s.batch, s.channels, s.out);
  if (layout.channels_first) {
    s.batch *= s.channels;
    s.channels = 1;
  }
  return s;
}

}  // namespace tenon
