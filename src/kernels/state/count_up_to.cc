// CountUpTo and ResourceCountUpTo: hand out the value and add one to it, up to a limit.
#include <fmt/format.h>

#include "kernels/elements.h"

namespace tenon {
namespace {

class CountUpTo final : public Kernel {
 public:
  explicit CountUpTo(std::int64_t limit) : limit_(limit) {}
  void prepare(PrepareContext& c) override { c.set_output(0, {}); }
  void run(RunContext& c) override {
    c.variable(0).update([&](Tensor& value) {
      if (value.rank() != 0) c.fail(fmt::format("input is not a scalar: {}", value.shape().to_string()));
      const bool known = visit<IndexTypes>(value.dtype(), [&]<typename T>() {
        T& count = *value.data<T>();
        if (count >= limit_) c.fail(Code::OutOfRange, fmt::format("Reached limit of {}", limit_));
        *c.output(0).data<T>() = count;
        ++count;
      });
      if (!known) throw_no_kernel(c.node(), value.dtype());
    });
  }

 private:
  const std::int64_t limit_;
};

}  // namespace

std::unique_ptr<Kernel> make_count_up_to(const KernelSetup& setup) {
  return std::make_unique<CountUpTo>(setup.node.attr<std::int64_t>("limit"));
}

}  // namespace tenon
