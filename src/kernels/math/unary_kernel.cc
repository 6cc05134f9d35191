#include "kernels/math/unary_kernel.h"

namespace tenon {
namespace {

class UnaryKernel final : public Kernel {
 public:
  explicit UnaryKernel(const UnaryLoopSetup& setup) : setup_(setup) {}

  void prepare(PrepareContext& c) override {
    c.set_output(0, c.input_shape(0));
    if (setup_.in_size == setup_.out_size) c.may_overwrite(0, 0);
  }

  void run(RunContext& c) override {
    const Tensor& x = c.input(0);
    const std::byte* in = x.raw();
    std::byte* out = c.output(0).raw();
    parallel_for(x.elements(), setup_.grain, [&](std::int64_t begin, std::int64_t end) {
      const auto start = static_cast<std::size_t>(begin);
      setup_.loop(in + start * setup_.in_size, out + start * setup_.out_size, end - begin);
    });
  }

 private:
  const UnaryLoopSetup setup_;
};

}  // namespace

std::unique_ptr<Kernel> make_unary(const KernelSetup& setup, DType type, const UnaryLoopSetup& loop) {
  if (!loop.loop) throw_no_kernel(setup.node, type);
  return std::make_unique<UnaryKernel>(loop);
}

}  // namespace tenon
