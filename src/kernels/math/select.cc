// Select, SelectV2, ClipByValue.
#include "base/parallel_for.h"
#include "base/simd.h"
#include "kernels/broadcast.h"
#include "kernels/elements.h"

namespace tenon {
namespace {

template <typename T>
void select_row(const bool* condition, std::int64_t condition_stride, const T* x, std::int64_t x_stride, const T* y,
                std::int64_t y_stride, T* out, std::int64_t n) {
  if (condition_stride == 0) {
    const T* from = *condition ? x : y;
    const std::int64_t stride = *condition ? x_stride : y_stride;
    for (std::int64_t i = 0; i < n; ++i) out[i] = from[i * stride];
  } else if (x_stride == 1 && y_stride == 1) {
    for (std::int64_t i = 0; i < n; ++i) out[i] = condition[i] ? x[i] : y[i];
  } else {
    for (std::int64_t i = 0; i < n; ++i) out[i] = condition[i] ? x[i * x_stride] : y[i * y_stride];
  }
}

// Select takes a condition of the values' shape, a scalar, or a vector of one condition for each row; SelectV2 takes
// all three as they broadcast.
class SelectKernel final : public Kernel {
 public:
  explicit SelectKernel(bool broadcasts) : broadcasts_(broadcasts) {}

  void prepare(PrepareContext& c) override {
    const Shape& x = c.input_shape(1);
    const Shape& y = c.input_shape(2);
    Shape condition = broadcasts_ ? c.input_shape(0) : first_condition(c);
    const Shape* const shapes[] = {&condition, &x, &y};
    std::optional<Broadcast> plan = broadcast(shapes);
    if (!plan) {
      c.fail(fmt::format("condition {}, then {}, and else {} must be broadcastable", condition.to_string(),
                         x.to_string(), y.to_string()));
    }
    plan_ = std::move(*plan);
    c.set_output(0, plan_.out);
  }

  void run(RunContext& c) override {
    visit_storage(c.output(0).dtype(), [&]<typename T>() {
      const bool* condition = c.input(0).data<bool>();
      const T* x = storage<T>(c.input(1));
      const T* y = storage<T>(c.input(2));
      T* out = storage<T>(c.output(0));
      parallel_for(plan_.elements, 32768, [&](std::int64_t begin, std::int64_t end) {
        for_each_row(plan_, begin, end, [&](const auto& from, std::int64_t to, std::int64_t n) {
          select_row(condition + from[0], plan_.inner_stride(0), x + from[1], plan_.inner_stride(1), y + from[2],
                     plan_.inner_stride(2), out + to, n);
        });
      });
    });
  }

 private:
  // The condition's shape as it broadcasts against the values.
  static Shape first_condition(const PrepareContext& c) {
    const Shape& condition = c.input_shape(0);
    const Shape& x = c.input_shape(1);
    const Shape& y = c.input_shape(2);
    if (x != y) {
      c.fail(fmt::format("'then' and 'else' must have the same size.  but received: {} vs. {}", x.to_string(),
                         y.to_string()));
    }
    if (condition.rank() == 0 || condition == x) return condition;
    if (condition.rank() != 1 || x.rank() < 1) {
      c.fail(fmt::format("'cond' must be a scalar, a vector, or of the shape of 'then', {}, but is {}", x.to_string(),
                         condition.to_string()));
    }
    if (condition[0] != x[0]) {
      c.fail(fmt::format("Number of batches of 'then' must match size of 'cond', but saw: {} vs. {}", x[0],
                         condition[0]));
    }
    Shape rows = condition;
    for (int d = 1; d < x.rank(); ++d) rows.push_back(1);
    return rows;
  }

  const bool broadcasts_;
  Broadcast plan_;
};

template <typename T>
TENON_MULTIVERSION void clip_fast(const T* x, T low, T high, T* out, std::int64_t n) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < n; ++i) {
    const T below = high < x[i] ? high : x[i];
    out[i] = below < low ? low : below;
  }
}

template <typename T>
class ClipKernel final : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    const Shape& shape = c.input_shape(0);
    for (int i = 1; i <= 2; ++i) {
      if (c.input_shape(i) == shape || c.input_shape(i).rank() == 0) continue;
      c.fail(fmt::format("clip_value_min and clip_value_max must be either of the same shape as input, or a scalar. "
                         "input shape: {}clip_value_min shape: {}clip_value_max shape: {}",
                         shape.to_string(), c.input_shape(1).to_string(), c.input_shape(2).to_string()));
    }
    c.set_output(0, shape);
    c.may_overwrite(0, 0);
  }

  void run(RunContext& c) override {
    const T* x = c.input(0).template data<T>();
    const T* low = c.input(1).template data<T>();
    const T* high = c.input(2).template data<T>();
    T* out = c.output(0).template data<T>();
    const std::int64_t low_stride = c.input(1).rank() == 0 ? 0 : 1;
    const std::int64_t high_stride = c.input(2).rank() == 0 ? 0 : 1;
    parallel_for(c.input(0).elements(), 32768, [&](std::int64_t begin, std::int64_t end) {
      if constexpr (std::is_floating_point_v<T>) {
        if (low_stride + high_stride == 0) return clip_fast(x + begin, *low, *high, out + begin, end - begin);
      }
      for (std::int64_t i = begin; i < end; ++i) {
        const Calc<T> at_least = load(low[i * low_stride]);
        const Calc<T> at_most = load(high[i * high_stride]);
        const Calc<T> value = load(x[i]);
        const Calc<T> below = at_most < value ? at_most : value;
        out[i] = static_cast<T>(below < at_least ? at_least : below);
      }
    });
  }
};

}  // namespace

KernelMaker make_select, make_select_v2, make_clip_by_value;

std::unique_ptr<Kernel> make_select(const KernelSetup&) { return std::make_unique<SelectKernel>(false); }
std::unique_ptr<Kernel> make_select_v2(const KernelSetup&) { return std::make_unique<SelectKernel>(true); }
std::unique_ptr<Kernel> make_clip_by_value(const KernelSetup& setup) {
  return make_typed<ClipKernel, RealTypes>(setup, type_attr(setup, "T"));
}

}  // namespace tenon
