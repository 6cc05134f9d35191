// Bitcast, CheckNumerics: the same bytes, as another type or after a look at them.
#include <cmath>
#include <cstring>

#include "kernels/elements.h"

namespace tenon {
namespace {

void hand_on(const Tensor& from, Tensor& to) {
  if (from.raw() != to.raw() && to.bytes() > 0) std::memcpy(to.raw(), from.raw(), to.bytes());
}

class BitcastKernel final : public Kernel {
 public:
  BitcastKernel(std::size_t from, std::size_t to) : from_(from), to_(to) {}

  void prepare(PrepareContext& c) override {
    Shape shape = c.input_shape(0);
    const auto ratio = static_cast<std::int64_t>(std::max(from_, to_) / std::min(from_, to_));
    if (from_ > to_) {
      shape.push_back(ratio);
    } else if (from_ < to_) {
      if (shape.rank() == 0 || shape.back() != ratio) {
        c.fail(fmt::format("Cannot bitcast from {} to {}: the last dimension of {} must be {}",
                           dtype_name(c.input_dtype(0)), dtype_name(c.node().attr<DType>("type")), shape.to_string(),
                           ratio));
      }
      shape = Shape(std::span<const std::int64_t>(shape.data(), static_cast<std::size_t>(shape.rank() - 1)));
    }
    c.set_output(0, shape);
    c.may_overwrite(0, 0);
  }

  void run(RunContext& c) override { hand_on(c.input(0), c.output(0)); }

 private:
  const std::size_t from_, to_;
};

template <typename T>
class CheckNumericsKernel final : public Kernel {
 public:
  explicit CheckNumericsKernel(std::string message) : message_(std::move(message)) {}

  void prepare(PrepareContext& c) override {
    c.set_output(0, c.input_shape(0));
    c.may_overwrite(0, 0);
  }

  void run(RunContext& c) override {
    bool nan = false;
    bool infinite = false;
    for (const T& element : c.input(0).template flat<T>()) {
      const Calc<T> x = load(element);
      nan |= std::isnan(x);
      infinite |= std::isinf(x);
    }
    if (nan || infinite) {
      const char* found = nan && infinite ? "Inf and NaN" : nan ? "NaN" : "Inf";
      c.fail(fmt::format("{} : Tensor had {} values", message_, found));
    }
    hand_on(c.input(0), c.output(0));
  }

 private:
  const std::string message_;
};

}  // namespace

KernelMaker make_bitcast, make_check_numerics;

std::unique_ptr<Kernel> make_bitcast(const KernelSetup& setup) {
  const DType from = type_attr(setup, "T");
  const DType to = type_attr(setup, "type");
  for (DType type : {from, to}) {
    if (dtype_size(type) == 0) throw_no_kernel(setup.node, type);
  }
  return std::make_unique<BitcastKernel>(dtype_size(from), dtype_size(to));
}

std::unique_ptr<Kernel> make_check_numerics(const KernelSetup& setup) {
  return make_typed<CheckNumericsKernel, FloatTypes>(setup, type_attr(setup, "T"),
                                                     setup.node.attr<std::string>("message"));
}

}  // namespace tenon
