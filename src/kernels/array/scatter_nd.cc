// ScatterNd, TensorScatterUpdate, TensorScatterAdd, TensorScatterSub.
#include "kernels/array/index_text.h"
#include "kernels/elements.h"

namespace tenon {
namespace {

enum class Into { Set, Add, Sub };

template <Into into, typename T>
void put(const T* from, std::int64_t n, T* to) {
  if constexpr (into == Into::Set) {
    copy_elements(from, n, to);
  } else if constexpr (std::is_same_v<T, bool>) {
    for (std::int64_t i = 0; i < n; ++i) to[i] = to[i] || from[i];
  } else if constexpr (std::is_integral_v<T>) {
    using U = std::conditional_t<(sizeof(T) < 4), std::uint32_t, std::make_unsigned_t<T>>;
    for (std::int64_t i = 0; i < n; ++i) {
      to[i] = static_cast<T>(into == Into::Add ? U(to[i]) + U(from[i]) : U(to[i]) - U(from[i]));
    }
  } else {
    for (std::int64_t i = 0; i < n; ++i) {
      to[i] = static_cast<T>(into == Into::Add ? load(to[i]) + load(from[i]) : load(to[i]) - load(from[i]));
    }
  }
}

// indices [..., depth] name slices of a result of `shape`; updates holds a slice for each.
struct Layout {
  std::int64_t rows = 0, depth = 0, inner = 1;

  void plan(const PrepareContext& c, const Shape& shape, const Shape& indices, const Shape& updates) {
    c.require(indices.rank() >= 1, "Indices shape must have rank at least one. Found:" + indices.to_string());
    depth = indices.back();
    if (depth > shape.rank()) {
      c.fail(fmt::format("The inner {} dimensions of indices index a tensor of shape {}", depth, shape.to_string()));
    }
    Shape wanted(std::span<const std::int64_t>(indices.data(), static_cast<std::size_t>(indices.rank() - 1)));
    rows = wanted.elements();
    inner = 1;
    for (int d = static_cast<int>(depth); d < shape.rank(); ++d) {
      wanted.push_back(shape[d]);
      inner *= shape[d];
    }
    if (updates != wanted) {
      c.fail(
          fmt::format("Dimensions of updates must be those of indices but the last, and of shape from {} on: indices "
                      "{} and shape {} want {}, but updates has {}",
                      depth, indices.to_string(), shape.to_string(), wanted.to_string(), updates.to_string()));
    }
  }

  template <Into into, typename T>
  void scatter(RunContext& c, const Tensor& indices, const Tensor& updates, Tensor& out) const {
    for (std::int64_t row = 0; row < rows; ++row) {
      std::int64_t at = 0;
      for (std::int64_t d = 0; d < depth; ++d) {
        const std::int64_t index = index_at(indices, row * depth + d);
        const std::int64_t limit = out.shape()[static_cast<int>(d)];
        if (index < 0 || index >= limit) {
          c.fail(fmt::format("indices{} = {} does not index into shape {}", row_text(indices.shape(), row),
                             row_values(indices, row), out.shape().to_string()));
        }
        at = at * limit + index;
      }
      put<into>(storage<T>(updates) + row * inner, inner, storage<T>(out) + at * inner);
    }
  }
};

template <typename T>
class ScatterNdKernel final : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    const Shape shape = Shape::make(indices_of(c.input_value(2)));
    layout_.plan(c, shape, c.input_shape(0), c.input_shape(1));
    c.set_output(0, shape);
  }
  void run(RunContext& c) override {
    Tensor& out = c.output(0);
    std::fill_n(storage<T>(out), out.elements(), T{});
    if constexpr (std::is_same_v<T, std::string>) layout_.scatter<Into::Set, T>(c, c.input(0), c.input(1), out);
    else layout_.scatter<Into::Add, T>(c, c.input(0), c.input(1), out);
  }

 private:
  Layout layout_;
};

template <Into into>
struct Scatter {
  template <typename T>
  class TensorScatter final : public Kernel {
   public:
    void prepare(PrepareContext& c) override {
      layout_.plan(c, c.input_shape(0), c.input_shape(1), c.input_shape(2));
      c.set_output(0, c.input_shape(0));
      c.may_overwrite(0, 0);
    }
    void run(RunContext& c) override {
      const Tensor& from = c.input(0);
      Tensor& out = c.output(0);
      if (from.raw() != out.raw()) copy_elements(storage<T>(from), from.elements(), storage<T>(out));
      layout_.scatter<into, T>(c, c.input(1), c.input(2), out);
    }

   private:
    Layout layout_;
  };
};

using StoredTypes = Join<PlainTypes, Types<std::string>>;

}  // namespace

KernelMaker make_scatter_nd, make_tensor_scatter_update, make_tensor_scatter_add, make_tensor_scatter_sub;

std::unique_ptr<Kernel> make_scatter_nd(const KernelSetup& setup) {
  return make_typed<ScatterNdKernel, StoredTypes>(setup, type_attr(setup, "T"));
}
std::unique_ptr<Kernel> make_tensor_scatter_update(const KernelSetup& setup) {
  return make_typed<Scatter<Into::Set>::TensorScatter, StoredTypes>(setup, type_attr(setup, "T"));
}
std::unique_ptr<Kernel> make_tensor_scatter_add(const KernelSetup& setup) {
  return make_typed<Scatter<Into::Add>::TensorScatter, NumberTypes>(setup, type_attr(setup, "T"));
}
std::unique_ptr<Kernel> make_tensor_scatter_sub(const KernelSetup& setup) {
  return make_typed<Scatter<Into::Sub>::TensorScatter, NumberTypes>(setup, type_attr(setup, "T"));
}

}  // namespace tenon
