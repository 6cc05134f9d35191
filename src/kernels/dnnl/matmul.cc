#include "kernels/dnnl/matmul.h"

namespace tenon::onednn {
namespace {

Desc matrix(const std::vector<std::int64_t>& batch, std::int64_t rows, std::int64_t columns, bool transposed) {
  Dims dims(batch.begin(), batch.end());
  dims.push_back(rows);
  dims.push_back(columns);
  Dims strides(dims.size());
  strides[dims.size() - 2] = transposed ? 1 : columns;
  strides[dims.size() - 1] = transposed ? rows : 1;
  std::int64_t step = rows * columns;
  for (std::size_t i = batch.size(); i-- > 0;) {
    strides[i] = step;
    step *= batch[i];
  }
  return plain(dims, strides);
}

}  // namespace

MatMul::MatMul(const MatMulShape& shape, bool with_bias, bool with_relu)
    : shape_(shape), with_bias_(with_bias), with_relu_(with_relu) {
  make(false);
}

void MatMul::make(bool packed) {
  guarded("matrix product", [&] {
    dnnl::primitive_attr attr = default_attr();
    if (with_relu_) {
      dnnl::post_ops after;
      after.append_eltwise(1.0f, dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
      attr.set_post_ops(after);
    }
    const Desc a = matrix(shape_.batch_a, shape_.m, shape_.k, shape_.transpose_a);
    const Desc b = matrix(shape_.batch_b, shape_.k, shape_.n, shape_.transpose_b);
    const Desc out = matrix(shape_.batch_out, shape_.m, shape_.n, false);
    Dims b_dims(shape_.batch_b.begin(), shape_.batch_b.end());
    b_dims.insert(b_dims.end(), {shape_.k, shape_.n});
    const Desc b_wanted = packed ? any_layout(b_dims) : b;
    const Desc bias = plain({1, shape_.n}, {shape_.n, 1});
    const auto desc = with_bias_ ? dnnl::matmul::desc(a, b_wanted, bias, out) : dnnl::matmul::desc(a, b_wanted, out);
    const dnnl::matmul::primitive_desc made(desc, attr, engine());
    Primitive& primitive = packed ? packed_ : plain_;
    if (with_bias_) {
      primitive = Primitive(
          dnnl::matmul(made), made.scratchpad_desc(),
          {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, made.weights_desc()}, {DNNL_ARG_DST, out}, {DNNL_ARG_BIAS, bias}});
    } else {
      primitive = Primitive(dnnl::matmul(made), made.scratchpad_desc(),
                            {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, made.weights_desc()}, {DNNL_ARG_DST, out}});
    }
    if (packed) pack_ = Reorder(b, made.weights_desc());
  });
}

void MatMul::run(const float* a, const float* b, std::uint64_t b_version, const float* bias, float* out) {
  // Packing costs more than it saves for weights that change at each step, so it waits for the second time.
  const bool packed = b_version != 0 && b_version == last_version_;
  last_version_ = b_version;
  if (packed && !packed_) make(true);
  Primitive& primitive = packed ? packed_ : plain_;
  const void* weights = packed ? pack_.packed(b, b_version) : b;
  if (with_bias_) {
    primitive.run({a, weights, out, bias});
  } else {
    primitive.run({a, weights, out});
  }
}

}  // namespace tenon::onednn
