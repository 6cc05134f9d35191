// Slice, Tile, BroadcastTo, Transpose, ReverseV2, Pad: copies with other strides.
#include "kernels/array/nd_copy.h"

namespace tenon {
namespace {

using List = std::vector<std::int64_t>;

// What they share: prepare() sets the copy up, run() does it.
class CopyKernel : public Kernel {
 public:
  void run(RunContext& c) override {
    if (alias_) c.set_output(0, c.input(0).reshaped(shape_));
    else copy_.run(c.input(0), c.output(0));
  }

 protected:
  void set_alias(PrepareContext& c, const Shape& shape) {
    alias_ = true;
    shape_ = shape;
    c.alias_output(0, 0, shape);
  }
  void set_copy(PrepareContext& c, const Shape& shape, NdCopy copy) {
    alias_ = false;
    copy_ = std::move(copy);
    c.set_output(0, shape);
  }

 private:
  bool alias_ = false;
  Shape shape_;
  NdCopy copy_;
};

List to_list(const Dims& dims) { return List(dims.begin(), dims.end()); }

class SliceKernel final : public CopyKernel {
 public:
  void prepare(PrepareContext& c) override {
    const Shape& shape = c.input_shape(0);
    const Dims begin = indices_of(c.input_value(1));
    const Dims size = indices_of(c.input_value(2));
    if (begin.size() != shape.rank() || size.size() != shape.rank()) {
      c.fail(fmt::format("Expected begin and size arguments to be 1-D tensors of size {}, but got shapes {} and {} "
                         "instead.",
                         shape.rank(), c.input_shape(1).to_string(), c.input_shape(2).to_string()));
    }
    const List strides = strides_of(shape);
    Shape out;
    std::int64_t offset = 0;
    for (int d = 0; d < shape.rank(); ++d) {
      const std::int64_t length = size[d] == -1 ? shape[d] - begin[d] : size[d];
      if (begin[d] < 0 || begin[d] > shape[d]) {
        c.fail(fmt::format("Expected begin[{}] in [0, {}], but got {}", d, shape[d], begin[d]));
      }
      if (length < 0 || length > shape[d] - begin[d]) {
        c.fail(fmt::format("Expected size[{}] in [0, {}], but got {}", d, shape[d] - begin[d], length));
      }
      offset += begin[d] * strides[static_cast<std::size_t>(d)];
      out.push_back(length);
    }
    if (out == shape) return set_alias(c, out);
    set_copy(c, out, NdCopy(to_list(out), strides, strides_of(out), offset));
  }
};

class TileKernel final : public CopyKernel {
 public:
  void prepare(PrepareContext& c) override {
    const Shape& shape = c.input_shape(0);
    c.require(c.input_shape(1).rank() == 1,
              fmt::format("Expected multiples to be 1-D, but got shape {}", c.input_shape(1).to_string()));
    const Dims multiples = indices_of(c.input_value(1));
    if (multiples.size() != shape.rank()) {
      c.fail(fmt::format("Expected multiples argument to be a vector of length {} but got length {}", shape.rank(),
                         multiples.size()));
    }
    const List strides = strides_of(shape);
    List out, sizes, from;
    for (int d = 0; d < shape.rank(); ++d) {
      if (multiples[d] < 0) c.fail(fmt::format("Expected multiples[{}] >= 0, but got {}", d, multiples[d]));
      if (shape[d] > 0 && multiples[d] > INT64_MAX / shape[d]) c.fail("the tiled tensor would be too large");
      out.push_back(shape[d] * multiples[d]);
      sizes.insert(sizes.end(), {multiples[d], shape[d]});
      from.insert(from.end(), {0, strides[static_cast<std::size_t>(d)]});
    }
    const Shape result = Shape::make(out);
    if (result == shape) return set_alias(c, shape);
    set_copy(c, result, NdCopy(sizes, from, strides_of(sizes)));
  }
};

class BroadcastToKernel final : public CopyKernel {
 public:
  void prepare(PrepareContext& c) override {
    const Shape& shape = c.input_shape(0);
    const Shape out = Shape::make(indices_of(c.input_value(1)));
    const int missing = out.rank() - shape.rank();
    if (missing < 0) {
      c.fail(fmt::format("Rank of input ({}) must be no greater than rank of output shape ({}).", shape.rank(),
                         out.rank()));
    }
    const List strides = strides_of(shape);
    List from(static_cast<std::size_t>(out.rank()), 0);
    bool fits = true;
    for (int d = 0; fits && d < shape.rank(); ++d) {
      fits = shape[d] == out[missing + d] || shape[d] == 1;
      if (shape[d] != 1) from[static_cast<std::size_t>(missing + d)] = strides[static_cast<std::size_t>(d)];
    }
    if (!fits) {
      c.fail(fmt::format("Incompatible shapes: {} vs. {}", shape.to_string(), out.to_string()));
    }
    if (out == shape) return set_alias(c, shape);
    set_copy(c, out, NdCopy(to_list(out), from, strides_of(out)));
  }
};

class TransposeKernel final : public CopyKernel {
 public:
  void prepare(PrepareContext& c) override {
    const Shape& shape = c.input_shape(0);
    const Dims order = indices_of(c.input_value(1));
    if (c.input_shape(1).rank() != 1) {
      c.fail(fmt::format("perm must be rank 1, got shape {}", c.input_shape(1).to_string()));
    }
    if (order.size() != shape.rank()) {
      c.fail(fmt::format("transpose expects a vector of size {}. But input(1) is a vector of size {}", shape.rank(),
                         order.size()));
    }
    const List strides = strides_of(shape);
    std::vector<bool> seen(strides.size(), false);
    Shape out;
    List from;
    std::vector<int> moving;  // dimensions of more than one element, in their new order
    for (int d = 0; d < order.size(); ++d) {
      const std::int64_t source = order[d] < 0 ? order[d] + shape.rank() : order[d];
      if (source < 0 || source >= shape.rank())
        c.fail(fmt::format("{} is out of range [0 .. {})", order[d], shape.rank()));
      const auto at = static_cast<std::size_t>(source);
      if (seen[at]) c.fail(fmt::format("{} is missing from {{{}}}.", missing(seen), c.input_value(1).to_string()));
      seen[at] = true;
      out.push_back(shape[static_cast<int>(source)]);
      from.push_back(strides[at]);
      if (out.back() != 1) moving.push_back(static_cast<int>(source));
    }
    if (std::is_sorted(moving.begin(), moving.end())) return set_alias(c, out);
    set_copy(c, out, NdCopy(to_list(out), from, strides_of(out)));
  }

 private:
  static std::size_t missing(const std::vector<bool>& seen) {
    return static_cast<std::size_t>(std::find(seen.begin(), seen.end(), false) - seen.begin());
  }
};

class ReverseKernel final : public CopyKernel {
 public:
  void prepare(PrepareContext& c) override {
    const Shape& shape = c.input_shape(0);
    const Tensor& axes = c.input_value(1);
    List from = strides_of(shape);
    std::int64_t offset = 0;
    std::vector<bool> reversed(from.size(), false);
    for (std::int64_t i = 0; i < axes.elements(); ++i) {
      const std::int64_t axis = index_at(axes, i);
      if (axis < -shape.rank() || axis >= shape.rank()) {
        c.fail(fmt::format("'axis'[{}] = {} is out of valid range [0, {}", i, axis, shape.rank() - 1));
      }
      const auto at = static_cast<std::size_t>(axis < 0 ? axis + shape.rank() : axis);
      if (reversed[at]) c.fail(fmt::format("axis {} specified more than once.", at));
      reversed[at] = true;
      offset += (shape[static_cast<int>(at)] - 1) * from[at];
      from[at] = -from[at];
    }
    if (offset == 0) return set_alias(c, shape);
    set_copy(c, shape, NdCopy(to_list(shape), from, strides_of(shape), offset));
  }
};

class PadKernel final : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    const Shape& shape = c.input_shape(0);
    if (c.input_shape(1) != Shape{shape.rank(), 2}) {
      c.fail(fmt::format("The first dimension of paddings must be the rank of inputs{} {}",
                         c.input_shape(1).to_string(), shape.to_string()));
    }
    const Tensor& paddings = c.input_value(1);
    List out;
    List before;
    for (int d = 0; d < shape.rank(); ++d) {
      const std::int64_t front = index_at(paddings, 2 * d);
      const std::int64_t back = index_at(paddings, 2 * d + 1);
      if (front < 0 || back < 0) c.fail(fmt::format("Paddings must be non-negative: {} {}", front, back));
      c.require(front < (INT64_MAX >> 2) && back < (INT64_MAX >> 2) && shape[d] < (INT64_MAX >> 2),
                "paddings too large");
      before.push_back(front);
      out.push_back(front + shape[d] + back);
    }
    const Shape result = Shape::make(out);
    const List to = strides_of(out);
    std::int64_t offset = 0;
    for (std::size_t d = 0; d < to.size(); ++d) offset += before[d] * to[d];
    copy_ = NdCopy(to_list(shape), strides_of(shape), to, 0, offset);
    c.set_output(0, result);
  }

  void run(RunContext& c) override {
    Tensor& out = c.output(0);
    visit_storage(out.dtype(), [&]<typename T>() {
      const T value = c.num_inputs() > 2 ? *storage<T>(c.input(2)) : T{};
      T* to = storage<T>(out);
      parallel_for(out.elements(), 65536,
                   [&](std::int64_t begin, std::int64_t end) { std::fill(to + begin, to + end, value); });
    });
    copy_.run(c.input(0), out);
  }

 private:
  NdCopy copy_;
};

}  // namespace

KernelMaker make_slice, make_tile, make_broadcast_to, make_transpose, make_reverse_v2, make_pad;

std::unique_ptr<Kernel> make_slice(const KernelSetup&) { return std::make_unique<SliceKernel>(); }
std::unique_ptr<Kernel> make_tile(const KernelSetup&) { return std::make_unique<TileKernel>(); }
std::unique_ptr<Kernel> make_broadcast_to(const KernelSetup&) { return std::make_unique<BroadcastToKernel>(); }
std::unique_ptr<Kernel> make_transpose(const KernelSetup&) { return std::make_unique<TransposeKernel>(); }
std::unique_ptr<Kernel> make_reverse_v2(const KernelSetup&) { return std::make_unique<ReverseKernel>(); }
std::unique_ptr<Kernel> make_pad(const KernelSetup&) { return std::make_unique<PadKernel>(); }

}  // namespace tenon
