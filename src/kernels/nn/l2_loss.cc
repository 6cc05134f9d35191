#include "kernels/nn/l2_loss.h"

#include <algorithm>
#include <vector>

#include "base/parallel_for.h"
#include "base/simd.h"
#include "kernels/elements.h"

namespace tenon {
namespace {

constexpr std::int64_t kBlock = 32768;

TENON_MULTIVERSION double square_sum(const float* x, std::int64_t n) {
  constexpr int kLanes = 32;
  float lane[kLanes] = {};
  std::int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (int k = 0; k < kLanes; ++k) lane[k] += x[i + k] * x[i + k];
  }
  double sum = 0;
  for (int k = 0; k < kLanes; ++k) sum += lane[k];
  for (; i < n; ++i) sum += static_cast<double>(x[i]) * x[i];
  return sum;
}

template <typename T>
double square_sum(const T* x, std::int64_t n) {
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += static_cast<double>(load(x[i])) * load(x[i]);
  return sum;
}

template <typename T>
class L2Loss final : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    c.set_output(0, {});
    blocks_.resize((c.input_shape(0).elements() + kBlock - 1) / kBlock);
  }
  void run(RunContext& c) override {
    const T* x = c.input(0).data<T>();
    const std::int64_t n = c.input(0).elements();
    parallel_for(static_cast<std::int64_t>(blocks_.size()), 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t b = begin; b < end; ++b) {
        blocks_[b] = square_sum(x + b * kBlock, std::min(kBlock, n - b * kBlock));
      }
    });
    double sum = 0;
    for (double block : blocks_) sum += block;
    *c.output(0).template data<T>() = static_cast<T>(static_cast<Calc<T>>(sum / 2));
  }

 private:
  std::vector<double> blocks_;
};

}  // namespace

std::unique_ptr<Kernel> make_l2_loss(const KernelSetup& setup) {
  return make_typed<L2Loss, FloatTypes>(setup, type_attr(setup, "T"));
}

}  // namespace tenon
