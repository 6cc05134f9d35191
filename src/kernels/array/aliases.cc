// Operations that hand on their input's memory, under the same shape or another: Identity and its like, Reshape,
// ExpandDims, Squeeze, EnsureShape.
#include "kernels/elements.h"

namespace tenon {
namespace {

class AliasKernel : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    for (int i = 0; i < c.num_outputs(); ++i) c.alias_output(i, i, c.input_shape(i));
  }
  void run(RunContext& c) override {
    for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, c.input(i));
  }
};

// One input under another shape.
class ReshapeLike : public Kernel {
 public:
  void prepare(PrepareContext& c) final {
    shape_ = shape(c);
    c.alias_output(0, 0, shape_);
  }
  void run(RunContext& c) final { c.set_output(0, c.input(0).reshaped(shape_)); }

 private:
  virtual Shape shape(const PrepareContext& c) const = 0;
  Shape shape_;
};

class ReshapeKernel final : public ReshapeLike {
  Shape shape(const PrepareContext& c) const override {
    c.require(c.input_shape(1).rank() == 1,
              fmt::format("sizes input must be 1-D, not {}", c.input_shape(1).to_string()));
    Dims sizes = indices_of(c.input_value(1));
    const int unknown = unknown_size(c, sizes);
    if (unknown >= 0) sizes[unknown] = infer(c, sizes);
    const Shape shape = Shape::make(sizes);
    const std::int64_t elements = c.input_shape(0).elements();
    if (shape.elements() != elements) {
      c.fail(fmt::format("Input to reshape is a tensor with {} values, but the requested shape has {}", elements,
                         shape.elements()));
    }
    return shape;
  }

  static int unknown_size(const PrepareContext& c, const Dims& sizes) {
    int unknown = -1;
    for (int d = 0; d < sizes.size(); ++d) {
      if (sizes[d] < -1) c.fail(fmt::format("Size {} must be non-negative, not {}", d, sizes[d]));
      if (sizes[d] != -1) continue;
      if (unknown >= 0) c.fail(fmt::format("Only one input size may be -1, not both {} and {}", unknown, d));
      unknown = d;
    }
    return unknown;
  }

  // The size that -1 stands for. If another is 0, the input's sizes of 0 are left out of the reckoning.
  static std::int64_t infer(const PrepareContext& c, const Dims& sizes) {
    std::int64_t product = 1;
    bool has_zero = false;
    for (std::int64_t size : sizes) {
      if (size > 0) c.require(!__builtin_mul_overflow(product, size, &product), "the requested shape is too large");
      has_zero = has_zero || size == 0;
    }
    std::int64_t elements = 1;
    bool left_out = false;
    for (std::int64_t size : c.input_shape(0)) {
      if (size > 0 || !has_zero) elements *= size;
      else left_out = true;
    }
    if (elements % product != 0 && !left_out) {
      c.fail(fmt::format("Input to reshape is a tensor with {} values, but the requested shape requires a multiple "
                         "of {}",
                         c.input_shape(0).elements(), product));
    }
    return elements / product;
  }
};

class ExpandDimsKernel final : public ReshapeLike {
  Shape shape(const PrepareContext& c) const override {
    const Shape& input = c.input_shape(0);
    c.require(c.input_shape(1).elements() == 1, "'dim' must be a tensor with a single value");
    const std::int64_t axis = index_at(c.input_value(1), 0);
    if (axis < -1 - input.rank() || axis > input.rank()) {
      c.fail(fmt::format("Tried to expand dim index {} for tensor with {} dimensions.", axis, input.rank()));
    }
    const std::int64_t at = axis < 0 ? axis + input.rank() + 1 : axis;
    Shape out;
    for (int d = 0; d <= input.rank(); ++d) {
      if (d == at) out.push_back(1);
      if (d < input.rank()) out.push_back(input[d]);
    }
    return out;
  }
};

class SqueezeKernel final : public ReshapeLike {
 public:
  explicit SqueezeKernel(std::vector<std::int64_t> axes) : axes_(std::move(axes)) {}

 private:
  Shape shape(const PrepareContext& c) const override {
    const Shape& input = c.input_shape(0);
    std::vector<bool> asked(static_cast<std::size_t>(input.rank()), axes_.empty());
    for (std::int64_t axis : axes_) {
      if (axis < -input.rank() || axis >= input.rank()) {
        c.fail(fmt::format("Tried to squeeze dim index {} for tensor with {} dimensions.", axis, input.rank()));
      }
      asked[static_cast<std::size_t>(axis < 0 ? axis + input.rank() : axis)] = true;
    }
    Shape out;
    for (int d = 0; d < input.rank(); ++d) {
      const bool squeeze = asked[static_cast<std::size_t>(d)];
      if (squeeze && input[d] == 1) continue;
      if (squeeze && !axes_.empty()) {
        c.fail(fmt::format("Can not squeeze dim[{}], expected a dimension of 1, got {}", d, input[d]));
      }
      out.push_back(input[d]);
    }
    return out;
  }

  const std::vector<std::int64_t> axes_;
};

class EnsureShapeKernel final : public ReshapeLike {
  Shape shape(const PrepareContext& c) const override {
    const auto wanted = c.node().attr<PartialShape>("shape");
    if (!wanted.compatible_with(c.input_shape(0))) {
      const Edge input = c.node().inputs[0];
      c.fail(fmt::format("Shape of tensor {} {} is not compatible with expected shape {}.", input.node->name,
                         c.input_shape(0).to_string(), wanted.to_string()));
    }
    return c.input_shape(0);
  }
};

}  // namespace

KernelMaker make_identity, make_reshape, make_expand_dims, make_squeeze, make_ensure_shape;

// Identity, IdentityN, StopGradient, PreventGradient, Snapshot.
std::unique_ptr<Kernel> make_identity(const KernelSetup&) { return std::make_unique<AliasKernel>(); }
std::unique_ptr<Kernel> make_reshape(const KernelSetup&) { return std::make_unique<ReshapeKernel>(); }
std::unique_ptr<Kernel> make_expand_dims(const KernelSetup&) { return std::make_unique<ExpandDimsKernel>(); }
std::unique_ptr<Kernel> make_squeeze(const KernelSetup& setup) {
  return std::make_unique<SqueezeKernel>(setup.node.attr<std::vector<std::int64_t>>("squeeze_dims"));
}
std::unique_ptr<Kernel> make_ensure_shape(const KernelSetup&) { return std::make_unique<EnsureShapeKernel>(); }

}  // namespace tenon
