// Reductions: how the axes to reduce become loops, and the kernel that runs a reducer over them.
//
// Every reduction is seen as [kept..., rows, columns]: `rows` reduced, `columns` kept (1 if the last axis is reduced).
// A block of columns is accumulated row by row, so that the loop runs along memory. With few columns, several rows
// are taken side by side as if they were one: that is also what makes sums of long rows accurate and fast.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/parallel_for.h"
#include "base/simd.h"
#include "kernels/elements.h"

namespace tenon {

struct ReductionPlan {
  struct Dim {
    std::int64_t size, stride;
  };
  Shape out;
  std::vector<Dim> kept;     // outer to inner, without `columns`
  std::vector<Dim> reduced;  // outer to inner, without `rows`
  std::int64_t outer = 1;    // how many blocks of columns: the product of `kept`
  std::int64_t rows = 1;
  std::int64_t columns = 1;
  std::int64_t count = 1;    // elements that become one

  // Where block `index` of the kept dimensions starts.
  std::int64_t offset(std::int64_t index) const {
    std::int64_t at = 0;
    for (std::size_t d = kept.size(); d-- > 0; index /= kept[d].size) at += index % kept[d].size * kept[d].stride;
    return at;
  }
};

// Axes may be negative. Throws through `c` for axes out of range or named twice.
ReductionPlan plan_reduction(const PrepareContext& c, const Shape& shape, const Tensor& axes, bool keep_dims);

namespace {

// A reducer R has: T (element), Acc, Acc init(), Acc combine(Acc, Calc<T>), Acc merge(Acc, Acc),
// T finish(Acc, count).
constexpr std::int64_t kLanes = 64;
constexpr std::int64_t kColumnBlock = 512;
constexpr std::int64_t kPartElements = 65536;

template <typename R>
TENON_MULTIVERSION void add_rows_fast(typename R::Acc* acc, const typename R::T* x, std::int64_t rows,
                                      std::int64_t stride, std::int64_t width) {
  for (std::int64_t r = 0; r < rows; ++r, x += stride) {
#pragma GCC ivdep
    for (std::int64_t i = 0; i < width; ++i) acc[i] = R::combine(acc[i], x[i]);
  }
}

template <typename R>
void add_rows(typename R::Acc* acc, const typename R::T* x, std::int64_t rows, std::int64_t stride,
              std::int64_t width) {
  if constexpr (std::is_floating_point_v<typename R::T>) {
    add_rows_fast<R>(acc, x, rows, stride, width);
  } else {
    for (std::int64_t r = 0; r < rows; ++r, x += stride) {
      for (std::int64_t i = 0; i < width; ++i) acc[i] = R::combine(acc[i], load(x[i]));
    }
  }
}

// acc[0..width) takes in `rows` rows that lie `stride` apart.
template <typename R>
void reduce_rows(typename R::Acc* acc, const typename R::T* x, std::int64_t rows, std::int64_t stride,
                 std::int64_t width) {
  const std::int64_t together = kLanes / width;
  if (stride == width && together > 1 && rows >= 2 * together) {
    std::array<typename R::Acc, kLanes> lanes;
    lanes.fill(R::init());
    const std::int64_t span = together * width;
    const std::int64_t steps = rows / together;
    // In stretches, so that rounding errors of long sums do not pile up in one place.
    constexpr std::int64_t kStretch = 64;
    for (std::int64_t done = 0; done < steps; done += kStretch) {
      std::array<typename R::Acc, kLanes> part;
      part.fill(R::init());
      add_rows<R>(part.data(), x, std::min(kStretch, steps - done), span, span);
      for (std::int64_t i = 0; i < span; ++i) lanes[static_cast<std::size_t>(i)] =
          R::merge(lanes[static_cast<std::size_t>(i)], part[static_cast<std::size_t>(i)]);
      x += std::min(kStretch, steps - done) * span;
    }
    std::int64_t left = together;
    while (left > 1) {
      const std::int64_t half = (left + 1) / 2;
      for (std::int64_t i = 0; i < (left - half) * width; ++i) {
        auto& lane = lanes[static_cast<std::size_t>(i)];
        lane = R::merge(lane, lanes[static_cast<std::size_t>(i + half * width)]);
      }
      left = half;
    }
    for (std::int64_t i = 0; i < width; ++i) acc[i] = R::merge(acc[i], lanes[static_cast<std::size_t>(i)]);
    rows -= steps * together;
  }
  add_rows<R>(acc, x, rows, stride, width);
}

template <typename R>
class ReductionKernel final : public Kernel {
  using T = typename R::T;
  using Acc = typename R::Acc;

 public:
  explicit ReductionKernel(bool keep_dims) : keep_dims_(keep_dims) {}

  void prepare(PrepareContext& c) override {
    plan_ = plan_reduction(c, c.input_shape(0), c.input_value(1), keep_dims_);
    blocks_ = (plan_.columns + kColumnBlock - 1) / kColumnBlock;
    const std::int64_t items = plan_.outer * blocks_;
    const bool splits = plan_.reduced.empty() && items <= 2 && plan_.rows * plan_.columns >= 2 * kPartElements;
    parts_ = splits ? std::min<std::int64_t>({plan_.rows * plan_.columns / kPartElements, plan_.rows, 64}) : 1;
    c.set_output(0, plan_.out);
  }

  void run(RunContext& c) override {
    const T* x = c.input(0).data<T>();
    T* out = c.output(0).data<T>();
    if (plan_.outer * plan_.columns == 0) return;
    if (parts_ > 1) return run_in_parts(x, out);
    const std::int64_t per_item = std::max<std::int64_t>(1, plan_.count * std::min(plan_.columns, kColumnBlock));
    const std::int64_t grain = std::max<std::int64_t>(1, 32768 / per_item);
    parallel_for(plan_.outer * blocks_, grain, [&](std::int64_t begin, std::int64_t end) {
      std::array<Acc, kColumnBlock> acc;
      for (std::int64_t item = begin; item < end; ++item) {
        const std::int64_t first = item % blocks_ * kColumnBlock;
        const std::int64_t width = std::min(kColumnBlock, plan_.columns - first);
        std::fill_n(acc.begin(), width, R::init());
        reduce_block(x + plan_.offset(item / blocks_) + first, width, 0, acc.data());
        finish(acc.data(), width, out + item / blocks_ * plan_.columns + first);
      }
    });
  }

 private:
  // Over the outer reduced dimensions, then the rows.
  void reduce_block(const T* x, std::int64_t width, std::size_t d, Acc* acc) const {
    if (d == plan_.reduced.size()) return reduce_rows<R>(acc, x, plan_.rows, plan_.columns, width);
    for (std::int64_t i = 0; i < plan_.reduced[d].size; ++i) {
      reduce_block(x + i * plan_.reduced[d].stride, width, d + 1, acc);
    }
  }

  // Few results of many rows: the rows are split into parts of a fixed size, so that the result does not depend on
  // the number of threads.
  void run_in_parts(const T* x, T* out) const {
    const std::int64_t results = plan_.outer * plan_.columns;
    std::vector<Acc> acc(static_cast<std::size_t>(results * parts_), R::init());
    parallel_for(parts_, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t part = begin; part < end; ++part) {
        const std::int64_t first = plan_.rows * part / parts_;
        const std::int64_t rows = plan_.rows * (part + 1) / parts_ - first;
        for (std::int64_t o = 0; o < plan_.outer; ++o) {
          Acc* to = acc.data() + part * results + o * plan_.columns;
          reduce_rows<R>(to, x + plan_.offset(o) + first * plan_.columns, rows, plan_.columns, plan_.columns);
        }
      }
    });
    for (std::int64_t part = 1; part < parts_; ++part) {
      for (std::int64_t i = 0; i < results; ++i) {
        acc[static_cast<std::size_t>(i)] =
            R::merge(acc[static_cast<std::size_t>(i)], acc[static_cast<std::size_t>(part * results + i)]);
      }
    }
    finish(acc.data(), results, out);
  }

  void finish(const Acc* acc, std::int64_t n, T* out) const {
    for (std::int64_t i = 0; i < n; ++i) out[i] = R::finish(acc[i], plan_.count);
  }

  const bool keep_dims_;
  ReductionPlan plan_;
  std::int64_t blocks_ = 1;
  std::int64_t parts_ = 1;
};

template <template <typename> class R, typename List>
std::unique_ptr<Kernel> make_reduction(const KernelSetup& setup, DType type) {
  const bool keep_dims = setup.node.attr_or<bool>("keep_dims", false);
  std::unique_ptr<Kernel> made;
  if (!visit<List>(type, [&]<typename T>() { made = std::make_unique<ReductionKernel<R<T>>>(keep_dims); })) {
    throw_no_kernel(setup.node, type);
  }
  return made;
}

}  // namespace
}  // namespace tenon
