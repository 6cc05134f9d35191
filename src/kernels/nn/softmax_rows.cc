#include "kernels/nn/softmax_rows.h"

#include "base/simd.h"
#include "kernels/math/vector_math.h"

namespace tenon {
namespace {

constexpr int kLanes = 16;

TENON_MULTIVERSION float max_of(const float* x, std::int64_t n) {
  float lane[kLanes];
  std::fill(lane, lane + kLanes, -std::numeric_limits<float>::infinity());
  std::int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (int k = 0; k < kLanes; ++k) lane[k] = x[i + k] > lane[k] ? x[i + k] : lane[k];
  }
  for (; i < n; ++i) lane[0] = x[i] > lane[0] ? x[i] : lane[0];
  return *std::max_element(lane, lane + kLanes);
}

TENON_MULTIVERSION float exp_less(const float* x, float max, float* out, std::int64_t n) {
  float lane[kLanes] = {};
  std::int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (int k = 0; k < kLanes; ++k) {
      out[i + k] = vector_math::exp(x[i + k] - max);
      lane[k] += out[i + k];
    }
  }
  float sum = 0;
  for (; i < n; ++i) sum += out[i] = vector_math::exp(x[i] - max);
  for (int k = 0; k < kLanes; ++k) sum += lane[k];
  return sum;
}

}  // namespace

double exp_row(const float* x, std::int64_t stride, std::int64_t n, float* out, float* greatest) {
  if (stride != 1 || !out) return exp_row<float>(x, stride, n, out, greatest);
  const float max = *greatest = max_of(x, n);
  double sum = 0;
  constexpr std::int64_t kPiece = 4096;
  for (std::int64_t i = 0; i < n; i += kPiece) sum += exp_less(x + i, max, out + i, std::min(kPiece, n - i));
  return sum;
}

}  // namespace tenon
