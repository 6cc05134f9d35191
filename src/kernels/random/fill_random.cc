// RandomUniform, RandomStandardNormal, TruncatedNormal, RandomUniformInt.
#include <algorithm>

#include "base/parallel_for.h"
#include "kernels/random/distributions.h"

namespace tenon {
namespace {

// A run takes this many blocks of the generator for each number, whatever it needs.
constexpr std::uint64_t kBlocksPerNumber = 256;

// Groups [begin, end) of kCount numbers each. Group g starts at a place that depends on g alone, so that threads may
// share the work.
template <typename D>
void fill_groups(const D& distribution, const Philox& start, std::int64_t begin, std::int64_t end,
                 std::span<typename D::T> out) {
  constexpr auto kCount = static_cast<std::int64_t>(D::kCount);
  const auto total = static_cast<std::int64_t>(out.size());
  Philox random = start;
  if constexpr (!D::kStream) random.skip(static_cast<std::uint64_t>(begin));
  for (std::int64_t group = begin; group < end; ++group) {
    typename D::T numbers[D::kCount];
    if constexpr (D::kStream) {
      Philox own = start;
      own.skip(static_cast<std::uint64_t>(group) * D::kCount * kBlocksPerNumber / 4);
      PhiloxStream stream(own);
      distribution.draw(stream, numbers);
    } else {
      distribution.draw(random(), numbers);
    }
    std::copy_n(numbers, std::min(kCount, total - group * kCount), out.begin() + group * kCount);
  }
}

template <typename D>
void fill_random(const D& distribution, PhiloxState& state, Tensor& out) {
  if (out.elements() == 0) return;
  const Philox start = state.reserve(static_cast<std::uint64_t>(out.elements()) * kBlocksPerNumber);
  const std::span<typename D::T> numbers = out.flat<typename D::T>();
  const std::int64_t groups = (out.elements() + D::kCount - 1) / D::kCount;
  parallel_for(groups, 1024, [&](std::int64_t begin, std::int64_t end) {
    fill_groups(distribution, start, begin, end, numbers);
  });
}

// Input 0 is the shape wanted.
class FillKernel : public Kernel {
 public:
  explicit FillKernel(std::shared_ptr<PhiloxState> state) : state_(std::move(state)) {}
  void prepare(PrepareContext& c) override {
    c.require(c.input_shape(0).rank() == 1,
              fmt::format("shape must be a vector, got shape {}", c.input_shape(0).to_string()));
    c.set_output(0, Shape::make(indices_of(c.input_value(0))));
  }

 protected:
  PhiloxState& state() const { return *state_; }

 private:
  const std::shared_ptr<PhiloxState> state_;
};

template <typename D>
class DistributionKernel final : public FillKernel {
 public:
  using FillKernel::FillKernel;
  void run(RunContext& c) override { fill_random(D{}, state(), c.output(0)); }
};

template <typename T>
class UniformIntKernel final : public FillKernel {
 public:
  using FillKernel::FillKernel;
  void prepare(PrepareContext& c) override {
    for (int i = 1; i <= 2; ++i) {
      c.require(c.input_shape(i).rank() == 0, fmt::format("{} must be 0-D, got shape {}", i == 1 ? "minval" : "maxval",
                                                          c.input_shape(i).to_string()));
    }
    FillKernel::prepare(c);
  }
  void run(RunContext& c) override {
    const T low = *c.input(1).data<T>();
    const T high = *c.input(2).data<T>();
    if (c.output(0).elements() == 0) return;
    c.require(low < high, fmt::format("Need minval < maxval, got {} >= {}", low, high));
    using U = std::make_unsigned_t<T>;
    fill_random(UniformInteger<T>{low, static_cast<U>(static_cast<U>(high) - static_cast<U>(low))}, state(),
                c.output(0));
  }
};

template <template <typename> class D>
std::unique_ptr<Kernel> make(const KernelSetup& setup) {
  const DType type = type_attr(setup, "dtype");
  std::unique_ptr<Kernel> made;
  if (!visit<FloatTypes>(type, [&]<typename T>() {
        made = std::make_unique<DistributionKernel<D<T>>>(philox_state(setup));
      })) {
    throw_no_kernel(setup.node, type);
  }
  return made;
}

}  // namespace

KernelMaker make_random_uniform, make_random_standard_normal, make_truncated_normal, make_random_uniform_int;

std::unique_ptr<Kernel> make_random_uniform(const KernelSetup& setup) { return make<Uniform>(setup); }
std::unique_ptr<Kernel> make_random_standard_normal(const KernelSetup& setup) { return make<Normal>(setup); }
std::unique_ptr<Kernel> make_truncated_normal(const KernelSetup& setup) { return make<TruncatedNormal>(setup); }
std::unique_ptr<Kernel> make_random_uniform_int(const KernelSetup& setup) {
  return make_typed<UniformIntKernel, IndexTypes>(setup, type_attr(setup, "Tout"), philox_state(setup));
}

}  // namespace tenon
