#include "kernels/kernel.h"

namespace tenon {
namespace {

class Assert final : public Kernel {
 public:
  explicit Assert(int summarize) : summarize_(summarize) {}

  void prepare(PrepareContext& c) override {
    c.require(c.input_dtype(0) == DType::Bool && c.input_shape(0).elements() == 1,
              "the condition must be a bool scalar, not " + c.input_shape(0).to_string());
  }

  void run(RunContext& c) override {
    if (c.input(0).scalar<bool>()) return;
    std::string values;
    for (int i = 1; i < c.num_inputs(); ++i) values += " [" + c.input(i).to_string(summarize_) + "]";
    c.fail("assertion failed:" + values);
  }

 private:
  const int summarize_;
};

}  // namespace

std::unique_ptr<Kernel> make_assert(const KernelSetup& setup) {
  return std::make_unique<Assert>(static_cast<int>(setup.node.attr_or<std::int64_t>("summarize", 3)));
}

}  // namespace tenon
