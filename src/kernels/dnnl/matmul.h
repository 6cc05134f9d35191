// Matrix products in oneDNN, float32: out = a * b, with a batch of them at once.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/dnnl/primitive.h"

namespace tenon::onednn {

struct MatMulShape {
  // Of the batches, as broadcast as oneDNN allows: equal, or 1 in one of a and b. All of the same length.
  std::vector<std::int64_t> batch_a, batch_b, batch_out;
  std::int64_t m = 0, k = 0, n = 0;
  bool transpose_a = false, transpose_b = false;
};

class MatMul {
 public:
  MatMul() = default;
  MatMul(const MatMulShape& shape, bool with_bias, bool with_relu);
  // b_version: as RunContext::input_version. A `b` that comes again unchanged is packed once and kept.
  void run(const float* a, const float* b, std::uint64_t b_version, const float* bias, float* out);

 private:
  void make(bool packed);
  MatMulShape shape_;
  bool with_bias_ = false, with_relu_ = false;
  Primitive plain_, packed_;
  Reorder pack_;
  std::uint64_t last_version_ = 0;
};

}  // namespace tenon::onednn
