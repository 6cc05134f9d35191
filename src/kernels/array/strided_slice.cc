// StridedSlice and its gradient.
#include "kernels/array/nd_copy.h"
#include "kernels/array/slice_spec.h"

namespace tenon {
namespace {

class StridedSliceKernel final : public Kernel {
 public:
  explicit StridedSliceKernel(const SliceMasks& masks) : masks_(masks) {}

  void prepare(PrepareContext& c) override {
    const SliceSpec spec =
        resolve_slice(c, c.input_shape(0), c.input_value(1), c.input_value(2), c.input_value(3), masks_);
    alias_ = spec.identity;
    shape_ = spec.shape;
    if (alias_) return c.alias_output(0, 0, shape_);
    copy_ = NdCopy(spec.sizes, spec.strides, strides_of(spec.sizes), spec.offset);
    c.set_output(0, shape_);
  }

  void run(RunContext& c) override {
    if (alias_) c.set_output(0, c.input(0).reshaped(shape_));
    else copy_.run(c.input(0), c.output(0));
  }

 private:
  const SliceMasks masks_;
  bool alias_ = false;
  Shape shape_;
  NdCopy copy_;
};

// Inputs: the shape of what was sliced, begin, end, strides, and the gradient of the slice.
class StridedSliceGradKernel final : public Kernel {
 public:
  explicit StridedSliceGradKernel(const SliceMasks& masks) : masks_(masks) {}

  void prepare(PrepareContext& c) override {
    c.require(c.input_shape(0).rank() == 1,
              fmt::format("shape must be 1-D, got shape {}", c.input_shape(0).to_string()));
    const Shape shape = Shape::make(indices_of(c.input_value(0)));
    const SliceSpec spec = resolve_slice(c, shape, c.input_value(1), c.input_value(2), c.input_value(3), masks_);
    if (c.input_shape(4) != spec.shape) {
      c.fail(fmt::format("shape of dy was {} instead of {}", c.input_shape(4).to_string(), spec.shape.to_string()));
    }
    copy_ = NdCopy(spec.sizes, strides_of(spec.sizes), spec.strides, 0, spec.offset);
    c.set_output(0, shape);
  }

  void run(RunContext& c) override {
    Tensor& out = c.output(0);
    visit_storage(out.dtype(), [&]<typename T>() { std::fill_n(storage<T>(out), out.elements(), T{}); });
    copy_.run(c.input(4), out);
  }

 private:
  const SliceMasks masks_;
  NdCopy copy_;
};

}  // namespace

KernelMaker make_strided_slice, make_strided_slice_grad;

std::unique_ptr<Kernel> make_strided_slice(const KernelSetup& setup) {
  return std::make_unique<StridedSliceKernel>(SliceMasks(setup.node));
}
std::unique_ptr<Kernel> make_strided_slice_grad(const KernelSetup& setup) {
  return std::make_unique<StridedSliceGradKernel>(SliceMasks(setup.node));
}

}  // namespace tenon
