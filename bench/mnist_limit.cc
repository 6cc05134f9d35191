// The convolutions and matrix products of one training step of the MNIST example at batch 64, alone in oneDNN, every
// tensor in the layout oneDNN likes best and nothing in between: what no training step on oneDNN can go below.
//
// Speaks the protocol of bench/compare: "steps N" -> "MS 0", the milliseconds of one pass over all products (mean of
// N).
#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

#include <oneapi/dnnl/dnnl.hpp>

#include "line_protocol.h"

namespace {

using Dims = dnnl::memory::dims;
using Desc = dnnl::memory::desc;
using Args = std::unordered_map<int, dnnl::memory>;

struct Convolution {
  Dims image, weights, out, pad;
};

class Products {
 public:
  Products() : engine_(dnnl::engine::kind::cpu, 0), stream_(engine_) {}

  void add_convolution(const Convolution& c, bool needs_image_gradient) {
    const Desc image = any(c.image), weights = any(c.weights), out = any(c.out);
    const Dims strides{1, 1};
    const auto algorithm = dnnl::algorithm::convolution_direct;
#if DNNL_VERSION_MAJOR >= 3
    const dnnl::convolution_forward::primitive_desc forward(engine_, dnnl::prop_kind::forward_training, algorithm,
                                                            image, weights, out, strides, c.pad, c.pad);
    const dnnl::convolution_backward_weights::primitive_desc to_weights(engine_, algorithm, image, weights, out,
                                                                        strides, c.pad, c.pad, forward);
    const dnnl::convolution_backward_data::primitive_desc to_image(engine_, algorithm, image, weights, out, strides,
                                                                   c.pad, c.pad, forward);
#else
    const dnnl::convolution_forward::primitive_desc forward(
        {dnnl::prop_kind::forward_training, algorithm, image, weights, out, strides, c.pad, c.pad}, engine_);
    const dnnl::convolution_backward_weights::primitive_desc to_weights(
        {algorithm, image, weights, out, strides, c.pad, c.pad}, engine_, forward);
    const dnnl::convolution_backward_data::primitive_desc to_image(
        {algorithm, image, weights, out, strides, c.pad, c.pad}, engine_, forward);
#endif
    push(dnnl::convolution_forward(forward), {{DNNL_ARG_SRC, memory(forward.src_desc())},
                                              {DNNL_ARG_WEIGHTS, memory(forward.weights_desc())},
                                              {DNNL_ARG_DST, memory(forward.dst_desc())}});
    push(dnnl::convolution_backward_weights(to_weights),
         {{DNNL_ARG_SRC, memory(to_weights.src_desc())},
          {DNNL_ARG_DIFF_DST, memory(to_weights.diff_dst_desc())},
          {DNNL_ARG_DIFF_WEIGHTS, memory(to_weights.diff_weights_desc())}});
    if (!needs_image_gradient) return;
    push(dnnl::convolution_backward_data(to_image), {{DNNL_ARG_DIFF_DST, memory(to_image.diff_dst_desc())},
                                                     {DNNL_ARG_WEIGHTS, memory(to_image.weights_desc())},
                                                     {DNNL_ARG_DIFF_SRC, memory(to_image.diff_src_desc())}});
  }

  // out[m,n] = x[m,k] w[k,n], and the gradients of x and w.
  void add_dense(int m, int k, int n) {
    add_product(m, k, n);
    add_product(k, m, n);
    add_product(m, n, k);
  }

  void run() {
    for (std::size_t i = 0; i < primitives_.size(); ++i) primitives_[i].execute(stream_, args_[i]);
    stream_.wait();
  }

 private:
  static Desc any(const Dims& dims) { return {dims, dnnl::memory::data_type::f32, dnnl::memory::format_tag::any}; }

  dnnl::memory memory(const Desc& desc) {
    dnnl::memory result(desc, engine_);
    std::fill_n(static_cast<float*>(result.get_data_handle()), desc.get_size() / sizeof(float), 0.01f);
    return result;
  }

  void add_product(int m, int k, int n) {
    const Desc a = any({m, k}), b = any({k, n}), out = any({m, n});
#if DNNL_VERSION_MAJOR >= 3
    const dnnl::matmul::primitive_desc desc(engine_, a, b, out);
#else
    const dnnl::matmul::primitive_desc desc({a, b, out}, engine_);
#endif
    push(dnnl::matmul(desc), {{DNNL_ARG_SRC, memory(desc.src_desc())},
                              {DNNL_ARG_WEIGHTS, memory(desc.weights_desc())},
                              {DNNL_ARG_DST, memory(desc.dst_desc())}});
  }

  void push(dnnl::primitive primitive, Args args) {
    primitives_.push_back(std::move(primitive));
    args_.push_back(std::move(args));
  }

  dnnl::engine engine_;
  dnnl::stream stream_;
  std::vector<dnnl::primitive> primitives_;
  std::vector<Args> args_;
};

}  // namespace

int main() {
  Products products;
  products.add_convolution({{64, 1, 28, 28}, {32, 1, 5, 5}, {64, 32, 28, 28}, {2, 2}}, false);
  products.add_convolution({{64, 32, 14, 14}, {64, 32, 5, 5}, {64, 64, 14, 14}, {2, 2}}, true);
  products.add_dense(64, 7 * 7 * 64, 512);
  products.add_dense(64, 512, 10);
  return tenon::bench::serve([&](int steps) {
    for (int i = 0; i < steps; ++i) products.run();
    return 0.0;
  });
}
