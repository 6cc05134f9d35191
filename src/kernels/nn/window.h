// What convolutions and poolings have in common: a window that moves over images, as the attributes strides,
// dilations, ksize, padding, explicit_paddings and data_format describe it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/kernel.h"

namespace tenon {

// Index 0 is the height, 1 the width.
using Pair = std::array<std::int64_t, 2>;

enum class Padding { Same, Valid, Explicit };

// Where a 4-D tensor has its dimensions.
struct ImageLayout {
  bool channels_first = false;
  int channel() const { return channels_first ? 1 : 3; }
  int spatial(int i) const { return (channels_first ? 2 : 1) + i; }
  Shape shape(std::int64_t n, std::int64_t c, const Pair& size) const;
};

ImageLayout read_layout(const Node& node);

struct Window {
  ImageLayout layout;
  Padding padding = Padding::Same;
  Pair size{1, 1}, stride{1, 1}, dilation{1, 1};
  Pair explicit_before{}, explicit_after{};
  std::int64_t channel_size = 1, channel_stride = 1;  // pooling over channels
};

// Reads the node's attributes; InvalidArgument or Unimplemented if they make no sense on a CPU.
Window read_window(const Node& node);

// One dimension of a window laid over an image.
struct Extent {
  std::int64_t out = 0, before = 0, after = 0;
};
// Throws InvalidArgument if the window does not fit into the image even once.
Extent extent(const Window& window, int i, std::int64_t in, std::int64_t size, const PrepareContext& context);

}  // namespace tenon
