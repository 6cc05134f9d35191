// Range, LinSpace.
#include <cmath>

#include "kernels/elements.h"

namespace tenon {
namespace {

// How many numbers from start by delta lie before limit.
template <typename T>
std::int64_t range_count(const PrepareContext& c, T start, T limit, T delta) {
  if (delta == T(0)) c.fail(fmt::format("Requires delta != 0: {}", delta));
  if (delta > T(0) && start > limit) c.fail(fmt::format("Requires start <= limit when delta > 0: {}/{}", start, limit));
  if (delta < T(0) && start < limit) c.fail(fmt::format("Requires start >= limit when delta < 0: {}/{}", start, limit));
  if constexpr (std::is_integral_v<T>) {
    using U = std::uint64_t;
    const U distance = delta > 0 ? U(limit) - U(start) : U(start) - U(limit);
    const U step = delta > 0 ? U(delta) : U(0) - U(delta);
    const U count = distance / step + (distance % step != 0);
    c.require(count < (U(1) << 62), "Requires a range that fits in memory");
    return static_cast<std::int64_t>(count);
  } else {
    const double count = std::ceil(std::fabs(static_cast<double>((limit - start) / delta)));
    c.require(count < 0x1p62, fmt::format("Requires ((limit - start) / delta) to be a number below 2^62: {}/{}/{}",
                                          start, limit, delta));
    return static_cast<std::int64_t>(count);
  }
}

template <typename T>
class RangeKernel final : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    static constexpr const char* kNames[] = {"start", "limit", "delta"};
    for (int i = 0; i < 3; ++i) {
      c.require(c.input_shape(i).rank() == 0,
                fmt::format("{} must be a scalar, not shape {}", kNames[i], c.input_shape(i).to_string()));
    }
    const auto value = [&](int i) { return load(*c.input_value(i).template data<T>()); };
    c.set_output(0, Shape{range_count<Calc<T>>(c, value(0), value(1), value(2))});
  }

  void run(RunContext& c) override {
    const Calc<T> start = load(*c.input(0).template data<T>());
    const Calc<T> delta = load(*c.input(2).template data<T>());
    const std::span<T> out = c.output(0).template flat<T>();
    for (std::size_t i = 0; i < out.size(); ++i) {
      if constexpr (std::is_integral_v<T>) out[i] = static_cast<T>(std::uint64_t(start) + std::uint64_t(delta) * i);
      else out[i] = static_cast<T>(start + delta * static_cast<Calc<T>>(i));
    }
  }
};

template <typename T>
class LinSpaceKernel final : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    static constexpr const char* kNames[] = {"start", "stop", "num"};
    for (int i = 0; i < 3; ++i) {
      c.require(c.input_shape(i).rank() == 0,
                fmt::format("{} must be a scalar, not shape {}", kNames[i], c.input_shape(i).to_string()));
    }
    const std::int64_t count = index_at(c.input_value(2), 0);
    c.require(count > 0, fmt::format("Requires num > 0: {}", count));
    c.set_output(0, Shape{count});
  }

  void run(RunContext& c) override {
    const Calc<T> start = load(*c.input(0).template data<T>());
    const Calc<T> stop = load(*c.input(1).template data<T>());
    T* out = c.output(0).template data<T>();
    const std::int64_t count = c.output(0).elements();
    out[0] = static_cast<T>(start);
    if (count == 1) return;
    const Calc<T> step = load(static_cast<T>((stop - start) / static_cast<Calc<T>>(count - 1)));
    for (std::int64_t i = 1; i < count - 1; ++i) out[i] = static_cast<T>(start + step * static_cast<Calc<T>>(i));
    out[count - 1] = static_cast<T>(stop);
  }
};

}  // namespace

KernelMaker make_range, make_lin_space;

std::unique_ptr<Kernel> make_range(const KernelSetup& setup) {
  return make_typed<RangeKernel, RealTypes>(setup, type_attr(setup, "Tidx"));
}
std::unique_ptr<Kernel> make_lin_space(const KernelSetup& setup) {
  return make_typed<LinSpaceKernel, FloatTypes>(setup, type_attr(setup, "T"));
}

}  // namespace tenon
