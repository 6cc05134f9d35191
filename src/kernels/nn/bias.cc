#include "kernels/nn/bias.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/parallel_for.h"
#include "base/simd.h"
#include "kernels/elements.h"

namespace tenon {
namespace {

constexpr std::int64_t kGrain = 32768;

// A tensor seen as [outer, channels, inner]; inner is 1 unless the channels come first.
struct ChannelView {
  std::int64_t outer = 1, channels = 1, inner = 1;
};

// The channels are the last dimension, or with NCHW the second (also of tensors that are not images).
ChannelView channel_view(const Shape& shape, bool channels_first) {
  const int axis = channels_first ? 1 : shape.rank() - 1;
  ChannelView view;
  for (int i = 0; i < axis; ++i) view.outer *= shape[i];
  view.channels = shape[axis];
  for (int i = axis + 1; i < shape.rank(); ++i) view.inner *= shape[i];
  return view;
}

bool reads_channels_first(const Node& node) { return node.attr_or<std::string>("data_format", "NHWC") == "NCHW"; }

TENON_MULTIVERSION void add_rows(const float* x, const float* bias, float* y, std::int64_t rows,
                                 std::int64_t channels) {
  for (std::int64_t r = 0; r < rows; ++r) {
#pragma GCC ivdep
    for (std::int64_t c = 0; c < channels; ++c) y[r * channels + c] = x[r * channels + c] + bias[c];
  }
}
template <typename T>
void add_rows(const T* x, const T* bias, T* y, std::int64_t rows, std::int64_t channels) {
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < channels; ++c) {
      y[r * channels + c] = static_cast<T>(load(x[r * channels + c]) + load(bias[c]));
    }
}

// Runs of one channel each; `first` is the number of the first of them.
template <typename T>
void add_runs(const T* x, const T* bias, T* y, std::int64_t first, std::int64_t last, const ChannelView& view) {
  for (std::int64_t run = first; run < last; ++run) {
    const auto b = load(bias[run % view.channels]);
    const std::int64_t end = (run + 1) * view.inner;
    for (std::int64_t i = run * view.inner; i < end; ++i) y[i] = static_cast<T>(load(x[i]) + b);
  }
}

template <typename T>
class BiasAdd final : public Kernel {
 public:
  explicit BiasAdd(bool channels_first) : channels_first_(channels_first) {}

  void prepare(PrepareContext& c) override {
    const Shape &x = c.input_shape(0), &bias = c.input_shape(1);
    c.require(x.rank() >= 2, fmt::format("the value must have at least 2 dimensions, but has shape {}", x.to_string()));
    view_ = channel_view(x, channels_first_);
    c.require(bias.rank() == 1 && bias[0] == view_.channels,
              fmt::format("the bias must be a vector of {} elements to fit value shape {}, but has shape {}",
                          view_.channels, x.to_string(), bias.to_string()));
    c.set_output(0, x);
    c.may_overwrite(0, 0);
  }

  void run(RunContext& c) override {
    const T *x = c.input(0).data<T>(), *bias = c.input(1).data<T>();
    T* y = c.output(0).template data<T>();
    if (c.input(0).elements() == 0) return;
    if (view_.inner == 1) {
      parallel_for(view_.outer, kGrain / view_.channels + 1, [&](std::int64_t begin, std::int64_t end) {
        add_rows(x + begin * view_.channels, bias, y + begin * view_.channels, end - begin, view_.channels);
      });
    } else {
      parallel_for(view_.outer * view_.channels, kGrain / view_.inner + 1,
                   [&](std::int64_t begin, std::int64_t end) { add_runs(x, bias, y, begin, end, view_); });
    }
  }

 private:
  const bool channels_first_;
  ChannelView view_;
};

TENON_MULTIVERSION void sum_rows(const float* x, float* sum, std::int64_t rows, std::int64_t channels) {
  for (std::int64_t r = 0; r < rows; ++r) {
#pragma GCC ivdep
    for (std::int64_t c = 0; c < channels; ++c) sum[c] += x[r * channels + c];
  }
}
template <typename T>
void sum_rows(const T* x, Calc<T>* sum, std::int64_t rows, std::int64_t channels) {
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < channels; ++c) sum[c] += load(x[r * channels + c]);
}

// Sums over all but the channels. Rows are summed in blocks first: the error then grows with the number of blocks,
// not of rows.
template <typename T>
class BiasAddGrad final : public Kernel {
 public:
  explicit BiasAddGrad(bool channels_first) : channels_first_(channels_first) {}

  void prepare(PrepareContext& c) override {
    const Shape& x = c.input_shape(0);
    c.require(x.rank() >= 2,
              fmt::format("the gradient must have at least 2 dimensions, but has shape {}", x.to_string()));
    view_ = channel_view(x, channels_first_);
    c.set_output(0, {view_.channels});
    blocks_ = view_.inner == 1 ? (view_.outer + kBlock - 1) / kBlock : 0;
    partial_.resize(blocks_ * view_.channels);
  }

  void run(RunContext& c) override {
    const T* x = c.input(0).data<T>();
    T* sum = c.output(0).template data<T>();
    if (view_.inner == 1) {
      sum_blocks(x, sum);
    } else {
      parallel_for(view_.channels, 1, [&](std::int64_t begin, std::int64_t end) { sum_runs(x, sum, begin, end); });
    }
  }

 private:
  static constexpr std::int64_t kBlock = 256;

  void sum_blocks(const T* x, T* sum) {
    const std::int64_t channels = view_.channels;
    const std::int64_t grain = kGrain / (kBlock * std::max<std::int64_t>(channels, 1)) + 1;
    parallel_for(blocks_, grain, [&](std::int64_t begin, std::int64_t end) {
      std::fill(partial_.begin() + begin * channels, partial_.begin() + end * channels, Calc<T>(0));
      for (std::int64_t b = begin; b < end; ++b) {
        const std::int64_t rows = std::min(kBlock, view_.outer - b * kBlock);
        sum_rows(x + b * kBlock * channels, partial_.data() + b * channels, rows, channels);
      }
    });
    for (std::int64_t b = 1; b < blocks_; ++b) sum_rows(partial_.data() + b * channels, partial_.data(), 1, channels);
    for (std::int64_t i = 0; i < channels; ++i) sum[i] = static_cast<T>(blocks_ > 0 ? partial_[i] : Calc<T>(0));
  }

  void sum_runs(const T* x, T* sum, std::int64_t begin, std::int64_t end) const {
    for (std::int64_t c = begin; c < end; ++c) {
      Calc<T> total = 0;
      for (std::int64_t o = 0; o < view_.outer; ++o) {
        const T* run = x + (o * view_.channels + c) * view_.inner;
        Calc<T> part = 0;
        for (std::int64_t i = 0; i < view_.inner; ++i) part += load(run[i]);
        total += part;
      }
      sum[c] = static_cast<T>(total);
    }
  }

  const bool channels_first_;
  ChannelView view_;
  std::int64_t blocks_ = 0;
  std::vector<Calc<T>> partial_;
};

}  // namespace

std::unique_ptr<Kernel> make_bias_add(const KernelSetup& setup) {
  return make_typed<BiasAdd, NumberTypes>(setup, type_attr(setup, "T"), reads_channels_first(setup.node));
}

std::unique_ptr<Kernel> make_bias_add_grad(const KernelSetup& setup) {
  return make_typed<BiasAddGrad, NumberTypes>(setup, type_attr(setup, "T"), reads_channels_first(setup.node));
}

}  // namespace tenon
