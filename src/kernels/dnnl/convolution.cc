#include "kernels/dnnl/convolution.h"

#include <string_view>

namespace tenon::onednn {
namespace {

using dnnl::algorithm;
using dnnl::prop_kind;
constexpr algorithm kDirect = algorithm::convolution_direct;

Desc image_desc(std::int64_t n, std::int64_t c, const std::array<std::int64_t, 2>& size, bool channels_first) {
  const auto [h, w] = size;
  if (channels_first) return plain({n, c, h, w}, {c * h * w, h * w, w, 1});
  return plain({n, c, h, w}, {h * w * c, 1, w * c, c});
}

// All descriptions of one convolution. The `user` ones are TensorFlow's; the others are what a primitive is asked for.
struct Descs {
  Descs(const ConvShape& s, bool choose_images)
      : user_image(image_desc(s.batch, s.in_channels, s.in, s.channels_first)),
        user_out(image_desc(s.batch, s.out_channels, s.out, s.channels_first)),
        image(choose_images ? any_layout({s.batch, s.in_channels, s.in[0], s.in[1]})
                            : image_desc(s.batch, s.in_channels, s.in, false)),
        out(choose_images ? any_layout({s.batch, s.out_channels, s.out[0], s.out[1]})
                          : image_desc(s.batch, s.out_channels, s.out, false)),
        bias(plain({s.out_channels}, {1})),
        stride{s.stride[0], s.stride[1]},
        dilation{s.dilation[0] - 1, s.dilation[1] - 1},
        before{s.pad_before[0], s.pad_before[1]},
        after{s.pad_after[0], s.pad_after[1]} {
    const std::int64_t in = s.in_channels / s.groups, out_per_group = s.out_channels / s.groups, o = s.out_channels;
    const auto [kh, kw] = s.kernel;
    if (s.groups == 1) {
      user_weights = plain({o, in, kh, kw}, {1, o, kw * in * o, in * o});
      weights = any_layout({o, in, kh, kw});
    } else {
      const Dims dims{s.groups, out_per_group, in, kh, kw};
      user_weights = plain(dims, {out_per_group, 1, o, kw * in * o, in * o});
      weights = any_layout(dims);
    }
  }

  dnnl::convolution_forward::primitive_desc forward(prop_kind kind, bool with_bias,
                                                    const dnnl::primitive_attr& attr) const {
    using Forward = dnnl::convolution_forward;
    const auto desc = with_bias
                          ? Forward::desc(kind, kDirect, image, weights, bias, out, stride, dilation, before, after)
                          : Forward::desc(kind, kDirect, image, weights, out, stride, dilation, before, after);
    return {desc, attr, engine()};
  }
  dnnl::convolution_forward::primitive_desc hint() const {
    return forward(prop_kind::forward_training, false, default_attr());
  }
  dnnl::convolution_backward_data::primitive_desc backward_data() const {
    return {{kDirect, image, weights, out, stride, dilation, before, after}, default_attr(), engine(), hint()};
  }
  dnnl::convolution_backward_weights::primitive_desc backward_weights() const {
    return {{kDirect, image, weights, out, stride, dilation, before, after}, default_attr(), engine(), hint()};
  }

  Desc user_image, user_out, user_weights, image, out, weights, bias;
  Dims stride, dilation, before, after;
};

// oneDNN's plain loops, some hundred times slower than its other code.
template <typename Made>
bool is_slow(const Made& made) {
  return std::string_view(made.impl_info_str()).starts_with("ref");
}

// make(descs) for NHWC images; for images in a layout of oneDNN's choice if it has no fast code for those.
template <typename Make>
auto choose(const ConvShape& shape, Make&& make) {
  const auto chosen = [&] { return make(Descs(shape, true)); };
  try {
    auto made = make(Descs(shape, false));
    return is_slow(made) ? chosen() : made;
  } catch (const dnnl::error& error) {
    if (error.status != dnnl_unimplemented) throw;
    return chosen();
  }
}

}  // namespace

ConvForward::ConvForward(const ConvShape& shape, bool with_bias, bool with_relu) : with_bias_(with_bias) {
  guarded("convolution", [&] {
    dnnl::primitive_attr attr = default_attr();
    if (with_relu) {
      dnnl::post_ops after;
      after.append_eltwise(1.0f, algorithm::eltwise_relu, 0.0f, 0.0f);
      attr.set_post_ops(after);
    }
    const auto made =
        choose(shape, [&](const Descs& d) { return d.forward(prop_kind::forward_inference, with_bias, attr); });
    const Descs user(shape, false);
    image_ = Reorder(user.user_image, made.src_desc());
    weights_ = Reorder(user.user_weights, made.weights_desc());
    out_ = Reorder(made.dst_desc(), user.user_out);
    const dnnl::convolution_forward primitive(made);
    if (with_bias) {
      primitive_ = Primitive(primitive, made.scratchpad_desc(),
                             {{DNNL_ARG_SRC, made.src_desc()},
                              {DNNL_ARG_WEIGHTS, made.weights_desc()},
                              {DNNL_ARG_DST, made.dst_desc()},
                              {DNNL_ARG_BIAS, made.bias_desc()}});
    } else {
      primitive_ = Primitive(
          primitive, made.scratchpad_desc(),
          {{DNNL_ARG_SRC, made.src_desc()}, {DNNL_ARG_WEIGHTS, made.weights_desc()}, {DNNL_ARG_DST, made.dst_desc()}});
    }
  });
}

void ConvForward::run(const float* image, const float* weights, std::uint64_t weights_version, const float* bias,
                      float* out) {
  const void* src = image_.packed(image);
  const void* packed = weights_.packed(weights, weights_version);
  void* dst = out_.target(out);
  if (with_bias_) {
    primitive_.run({src, packed, dst, bias});
  } else {
    primitive_.run({src, packed, dst});
  }
  out_.finish(out);
}

ConvBackwardData::ConvBackwardData(const ConvShape& shape) {
  guarded("convolution (gradient of the image)", [&] {
    const auto made = choose(shape, [](const Descs& d) { return d.backward_data(); });
    const Descs user(shape, false);
    weights_ = Reorder(user.user_weights, made.weights_desc());
    out_grad_ = Reorder(user.user_out, made.diff_dst_desc());
    image_grad_ = Reorder(made.diff_src_desc(), user.user_image);
    primitive_ = Primitive(dnnl::convolution_backward_data(made), made.scratchpad_desc(),
                           {{DNNL_ARG_WEIGHTS, made.weights_desc()},
                            {DNNL_ARG_DIFF_DST, made.diff_dst_desc()},
                            {DNNL_ARG_DIFF_SRC, made.diff_src_desc()}});
  });
}

void ConvBackwardData::run(const float* weights, std::uint64_t weights_version, const float* out_grad,
                           float* image_grad) {
  const void* packed = weights_.packed(weights, weights_version);
  const void* diff_dst = out_grad_.packed(out_grad);
  primitive_.run({packed, diff_dst, image_grad_.target(image_grad)});
  image_grad_.finish(image_grad);
}

ConvBackwardWeights::ConvBackwardWeights(const ConvShape& shape) {
  guarded("convolution (gradient of the filter)", [&] {
    const auto made = choose(shape, [](const Descs& d) { return d.backward_weights(); });
    const Descs user(shape, false);
    image_ = Reorder(user.user_image, made.src_desc());
    out_grad_ = Reorder(user.user_out, made.diff_dst_desc());
    weights_grad_ = Reorder(made.diff_weights_desc(), user.user_weights);
    primitive_ = Primitive(dnnl::convolution_backward_weights(made), made.scratchpad_desc(),
                           {{DNNL_ARG_SRC, made.src_desc()},
                            {DNNL_ARG_DIFF_DST, made.diff_dst_desc()},
                            {DNNL_ARG_DIFF_WEIGHTS, made.diff_weights_desc()}});
  });
}

void ConvBackwardWeights::run(const float* image, const float* out_grad, float* weights_grad) {
  const void* src = image_.packed(image);
  const void* diff_dst = out_grad_.packed(out_grad);
  primitive_.run({src, diff_dst, weights_grad_.target(weights_grad)});
  weights_grad_.finish(weights_grad);
}

}  // namespace tenon::onednn
