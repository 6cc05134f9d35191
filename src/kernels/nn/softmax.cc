#include "kernels/nn/softmax.h"

#include <fmt/format.h>

#include "base/parallel_for.h"
#include "kernels/nn/softmax_rows.h"

namespace tenon {
namespace {

constexpr std::int64_t kGrain = 8192;

// Half and bfloat16 rows are calculated as float.
template <typename T>
Calc<T>* row_buffer(T* out, std::vector<Calc<T>>& buffer, std::int64_t n) {
  if constexpr (std::is_same_v<T, Calc<T>>) {
    return out;
  } else {
    buffer.resize(n);
    return buffer.data();
  }
}

template <typename T>
class SoftmaxKernel final : public Kernel {
 public:
  explicit SoftmaxKernel(bool log) : log_(log) {}

  void prepare(PrepareContext& c) override {
    const Shape& shape = c.input_shape(0);
    c.require(shape.rank() >= 1, "the logits must have at least one dimension, but are a scalar");
    columns_ = shape.back();
    rows_ = columns_ > 0 ? shape.elements() / columns_ : 0;
    c.set_output(0, shape);
    c.may_overwrite(0, 0);
  }

  void run(RunContext& c) override {
    const T* x = c.input(0).data<T>();
    T* y = c.output(0).template data<T>();
    parallel_for(rows_, kGrain / std::max<std::int64_t>(columns_, 1) + 1, [&](std::int64_t begin, std::int64_t end) {
      std::vector<Calc<T>> buffer;
      for (std::int64_t r = begin; r < end; ++r) row(x + r * columns_, y + r * columns_, buffer);
    });
  }

 private:
  void row(const T* x, T* y, std::vector<Calc<T>>& buffer) const {
    Calc<T> max;
    if (log_) {
      const double sum = exp_row(x, 1, columns_, static_cast<Calc<T>*>(nullptr), &max);
      const auto log_sum = static_cast<Calc<T>>(std::log(sum));
      for (std::int64_t i = 0; i < columns_; ++i) y[i] = static_cast<T>(load(x[i]) - max - log_sum);
    } else {
      Calc<T>* e = row_buffer(y, buffer, columns_);
      const auto scale = static_cast<Calc<T>>(1.0 / exp_row(x, 1, columns_, e, &max));
      for (std::int64_t i = 0; i < columns_; ++i) y[i] = static_cast<T>(e[i] * scale);
    }
  }

  const bool log_;
  std::int64_t rows_ = 0, columns_ = 0;
};

}  // namespace

std::unique_ptr<Kernel> make_softmax(const KernelSetup& setup) {
  return make_typed<SoftmaxKernel, FloatTypes>(setup, type_attr(setup, "T"), false);
}

std::unique_ptr<Kernel> make_log_softmax(const KernelSetup& setup) {
  return make_typed<SoftmaxKernel, FloatTypes>(setup, type_attr(setup, "T"), true);
}

}  // namespace tenon
