// ConcatV2, Concat, Pack: several arrays become one. ConcatOffset: where each of them starts.
#include <fmt/ranges.h>

#include "kernels/array/blocks.h"

namespace tenon {
namespace {

class ConcatKernel final : public Kernel {
 public:
  // Where the axis stands among the inputs: last (ConcatV2) or first (Concat).
  explicit ConcatKernel(bool axis_last) : axis_last_(axis_last) {}

  void prepare(PrepareContext& c) override {
    first_ = axis_last_ ? 0 : 1;
    count_ = c.num_inputs() - 1;
    const Tensor& axis_value = c.input_value(axis_last_ ? count_ : 0);
    c.require(axis_value.elements() == 1,
              fmt::format("ConcatOp : Concat dim tensor should be a scalar, not {}", axis_value.shape().to_string()));
    const std::int64_t given = index_at(axis_value, 0);
    Shape out = c.input_shape(first_);
    const std::int64_t axis = given < 0 ? given + out.rank() : given;
    // Two scalars may be joined: TensorFlow once allowed it.
    if (axis < 0 || axis >= std::max(out.rank(), 1)) {
      c.fail(fmt::format("ConcatOp : Expected concatenating dimensions in the range [{}, {}), but got {}", -out.rank(),
                         out.rank(), given));
    }
    std::int64_t total = 0;
    for (int i = 0; i < count_; ++i) {
      check_fits(c, i, static_cast<int>(axis));
      const Shape& shape = c.input_shape(first_ + i);
      total += shape.rank() == 0 ? 1 : shape[static_cast<int>(axis)];
    }
    if (out.rank() == 0) out.push_back(0);
    out[static_cast<int>(axis)] = total;
    axis_ = static_cast<int>(axis);
    c.set_output(0, Shape::make(out));
  }

  void run(RunContext& c) override {
    Tensor& out = c.output(0);
    visit_storage(out.dtype(), [&]<typename T>() {
      const AxisSplit whole = split_at(out.shape(), axis_);
      const std::int64_t step = whole.size * whole.inner;
      T* to = storage<T>(out);
      for (int i = 0; i < count_; ++i) {
        const Tensor& part = c.input(first_ + i);
        if (part.elements() == 0) continue;
        const std::int64_t block = part.elements() / whole.outer;
        copy_blocks(storage<T>(part), block, to, step, block, whole.outer);
        to += block;
      }
    });
  }

 private:
  void check_fits(const PrepareContext& c, int i, int axis) const {
    const Shape& first = c.input_shape(first_);
    const Shape& shape = c.input_shape(first_ + i);
    bool fits = shape.rank() == first.rank();
    if (!fits) {
      c.fail(fmt::format("ConcatOp : Ranks of all input tensors should match: shape[0] = {} vs. shape[{}] = {}",
                         first.to_string(), i, shape.to_string()));
    }
    for (int d = 0; d < first.rank(); ++d) {
      if (d == axis || shape[d] == first[d]) continue;
      c.fail(fmt::format("ConcatOp : Dimension {} in both shapes must be equal: shape[0] = {} vs. shape[{}] = {}", d,
                         first.to_string(), i, shape.to_string()));
    }
  }

  const bool axis_last_;
  int first_ = 0, count_ = 0, axis_ = 0;
};

class PackKernel final : public Kernel {
 public:
  explicit PackKernel(std::int64_t axis) : given_(axis) {}

  void prepare(PrepareContext& c) override {
    const Shape& shape = c.input_shape(0);
    const int rank = shape.rank() + 1;
    const std::int64_t axis = given_ < 0 ? given_ + rank : given_;
    if (axis < 0 || axis >= rank) c.fail(fmt::format("axis = {} not in [{}, {})", given_, -rank, rank));
    for (int i = 1; i < c.num_inputs(); ++i) {
      if (c.input_shape(i) == shape) continue;
      c.fail(fmt::format("Shapes of all inputs must match: values[0].shape = {} != values[{}].shape = {}",
                         shape.to_string(), i, c.input_shape(i).to_string()));
    }
    Shape out;
    for (int d = 0; d < rank; ++d) out.push_back(d < axis ? shape[d] : d == axis ? c.num_inputs() : shape[d - 1]);
    axis_ = static_cast<int>(axis);
    c.set_output(0, Shape::make(out));
  }

  void run(RunContext& c) override {
    Tensor& out = c.output(0);
    if (out.elements() == 0) return;
    visit_storage(out.dtype(), [&]<typename T>() {
      const AxisSplit whole = split_at(out.shape(), axis_);
      for (int i = 0; i < c.num_inputs(); ++i) {
        copy_blocks(storage<T>(c.input(i)), whole.inner, storage<T>(out) + i * whole.inner, whole.size * whole.inner,
                    whole.inner, whole.outer);
      }
    });
  }

 private:
  const std::int64_t given_;
  int axis_ = 0;
};

class ConcatOffsetKernel final : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    c.require(
        c.input_shape(0).rank() == 0,
        fmt::format("Concat dim tensor should be a scalar integer, but got shape {}", c.input_shape(0).to_string()));
    for (int i = 1; i < c.num_inputs(); ++i) {
      c.require(c.input_shape(i).rank() == 1, fmt::format("input {} should be a vector, but got shape {}", i - 1,
                                                          c.input_shape(i).to_string()));
      c.set_output(i - 1, c.input_shape(i));
    }
  }

  void run(RunContext& c) override {
    const std::int64_t rank = c.input(1).elements();
    const std::int64_t given = index_at(c.input(0), 0);
    const std::int64_t axis = given < 0 ? given + rank : given;
    if (axis < 0 || axis >= rank) {
      c.fail(fmt::format("Concat dim is out of range: {} vs. {}", given, rank));
    }
    std::int64_t offset = 0;
    for (int i = 0; i < c.num_outputs(); ++i) {
      check_fits(c, i, rank, axis);
      visit<IndexTypes>(c.output(i).dtype(), [&]<typename T>() {
        T* out = c.output(i).data<T>();
        std::fill_n(out, rank, T(0));
        out[axis] = static_cast<T>(offset);
      });
      offset += index_at(c.input(i + 1), axis);
    }
  }

 private:
  static void check_fits(RunContext& c, int i, std::int64_t rank, std::int64_t axis) {
    const Tensor& shape = c.input(i + 1);
    if (shape.elements() != rank) {
      c.fail(fmt::format("input {} should contain {} elements, but got {}", i, rank, shape.elements()));
    }
    for (std::int64_t d = 0; d < rank; ++d) {
      const std::int64_t first = index_at(c.input(1), d);
      const std::int64_t own = index_at(shape, d);
      if (d == axis || first == own) continue;
      c.fail(fmt::format("All dimensions except {} must match. Input {} has shape {} and doesn't match input 0 with "
                         "shape {}.",
                         axis, i, text(shape), text(c.input(1))));
    }
  }
  static std::string text(const Tensor& shape) { return fmt::format("[{}]", fmt::join(indices_of(shape), " ")); }
};

}  // namespace

KernelMaker make_concat_v2, make_concat, make_pack, make_concat_offset;

std::unique_ptr<Kernel> make_concat_v2(const KernelSetup&) { return std::make_unique<ConcatKernel>(true); }
std::unique_ptr<Kernel> make_concat(const KernelSetup&) { return std::make_unique<ConcatKernel>(false); }
std::unique_ptr<Kernel> make_pack(const KernelSetup& setup) {
  return std::make_unique<PackKernel>(setup.node.attr_or<std::int64_t>("axis", 0));
}
std::unique_ptr<Kernel> make_concat_offset(const KernelSetup&) { return std::make_unique<ConcatOffsetKernel>(); }

}  // namespace tenon
