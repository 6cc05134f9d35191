// Values that come from the graph itself or from its feeds: Const, Placeholder, PlaceholderWithDefault.
#include "graph/attr_value.h"
#include "kernels/elements.h"

namespace tenon {
namespace {

class ConstKernel final : public Kernel {
 public:
  explicit ConstKernel(Tensor value) : value_(std::move(value)) {}
  void prepare(PrepareContext& c) override { c.provide_output(0, value_.shape()); }
  void run(RunContext& c) override { c.set_output(0, value_); }

 private:
  const Tensor value_;
};

// Reached only if it is not fed.
class PlaceholderKernel final : public Kernel {
 public:
  explicit PlaceholderKernel(std::string message) : message_(std::move(message)) {}
  void prepare(PrepareContext& c) override { c.dynamic_output(0); }
  void run(RunContext& c) override { c.fail(message_); }

 private:
  const std::string message_;
};

class DefaultKernel final : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    const auto wanted = c.node().attr_or<PartialShape>("shape", PartialShape::unknown());
    if (!wanted.compatible_with(c.input_shape(0))) {
      c.fail(fmt::format("the default's shape {} does not fit the placeholder's, {}", c.input_shape(0).to_string(),
                         wanted.to_string()));
    }
    c.alias_output(0, 0, c.input_shape(0));
  }
  void run(RunContext& c) override { c.set_output(0, c.input(0)); }
};

}  // namespace

KernelMaker make_const, make_placeholder, make_placeholder_with_default;

std::unique_ptr<Kernel> make_const(const KernelSetup& setup) {
  return std::make_unique<ConstKernel>(setup.node.attr<Tensor>("value"));
}

std::unique_ptr<Kernel> make_placeholder(const KernelSetup& setup) {
  std::string message = fmt::format("You must feed a value for placeholder tensor '{}' with dtype {}", setup.node.name,
                                    core_dtype_name(setup.node.attr<DType>("dtype")));
  const auto shape = setup.node.attr_or<PartialShape>("shape", PartialShape::unknown());
  if (shape.rank() > 0) message += " and shape " + shape.to_string();
  return std::make_unique<PlaceholderKernel>(std::move(message));
}

std::unique_ptr<Kernel> make_placeholder_with_default(const KernelSetup&) { return std::make_unique<DefaultKernel>(); }

}  // namespace tenon
