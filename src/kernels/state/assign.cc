// Assign, AssignAdd, AssignSub and their counterparts for handles.
#include <fmt/format.h>

#include "base/parallel_for.h"
#include "kernels/kernel.h"
#include "kernels/state/combine.h"

namespace tenon {
namespace {

constexpr std::int64_t kGrain = 32 << 10;

void check_dtype(const RunContext& c, const VariableState& variable, const Tensor& value) {
  if (value.dtype() == variable.dtype()) return;
  c.fail(fmt::format("Trying to assign variable with wrong dtype. Expected {} got {}", dtype_name(variable.dtype()),
                     dtype_name(value.dtype())));
}

class Assign final : public Kernel {
 public:
  explicit Assign(bool validate_shape) : validate_shape_(validate_shape) {}
  void prepare(PrepareContext&) override {}
  void run(RunContext& c) override {
    VariableState& variable = c.variable(0);
    const Tensor& value = c.input(1);
    check_dtype(c, variable, value);
    if (validate_shape_) {
      const std::optional<Shape> now = variable.shape();
      const PartialShape expected = now ? PartialShape(*now) : variable.declared_shape();
      if (!expected.compatible_with(value.shape())) {
        c.fail(fmt::format("Assign requires shapes of both tensors to match. lhs shape= {} rhs shape= {}",
                           expected.to_string(), value.shape().to_string()));
      }
    }
    variable.assign(c.keep(1));
  }

 private:
  const bool validate_shape_;
};

class AssignVariable final : public Kernel {
 public:
  explicit AssignVariable(bool validate_shape) : validate_shape_(validate_shape) {}
  void prepare(PrepareContext&) override {}
  void run(RunContext& c) override {
    VariableState& variable = c.variable(0);
    const Tensor& value = c.input(1);
    check_dtype(c, variable, value);
    const std::optional<Shape> now = validate_shape_ ? variable.shape() : std::nullopt;
    if (now && *now != value.shape()) {
      c.fail(fmt::format("Trying to assign to variable with tensor with wrong shape. Expected {} got {}",
                         now->to_string(), value.shape().to_string()));
    }
    variable.assign(c.keep(1));
  }

 private:
  const bool validate_shape_;
};

template <typename Rule>
class Accumulate final : public Kernel {
 public:
  explicit Accumulate(bool resource) : resource_(resource) {}
  void prepare(PrepareContext&) override {}
  void run(RunContext& c) override {
    VariableState& variable = c.variable(0);
    const Tensor& delta = c.input(1);
    check_dtype(c, variable, delta);
    variable.update([&](Tensor& value) {
      if (value.shape() != delta.shape()) fail_shape(c, value.shape(), delta.shape());
      const bool known = visit<NumberTypes>(value.dtype(), [&]<typename T>() {
        T* to = value.data<T>();
        const T* from = delta.data<T>();
        parallel_for(value.elements(), kGrain, [=](std::int64_t begin, std::int64_t end) {
          combine::rows<Rule>(to + begin, from + begin, end - begin);
        });
      });
      if (!known) throw_no_kernel(c.node(), value.dtype());
    });
  }

 private:
  [[noreturn]] void fail_shape(const RunContext& c, const Shape& value, const Shape& delta) const {
    if (resource_) {
      c.fail(fmt::format("Cannot update variable with shape {} using a Tensor with shape {}, shapes must be equal.",
                         value.to_string(), delta.to_string()));
    }
    c.fail(fmt::format("Parameters and update must be the same size: the variable has shape {}, the update {}",
                       value.to_string(), delta.to_string()));
  }

  const bool resource_;
};

template <typename Rule>
std::unique_ptr<Kernel> make_accumulate(const KernelSetup& setup) {
  return std::make_unique<Accumulate<Rule>>(setup.node.type.str().ends_with("VariableOp"));
}

}  // namespace

std::unique_ptr<Kernel> make_assign(const KernelSetup& setup) {
  return std::make_unique<Assign>(setup.node.attr_or<bool>("validate_shape", true));
}
std::unique_ptr<Kernel> make_assign_variable(const KernelSetup& setup) {
  return std::make_unique<AssignVariable>(setup.node.attr_or<bool>("validate_shape", false));
}
std::unique_ptr<Kernel> make_assign_add(const KernelSetup& setup) { return make_accumulate<combine::Add>(setup); }
std::unique_ptr<Kernel> make_assign_sub(const KernelSetup& setup) { return make_accumulate<combine::Sub>(setup); }

}  // namespace tenon
