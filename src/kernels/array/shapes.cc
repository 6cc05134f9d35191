// Shape, ShapeN, Size, Rank: what is known of a tensor without its values.
#include "kernels/elements.h"

namespace tenon {
namespace {

void write(const Shape& shape, Tensor& out) {
  visit<IndexTypes>(out.dtype(), [&]<typename T>() { std::copy(shape.begin(), shape.end(), out.data<T>()); });
}

// int32 results must be able to say it.
void check_fits(const PrepareContext& c, const Shape& shape) {
  if (base_dtype(c.node().output_types[0]) != DType::Int32) return;
  for (std::int64_t size : shape) {
    if (size > INT32_MAX) {
      c.fail(fmt::format("Shape output type is 32-bit  but dim {} does not fit; use out_type=int64", size));
    }
  }
}

class ShapeKernel final : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    for (int i = 0; i < c.num_inputs(); ++i) {
      check_fits(c, c.input_shape(i));
      c.set_output(i, Shape{c.input_shape(i).rank()});
    }
  }
  void run(RunContext& c) override {
    for (int i = 0; i < c.num_inputs(); ++i) write(c.input(i).shape(), c.output(i));
  }
};

class SizeKernel final : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    check_fits(c, Shape{c.input_shape(0).elements()});
    c.set_output(0, Shape{});
  }
  void run(RunContext& c) override { write(Shape{c.input(0).elements()}, c.output(0)); }
};

class RankKernel final : public Kernel {
 public:
  void prepare(PrepareContext& c) override { c.set_output(0, Shape{}); }
  void run(RunContext& c) override { *c.output(0).data<std::int32_t>() = c.input(0).rank(); }
};

}  // namespace

KernelMaker make_shape, make_size, make_rank;

// Shape and ShapeN.
std::unique_ptr<Kernel> make_shape(const KernelSetup&) { return std::make_unique<ShapeKernel>(); }
std::unique_ptr<Kernel> make_size(const KernelSetup&) { return std::make_unique<SizeKernel>(); }
std::unique_ptr<Kernel> make_rank(const KernelSetup&) { return std::make_unique<RankKernel>(); }

}  // namespace tenon
