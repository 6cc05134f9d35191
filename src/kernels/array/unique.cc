// Unique, UniqueWithCounts; Where; InvertPermutation.
#include <unordered_map>

#include "kernels/elements.h"

namespace tenon {
namespace {

template <typename T>
struct KeyHash {
  std::size_t operator()(const T& x) const {
    if constexpr (is_small_float<T>) return std::hash<float>()(load(x));
    else return std::hash<T>()(x);
  }
};
template <typename T>
struct SameKey {
  bool operator()(const T& a, const T& b) const { return load(a) == load(b); }
};

template <typename T>
class UniqueKernel final : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    c.require(c.input_shape(0).rank() == 1, "unique expects a 1D vector.");
    c.dynamic_output(0);
    c.set_output(1, c.input_shape(0));
    if (c.num_outputs() > 2) c.dynamic_output(2);
  }

  void run(RunContext& c) override {
    const std::span<const T> x = c.input(0).template flat<T>();
    std::unordered_map<T, std::int64_t, KeyHash<T>, SameKey<T>> places;
    places.reserve(x.size());
    std::vector<std::int64_t> first, counts;
    visit<IndexTypes>(c.output(1).dtype(), [&]<typename I>() {
      I* index = c.output(1).data<I>();
      for (std::size_t i = 0; i < x.size(); ++i) {
        const auto [at, fresh] = places.try_emplace(x[i], static_cast<std::int64_t>(first.size()));
        if (fresh) {
          first.push_back(static_cast<std::int64_t>(i));
          counts.push_back(0);
        }
        ++counts[static_cast<std::size_t>(at->second)];
        index[i] = static_cast<I>(at->second);
      }
      const Shape shape{static_cast<std::int64_t>(first.size())};
      Tensor unique(c.input(0).dtype(), shape);
      for (std::size_t i = 0; i < first.size(); ++i) {
        unique.data<T>()[i] = x[static_cast<std::size_t>(first[i])];
      }
      c.set_output(0, std::move(unique));
      if (c.num_outputs() < 3) return;
      Tensor how_many(dtype_of<I>(), shape);
      std::copy(counts.begin(), counts.end(), how_many.data<I>());
      c.set_output(2, std::move(how_many));
    });
  }
};

template <typename T>
class WhereKernel final : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    c.require(c.input_shape(0).rank() > 0, "WhereOp : Unhandled input dimensions: 0");
    c.dynamic_output(0);
  }

  void run(RunContext& c) override {
    const Tensor& x = c.input(0);
    const std::span<const T> values = x.flat<T>();
    const auto is_set = [](const T& value) { return !(load(value) == Calc<T>(0)); };
    const std::int64_t count = std::count_if(values.begin(), values.end(), is_set);
    const int rank = x.rank();
    Tensor out(DType::Int64, Shape{count, rank});
    std::int64_t* to = out.data<std::int64_t>();
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!is_set(values[i])) continue;
      auto rest = static_cast<std::int64_t>(i);
      for (int d = rank - 1; d >= 0; --d) {
        to[d] = rest % x.shape()[d];
        rest /= x.shape()[d];
      }
      to += rank;
    }
    c.set_output(0, std::move(out));
  }
};

template <typename T>
class InvertPermutationKernel final : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    c.require(c.input_shape(0).rank() == 1, "invert_permutation expects a 1D vector.");
    c.set_output(0, c.input_shape(0));
  }

  void run(RunContext& c) override {
    const std::span<const T> x = c.input(0).template flat<T>();
    const std::span<T> out = c.output(0).template flat<T>();
    std::fill(out.begin(), out.end(), T(-1));
    for (std::size_t i = 0; i < x.size(); ++i) {
      const auto at = static_cast<std::uint64_t>(static_cast<std::int64_t>(x[i]));
      if (at >= x.size()) c.fail(fmt::format("{} is not between 0 and {}", x[i], x.size()));
      if (out[at] != T(-1)) c.fail(fmt::format("{} is duplicated in the input.", x[i]));
      out[at] = static_cast<T>(i);
    }
  }
};

}  // namespace

KernelMaker make_unique_kernel, make_where, make_invert_permutation;

// Unique and UniqueWithCounts.
std::unique_ptr<Kernel> make_unique_kernel(const KernelSetup& setup) {
  return make_typed<UniqueKernel, Join<RealTypes, Types<bool, std::string>>>(setup, type_attr(setup, "T"));
}
std::unique_ptr<Kernel> make_where(const KernelSetup& setup) {
  return make_typed<WhereKernel, PlainTypes>(setup, type_attr(setup, "T"));
}
std::unique_ptr<Kernel> make_invert_permutation(const KernelSetup& setup) {
  return make_typed<InvertPermutationKernel, IndexTypes>(setup, type_attr(setup, "T"));
}

}  // namespace tenon
