// BroadcastGradientArgs, BroadcastArgs: broadcasting of shapes that are values.
#include "kernels/broadcast.h"
#include "kernels/elements.h"

namespace tenon {
namespace {

std::int64_t size_at(const Dims& shape, int rank, int d) {
  const int own = d - (rank - shape.size());
  return own < 0 ? 1 : shape[own];
}

[[noreturn]] void fail_incompatible(const auto& c, const Dims& a, const Dims& b) {
  c.fail(fmt::format("Incompatible shapes: {} vs. {}", PartialShape(std::span<const std::int64_t>(a)).to_string(),
                     PartialShape(std::span<const std::int64_t>(b)).to_string()));
}

void write(const std::vector<int>& values, Tensor& out) {
  visit<IndexTypes>(out.dtype(), [&]<typename T>() { std::copy(values.begin(), values.end(), out.data<T>()); });
}

// The axes over which the gradient of each operand is summed.
class BroadcastGradientArgs final : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    for (int i = 0; i < 2; ++i) {
      c.require(c.input_shape(i).rank() == 1,
                fmt::format("In[{}] must be a vector.{}", i, c.input_shape(i).to_string()));
    }
    const Dims a = indices_of(c.input_value(0));
    const Dims b = indices_of(c.input_value(1));
    axes_a_.clear();
    axes_b_.clear();
    const int rank = std::max(a.size(), b.size());
    for (int d = 0; d < rank && !(a == b); ++d) {
      const std::int64_t x = size_at(a, rank, d);
      const std::int64_t y = size_at(b, rank, d);
      if (x != y && x != 1 && y != 1) fail_incompatible(c, a, b);
      if (x == 1) axes_a_.push_back(d);
      if (y == 1) axes_b_.push_back(d);
    }
    c.set_output(0, Shape{static_cast<std::int64_t>(axes_a_.size())});
    c.set_output(1, Shape{static_cast<std::int64_t>(axes_b_.size())});
  }

  void run(RunContext& c) override {
    write(axes_a_, c.output(0));
    write(axes_b_, c.output(1));
  }

 private:
  std::vector<int> axes_a_, axes_b_;
};

class BroadcastArgs final : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    for (int i = 0; i < 2; ++i) {
      c.require(c.input_shape(i).rank() == 1,
                fmt::format("In[{}] must be a vector.{}", i, c.input_shape(i).to_string()));
    }
    c.set_output(0, Shape{std::max(c.input_shape(0)[0], c.input_shape(1)[0])});
  }

  void run(RunContext& c) override {
    const Dims a = indices_of(c.input(0));
    const Dims b = indices_of(c.input(1));
    const int rank = std::max(a.size(), b.size());
    visit<IndexTypes>(c.output(0).dtype(), [&]<typename T>() {
      T* out = c.output(0).data<T>();
      for (int d = 0; d < rank; ++d) {
        const std::int64_t x = size_at(a, rank, d);
        const std::int64_t y = size_at(b, rank, d);
        if (x != y && x != 1 && y != 1) fail_incompatible(c, a, b);
        out[d] = static_cast<T>(x == 1 ? y : x);
      }
    });
  }
};

}  // namespace

KernelMaker make_broadcast_gradient_args, make_broadcast_args;

std::unique_ptr<Kernel> make_broadcast_gradient_args(const KernelSetup&) {
  return std::make_unique<BroadcastGradientArgs>();
}
std::unique_ptr<Kernel> make_broadcast_args(const KernelSetup&) { return std::make_unique<BroadcastArgs>(); }

}  // namespace tenon
