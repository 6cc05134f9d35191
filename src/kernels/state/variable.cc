// VariableV2, VarHandleOp, and what asks about variables without computing.
#include <fmt/format.h>

#include "kernels/kernel.h"
#include "kernels/state/handle.h"
#include "kernels/state/variable_key.h"

namespace tenon {
namespace {

std::shared_ptr<VariableState> variable_of(const KernelSetup& setup, bool resource) {
  return setup.state.variable(variable_key(setup.node), setup.node.attr<DType>("dtype"),
                              setup.node.attr_or<PartialShape>("shape", {}), resource);
}

class Variable final : public Kernel {
 public:
  explicit Variable(std::shared_ptr<VariableState> variable) : variable_(std::move(variable)) {}
  void prepare(PrepareContext&) override {}
  void run(RunContext& c) override { c.set_reference(0, variable_.get()); }

 private:
  const std::shared_ptr<VariableState> variable_;
};

class VarHandle final : public Kernel {
 public:
  explicit VarHandle(std::shared_ptr<VariableState> variable)
      : handle_(Tensor::object(DType::Resource, std::move(variable))) {}
  void prepare(PrepareContext& c) override { c.provide_output(0, {}); }
  void run(RunContext& c) override { c.set_output(0, handle_); }

 private:
  const Tensor handle_;
};

class ReadVariable final : public Kernel {
 public:
  explicit ReadVariable(DType type) : type_(type) {}

  void prepare(PrepareContext& c) override {
    planned_ = planned_shape(c);
    if (planned_) c.provide_output(0, *planned_);
  }

  void run(RunContext& c) override {
    std::uint64_t version = 0;
    const VariableState& variable = c.variable(0);
    Tensor value = variable.read(&version);
    if (value.dtype() != type_) {
      c.fail(fmt::format("Trying to read variable with wrong dtype. Expected {} got {}", dtype_name(type_),
                         dtype_name(value.dtype())));
    }
    if (planned_ && value.shape() != *planned_) {
      c.fail(Code::FailedPrecondition,
             fmt::format("variable {} has shape {} at the start of this run, but was given shape {} by it before it "
                         "was read; assign and read in two runs, or declare the variable's shape as unknown",
                         variable.name(), planned_->to_string(), value.shape().to_string()));
    }
    c.set_output(0, std::move(value), version);
  }

 private:
  const DType type_;
  std::optional<Shape> planned_;
};

// IsVariableInitialized and VarIsInitializedOp.
class IsInitialized final : public Kernel {
 public:
  void prepare(PrepareContext& c) override { c.set_output(0, {}); }
  void run(RunContext& c) override { c.output(0).data<bool>()[0] = c.variable(0).initialised(); }
};

class VariableShape final : public Kernel {
 public:
  explicit VariableShape(const Node& node) : type_(node.attr_or<DType>("out_type", DType::Int32)) {
    if (type_ != DType::Int32 && type_ != DType::Int64) {
      throw Error(Code::InvalidArgument,
                  fmt::format("{}: out_type must be int32 or int64, not {}", describe(node), dtype_name(type_)));
    }
  }
  void prepare(PrepareContext&) override {}
  void run(RunContext& c) override {
    const Shape shape = c.variable(0).read().shape();
    Tensor result(type_, Shape{shape.rank()});
    for (int d = 0; d < shape.rank(); ++d) {
      if (type_ == DType::Int32) {
        result.data<std::int32_t>()[d] = static_cast<std::int32_t>(shape[d]);
      } else {
        result.data<std::int64_t>()[d] = shape[d];
      }
    }
    c.set_output(0, std::move(result));
  }

 private:
  const DType type_;
};

// Objects of other classes end with the last handle to them.
class DestroyResource final : public Kernel {
 public:
  explicit DestroyResource(bool ignore_absent) : ignore_absent_(ignore_absent) {}
  void prepare(PrepareContext&) override {}
  void run(RunContext& c) override {
    auto* variable = dynamic_cast<VariableState*>(&c.object<Object>(0));
    if (variable && !variable->clear() && !ignore_absent_) {
      c.fail(Code::NotFound, fmt::format("variable {} has no value that could be destroyed", variable->name()));
    }
  }

 private:
  const bool ignore_absent_;
};

}  // namespace

std::unique_ptr<Kernel> make_variable(const KernelSetup& setup) {
  return std::make_unique<Variable>(variable_of(setup, false));
}
std::unique_ptr<Kernel> make_var_handle(const KernelSetup& setup) {
  return std::make_unique<VarHandle>(variable_of(setup, true));
}
std::unique_ptr<Kernel> make_read_variable(const KernelSetup& setup) {
  return std::make_unique<ReadVariable>(setup.node.attr<DType>("dtype"));
}
std::unique_ptr<Kernel> make_is_initialized(const KernelSetup&) { return std::make_unique<IsInitialized>(); }
std::unique_ptr<Kernel> make_variable_shape(const KernelSetup& setup) {
  return std::make_unique<VariableShape>(setup.node);
}
std::unique_ptr<Kernel> make_destroy_resource(const KernelSetup& setup) {
  return std::make_unique<DestroyResource>(setup.node.attr_or<bool>("ignore_lookup_error", true));
}

}  // namespace tenon
