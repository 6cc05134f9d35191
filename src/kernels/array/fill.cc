// Fill, ZerosLike, OnesLike.
#include "base/parallel_for.h"
#include "kernels/elements.h"

namespace tenon {
namespace {

template <typename T>
void fill(Tensor& out, const T& value) {
  T* to = storage<T>(out);
  parallel_for(out.elements(), 65536,
               [&](std::int64_t begin, std::int64_t end) { std::fill(to + begin, to + end, value); });
}

class FillKernel final : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    c.require(c.input_shape(0).rank() == 1,
              fmt::format("dims must be a vector, got shape {}", c.input_shape(0).to_string()));
    c.require(c.input_shape(1).elements() == 1,
              fmt::format("value must be a scalar, got shape {}", c.input_shape(1).to_string()));
    c.set_output(0, Shape::make(indices_of(c.input_value(0))));
  }
  void run(RunContext& c) override {
    visit_storage(c.output(0).dtype(), [&]<typename T>() { fill<T>(c.output(0), *storage<T>(c.input(1))); });
  }
};

class ZerosLikeKernel final : public Kernel {
 public:
  void prepare(PrepareContext& c) override { c.set_output(0, c.input_shape(0)); }
  void run(RunContext& c) override {
    visit_storage(c.output(0).dtype(), [&]<typename T>() { fill<T>(c.output(0), T{}); });
  }
};

template <typename T>
class OnesLikeKernel final : public Kernel {
 public:
  void prepare(PrepareContext& c) override { c.set_output(0, c.input_shape(0)); }
  void run(RunContext& c) override { fill<T>(c.output(0), static_cast<T>(Calc<T>(1))); }
};

}  // namespace

KernelMaker make_fill, make_zeros_like, make_ones_like;

std::unique_ptr<Kernel> make_fill(const KernelSetup&) { return std::make_unique<FillKernel>(); }
std::unique_ptr<Kernel> make_zeros_like(const KernelSetup& setup) {
  const DType type = type_attr(setup, "T");
  if (type == DType::Variant || type == DType::Resource) throw_no_kernel(setup.node, type);
  return std::make_unique<ZerosLikeKernel>();
}
std::unique_ptr<Kernel> make_ones_like(const KernelSetup& setup) {
  return make_typed<OnesLikeKernel, PlainTypes>(setup, type_attr(setup, "T"));
}

}  // namespace tenon
