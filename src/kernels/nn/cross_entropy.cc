// SoftmaxCrossEntropyWithLogits and SparseSoftmaxCrossEntropyWithLogits: the loss of each row, and its gradient.
#include <fmt/format.h>

#include "base/parallel_for.h"
#include "kernels/broadcast.h"
#include "kernels/nn/softmax.h"
#include "kernels/nn/softmax_rows.h"

namespace tenon {
namespace {

constexpr std::int64_t kGrain = 8192;

// A matrix whose rows or columns may repeat.
struct Rows {
  std::int64_t row = 0, column = 0;  // strides
  Rows() = default;
  explicit Rows(const Shape& shape) : row(shape[0] == 1 ? 0 : shape[1]), column(shape[1] == 1 ? 0 : 1) {}
};

template <typename T>
class SoftmaxXent final : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    const Shape &logits = c.input_shape(0), &labels = c.input_shape(1);
    const auto both = broadcast_shape(logits, labels);
    c.require(both.has_value(), fmt::format("logits and labels must be broadcastable: logits_size={} labels_size={}",
                                            logits.to_string(), labels.to_string()));
    c.require(logits.rank() == 2 && labels.rank() == 2,
              fmt::format("logits and labels must be matrices: logits_size={} labels_size={}", logits.to_string(),
                          labels.to_string()));
    rows_ = (*both)[0];
    columns_ = (*both)[1];
    logits_ = Rows(logits);
    labels_ = Rows(labels);
    c.set_output(0, {rows_});
    c.set_output(1, *both);
  }

  void run(RunContext& c) override {
    const T *logits = c.input(0).data<T>(), *labels = c.input(1).data<T>();
    T *loss = c.output(0).template data<T>(), *grad = c.output(1).template data<T>();
    parallel_for(rows_, kGrain / (columns_ + 1) + 1, [&](std::int64_t begin, std::int64_t end) {
      std::vector<Calc<T>> e(columns_);
      for (std::int64_t r = begin; r < end; ++r) {
        loss[r] = row(logits + r * logits_.row, labels + r * labels_.row, e, grad + r * columns_);
      }
    });
  }

 private:
  T row(const T* logits, const T* labels, std::vector<Calc<T>>& e, T* grad) const {
    Calc<T> max, loss = 0;
    const double sum = exp_row(logits, logits_.column, columns_, e.data(), &max);
    const auto log_sum = static_cast<Calc<T>>(std::log(sum)), scale = static_cast<Calc<T>>(1.0 / sum);
    for (std::int64_t i = 0; i < columns_; ++i) {
      const Calc<T> label = load(labels[i * labels_.column]), logit = load(logits[i * logits_.column]);
      // A label of 0 contributes nothing, even where the logit is infinite.
      if (label != Calc<T>(0)) loss += label * (log_sum - (logit - max));
      grad[i] = static_cast<T>(e[i] * scale - label);
    }
    return static_cast<T>(loss);
  }

  std::int64_t rows_ = 0, columns_ = 0;
  Rows logits_, labels_;
};

template <typename T>
class SparseSoftmaxXent final : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    const Shape &logits = c.input_shape(0), &labels = c.input_shape(1);
    c.require(logits.rank() == 2 && labels.rank() == 1 && labels[0] == logits[0],
              fmt::format("logits must be a matrix and labels a vector with one label for each row: logits shape {} "
                          "labels shape {}",
                          logits.to_string(), labels.to_string()));
    rows_ = logits[0];
    columns_ = logits[1];
    c.require(columns_ > 0 || rows_ == 0,
              fmt::format("there must be at least one class: logits shape {}", logits.to_string()));
    c.set_output(0, {rows_});
    c.set_output(1, logits);
  }

  void run(RunContext& c) override {
    const T* logits = c.input(0).data<T>();
    const Tensor& labels = c.input(1);
    T *loss = c.output(0).template data<T>(), *grad = c.output(1).template data<T>();
    for (std::int64_t r = 0; r < rows_; ++r) {
      const std::int64_t label = index_at(labels, r);
      c.require(label >= 0 && label < columns_,
                fmt::format("Received a label value of {} which is outside the valid range of [0, {}); it is label {}",
                            label, columns_, r));
    }
    parallel_for(rows_, kGrain / (columns_ + 1) + 1, [&](std::int64_t begin, std::int64_t end) {
      std::vector<Calc<T>> e(columns_);
      for (std::int64_t r = begin; r < end; ++r) {
        loss[r] = row(logits + r * columns_, index_at(labels, r), e, grad + r * columns_);
      }
    });
  }

 private:
  T row(const T* logits, std::int64_t label, std::vector<Calc<T>>& e, T* grad) const {
    Calc<T> max;
    const double sum = exp_row(logits, 1, columns_, e.data(), &max);
    const auto scale = static_cast<Calc<T>>(1.0 / sum);
    for (std::int64_t i = 0; i < columns_; ++i) {
      grad[i] = static_cast<T>(e[i] * scale - (i == label ? Calc<T>(1) : Calc<T>(0)));
    }
    return static_cast<T>(static_cast<Calc<T>>(std::log(sum)) - (load(logits[label]) - max));
  }

  std::int64_t rows_ = 0, columns_ = 0;
};

}  // namespace

std::unique_ptr<Kernel> make_softmax_xent(const KernelSetup& setup) {
  return make_typed<SoftmaxXent, FloatTypes>(setup, type_attr(setup, "T"));
}

std::unique_ptr<Kernel> make_sparse_softmax_xent(const KernelSetup& setup) {
  return make_typed<SparseSoftmaxXent, FloatTypes>(setup, type_attr(setup, "T"));
}

}  // namespace tenon
