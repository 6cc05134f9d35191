#include "kernels/nn/window.h"

#include <algorithm>

#include <fmt/format.h>

#include "tenon/error.h"

namespace tenon {
namespace {

[[noreturn]] void bad_attr(const Node& node, Code code, const std::string& message) {
  throw Error(code, fmt::format("{}: {}", describe(node), message));
}

// The four numbers of strides, dilations or ksize; ones if the op has no such attribute.
std::array<std::int64_t, 4> four(const Node& node, std::string_view attr) {
  std::array<std::int64_t, 4> values{1, 1, 1, 1};
  if (!node.has_attr(attr)) return values;
  const auto list = node.attr<std::vector<std::int64_t>>(attr);
  if (list.size() != 4 || std::any_of(list.begin(), list.end(), [](std::int64_t v) { return v < 1; })) {
    bad_attr(node, Code::InvalidArgument,
             fmt::format("attribute {} must have 4 values of at least 1, but is [{}]", attr, fmt::join(list, ",")));
  }
  std::copy(list.begin(), list.end(), values.begin());
  return values;
}

void read_explicit(const Node& node, Window& window) {
  const auto list = node.attr_or<std::vector<std::int64_t>>("explicit_paddings", {});
  if (list.size() != 8 || std::any_of(list.begin(), list.end(), [](std::int64_t v) { return v < 0; })) {
    bad_attr(node, Code::InvalidArgument,
             fmt::format("explicit_paddings must have 8 values of at least 0, but is [{}]", fmt::join(list, ",")));
  }
  const int channel = window.layout.channel();
  if (list[0] || list[1] || list[2 * channel] || list[2 * channel + 1]) {
    bad_attr(node, Code::InvalidArgument, "explicit_paddings of the batch and channel dimensions must be 0");
  }
  for (int i = 0; i < 2; ++i) {
    window.explicit_before[i] = list[2 * window.layout.spatial(i)];
    window.explicit_after[i] = list[2 * window.layout.spatial(i) + 1];
  }
}

}  // namespace

Shape ImageLayout::shape(std::int64_t n, std::int64_t c, const Pair& size) const {
  return channels_first ? Shape{n, c, size[0], size[1]} : Shape{n, size[0], size[1], c};
}

ImageLayout read_layout(const Node& node) {
  const auto format = node.attr_or<std::string>("data_format", "NHWC");
  if (format == "NHWC") return {false};
  if (format == "NCHW") return {true};
  bad_attr(node, Code::Unimplemented, fmt::format("data_format must be NHWC or NCHW, but is {}", format));
}

Window read_window(const Node& node) {
  Window window;
  window.layout = read_layout(node);
  const auto stride = four(node, "strides"), dilation = four(node, "dilations"), size = four(node, "ksize");
  const int channel = window.layout.channel();
  for (int i = 0; i < 2; ++i) {
    window.stride[i] = stride[window.layout.spatial(i)];
    window.dilation[i] = dilation[window.layout.spatial(i)];
    window.size[i] = size[window.layout.spatial(i)];
  }
  window.channel_size = size[channel];
  window.channel_stride = stride[channel];
  if (stride[0] != 1 || dilation[0] != 1 || dilation[channel] != 1 || size[0] != 1) {
    bad_attr(node, Code::Unimplemented, "windows over the batch dimension and dilation of channels are not supported");
  }
  const auto padding = node.attr<std::string>("padding");
  if (padding == "SAME") {
    window.padding = Padding::Same;
  } else if (padding == "VALID") {
    window.padding = Padding::Valid;
  } else if (padding == "EXPLICIT") {
    window.padding = Padding::Explicit;
    read_explicit(node, window);
  } else {
    bad_attr(node, Code::InvalidArgument, fmt::format("padding must be SAME, VALID or EXPLICIT, but is {}", padding));
  }
  return window;
}

Extent extent(const Window& window, int i, std::int64_t in, std::int64_t size, const PrepareContext& context) {
  const std::int64_t stride = window.stride[i], covered = (size - 1) * window.dilation[i] + 1;
  Extent result;
  if (window.padding == Padding::Same) {
    result.out = (in + stride - 1) / stride;
    const std::int64_t total = std::max<std::int64_t>((result.out - 1) * stride + covered - in, 0);
    result.before = total / 2;
  } else {
    if (window.padding == Padding::Explicit) result.before = window.explicit_before[i];
    const std::int64_t padded =
        in + result.before + (window.padding == Padding::Explicit ? window.explicit_after[i] : 0);
    context.require(padded - covered + stride >= 0,
                    fmt::format("a window of {} does not fit into {} {} of {}", covered,
                                i == 0 ? "a height" : "a width", padded == in ? "" : "(padded)", padded));
    result.out = (padded - covered + stride) / stride;
  }
  // What the last window reaches beyond the image; negative where it ends before the image does.
  result.after = (result.out - 1) * stride + covered - in - result.before;
  return result;
}

}  // namespace tenon
