// The sizes of a convolution of images.
#pragma once

#include <array>
#include <cstdint>

namespace tenon::onednn {

// Index 0 is the height, 1 the width.
struct ConvShape {
  std::int64_t batch = 0, in_channels = 0, out_channels = 0, groups = 1;
  std::array<std::int64_t, 2> in{}, kernel{}, out{}, stride{1, 1}, dilation{1, 1}, pad_before{}, pad_after{};
  bool channels_first = false;  // NCHW images; filters are [height, width, in / groups, out] all the same
};

}  // namespace tenon::onednn
