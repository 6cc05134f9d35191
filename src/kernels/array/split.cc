// Split, SplitV, Unpack: one array becomes several.
#include "kernels/array/blocks.h"

namespace tenon {
namespace {

// Writes the parts of input `input`, each as large along the axis as its output says.
void split(RunContext& c, int input, int axis, bool keeps_axis) {
  const Tensor& whole = c.input(input);
  const AxisSplit at = split_at(whole.shape(), axis);
  visit_storage(whole.dtype(), [&]<typename T>() {
    const T* from = storage<T>(whole);
    for (int i = 0; i < c.num_outputs(); ++i) {
      Tensor& part = c.output(i);
      const std::int64_t size = keeps_axis ? part.shape()[axis] : 1;
      const std::int64_t block = size * at.inner;
      if (part.elements() > 0) copy_blocks(from, at.size * at.inner, storage<T>(part), block, block, at.outer);
      from += block;
    }
  });
}

int checked_axis(const PrepareContext& c, const Tensor& axis, const Shape& shape, const char* name) {
  c.require(axis.elements() == 1, fmt::format("{} must have exactly one element.", name));
  const std::int64_t given = index_at(axis, 0);
  const std::int64_t at = given < 0 ? given + shape.rank() : given;
  if (at < 0 || at >= shape.rank()) {
    c.fail(
        fmt::format("-input rank(-{}) <= {} < input rank ({}), but got {}", shape.rank(), name, shape.rank(), given));
  }
  return static_cast<int>(at);
}

class SplitKernel final : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    const Shape& shape = c.input_shape(1);
    axis_ = checked_axis(c, c.input_value(0), shape, "split_dim");
    const std::int64_t parts = c.num_outputs();
    if (shape[axis_] % parts != 0) {
      c.fail(fmt::format("Number of ways to split should evenly divide the split dimension, but got split_dim {} (size "
                         "= {}) and num_split {}",
                         axis_, shape[axis_], parts));
    }
    if (parts == 1) return c.alias_output(0, 1, shape);
    Shape part = shape;
    part[axis_] = shape[axis_] / parts;
    for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, part);
  }
  void run(RunContext& c) override {
    if (c.num_outputs() == 1) c.set_output(0, c.input(1));
    else split(c, 1, axis_, true);
  }

 private:
  int axis_ = 0;
};

class SplitVKernel final : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    const Shape& shape = c.input_shape(0);
    axis_ = checked_axis(c, c.input_value(2), shape, "split_dim");
    Dims sizes = indices_of(c.input_value(1));
    if (c.input_shape(1).rank() != 1 || sizes.size() != c.num_outputs()) {
      c.fail(fmt::format("size_splits must be a 1-D tensor of {} sizes, one for each output, but has shape {}",
                         c.num_outputs(), c.input_shape(1).to_string()));
    }
    int unknown = -1;
    std::int64_t left = shape[axis_];
    for (int i = 0; i < sizes.size(); ++i) {
      if (sizes[i] == -1 && unknown < 0) {
        unknown = i;
      } else if (sizes[i] < 0) {
        c.fail(fmt::format("Split size at index {} must be >= 0 . Got: {}", i, sizes[i]));
      } else {
        left -= sizes[i];
        if (left < 0) break;
      }
    }
    if (left < 0 || (left > 0 && unknown < 0)) {
      c.fail(
          fmt::format("Determined shape must either match input shape along split_dim exactly if fully specified, or "
                      "be less than the size of the input along split_dim if not fully specified.  Got: {}",
                      shape[axis_] - left));
    }
    if (unknown >= 0) sizes[unknown] = left;
    Shape part = shape;
    for (int i = 0; i < sizes.size(); ++i) {
      part[axis_] = sizes[i];
      c.set_output(i, part);
    }
  }
  void run(RunContext& c) override { split(c, 0, axis_, true); }

 private:
  int axis_ = 0;
};

class UnpackKernel final : public Kernel {
 public:
  explicit UnpackKernel(std::int64_t axis) : given_(axis) {}

  void prepare(PrepareContext& c) override {
    const Shape& shape = c.input_shape(0);
    const std::int64_t axis = given_ < 0 ? given_ + shape.rank() : given_;
    if (axis < 0 || axis >= shape.rank()) {
      c.fail(fmt::format("axis = {} not in [{}, {})", given_, -shape.rank(), shape.rank()));
    }
    axis_ = static_cast<int>(axis);
    if (shape[axis_] != c.num_outputs()) {
      c.fail(fmt::format("Input shape axis {} must equal {}, got shape {}", axis_, c.num_outputs(), shape.to_string()));
    }
    Shape part;
    for (int d = 0; d < shape.rank(); ++d) {
      if (d != axis_) part.push_back(shape[d]);
    }
    for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, part);
  }
  void run(RunContext& c) override { split(c, 0, axis_, false); }

 private:
  const std::int64_t given_;
  int axis_ = 0;
};

}  // namespace

KernelMaker make_split, make_split_v, make_unpack;

std::unique_ptr<Kernel> make_split(const KernelSetup&) { return std::make_unique<SplitKernel>(); }
std::unique_ptr<Kernel> make_split_v(const KernelSetup&) { return std::make_unique<SplitVKernel>(); }
std::unique_ptr<Kernel> make_unpack(const KernelSetup& setup) {
  return std::make_unique<UnpackKernel>(setup.node.attr_or<std::int64_t>("axis", 0));
}

}  // namespace tenon
