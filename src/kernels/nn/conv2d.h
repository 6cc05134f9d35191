// The sizes of a node of the Conv2D family from its attributes and shapes.
#pragma once

#include "kernels/dnnl/conv_shape.h"
#include "kernels/nn/window.h"

namespace tenon {

// `depthwise`: the filter is [height, width, channels, multiplier].
onednn::ConvShape conv_shape(const PrepareContext& context, const Window& window, const Shape& image,
                             const Shape& filter, bool depthwise);
Shape conv_out_shape(const onednn::ConvShape& shape, const Window& window);
// True if there is nothing to sum: an empty image, filter or result.
bool conv_is_empty(const onednn::ConvShape& shape);

bool is_depthwise(const Node& node);

// The rows' makers.
std::unique_ptr<Kernel> make_conv2d(const KernelSetup& setup);
std::unique_ptr<Kernel> make_conv2d_backprop_input(const KernelSetup& setup);
std::unique_ptr<Kernel> make_conv2d_backprop_filter(const KernelSetup& setup);

}  // namespace tenon
