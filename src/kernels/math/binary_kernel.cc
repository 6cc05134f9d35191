#include "kernels/math/binary_kernel.h"

namespace tenon {
namespace {

class BinaryKernel final : public Kernel {
 public:
  BinaryKernel(const BinaryLoopSetup& setup, const BinaryOptions& options) : setup_(setup), options_(options) {}

  void prepare(PrepareContext& c) override {
    const Shape& a = c.input_shape(0);
    const Shape& b = c.input_shape(1);
    const bool fits = !options_.same_shape || a == b;
    std::optional<Broadcast> plan = fits ? broadcast(a, b) : std::nullopt;
    scalar_answer_ = !plan && options_.if_incompatible;
    if (scalar_answer_) return c.set_output(0, Shape{});
    if (!plan) c.fail(fmt::format("Incompatible shapes: {} vs. {}", a.to_string(), b.to_string()));
    plan_ = std::move(*plan);
    c.set_output(0, plan_.out);
    if (setup_.in_size != setup_.out_size) return;
    if (a == plan_.out) {
      c.may_overwrite(0, 0);
    } else if (b == plan_.out) {
      c.may_overwrite(0, 1);
    }
  }

  void run(RunContext& c) override {
    Tensor& out = c.output(0);
    if (scalar_answer_) {
      *out.data<bool>() = *options_.if_incompatible;
      return;
    }
    const std::byte* a = c.input(0).raw();
    const std::byte* b = c.input(1).raw();
    bool fine = true;
    if (plan_.elements <= options_.grain) {
      fine = run_range(a, b, out.raw(), 0, plan_.elements);
    } else {
      std::atomic<bool> all_fine{true};
      parallel_for(plan_.elements, options_.grain, [&](std::int64_t begin, std::int64_t end) {
        if (!run_range(a, b, out.raw(), begin, end)) all_fine = false;
      });
      fine = all_fine;
    }
    if (!fine) c.fail(options_.loop_error);
  }

 private:
  bool run_range(const std::byte* a, const std::byte* b, std::byte* out, std::int64_t begin, std::int64_t end) const {
    const std::int64_t a_stride = plan_.inner_stride(0);
    const std::int64_t b_stride = plan_.inner_stride(1);
    const auto in = static_cast<std::int64_t>(setup_.in_size);
    const auto result = static_cast<std::int64_t>(setup_.out_size);
    bool fine = true;
    for_each_row(plan_, begin, end, [&](const auto& from, std::int64_t to, std::int64_t count) {
      fine &= setup_.loop(a + from[0] * in, a_stride, b + from[1] * in, b_stride, out + to * result, count);
    });
    return fine;
  }

  const BinaryLoopSetup setup_;
  const BinaryOptions options_;
  Broadcast plan_;
  bool scalar_answer_ = false;
};

}  // namespace

std::unique_ptr<Kernel> make_binary(const KernelSetup& setup, const BinaryLoopSetup& loop, BinaryOptions options) {
  if (!loop.loop) throw_no_kernel(setup.node, type_attr(setup, "T"));
  return std::make_unique<BinaryKernel>(loop, options);
}

}  // namespace tenon
