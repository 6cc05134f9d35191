// ArgMax, ArgMin.
#include <limits>

#include "base/parallel_for.h"
#include "kernels/elements.h"

namespace tenon {
namespace {

// NaN never wins; the first of equals does.
template <typename T, bool kMax>
bool better(T x, T best) {
  return kMax ? x > best : x < best;
}
template <typename T, bool kMax>
constexpr T worst() {
  using Limits = std::numeric_limits<T>;
  if constexpr (std::is_floating_point_v<T>) return kMax ? -Limits::infinity() : Limits::infinity();
  else return kMax ? Limits::lowest() : Limits::max();
}

template <typename T, typename I, bool kMax>
void arg_of_rows(const T* x, std::int64_t rows, std::int64_t n, I* out) {
  for (std::int64_t r = 0; r < rows; ++r, x += n) {
    Calc<T> best = worst<Calc<T>, kMax>();
    std::int64_t at = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      const Calc<T> value = load(x[i]);
      if (better<Calc<T>, kMax>(value, best)) {
        best = value;
        at = i;
      }
    }
    out[r] = static_cast<I>(at);
  }
}

// Over n planes of `inner` values.
template <typename T, typename I, bool kMax>
void arg_of_columns(const T* x, std::int64_t n, std::int64_t inner, I* out) {
  std::vector<Calc<T>> best(static_cast<std::size_t>(inner), worst<Calc<T>, kMax>());
  std::fill_n(out, inner, I(0));
  for (std::int64_t i = 0; i < n; ++i, x += inner) {
    for (std::int64_t c = 0; c < inner; ++c) {
      const Calc<T> value = load(x[c]);
      if (!better<Calc<T>, kMax>(value, best[static_cast<std::size_t>(c)])) continue;
      best[static_cast<std::size_t>(c)] = value;
      out[c] = static_cast<I>(i);
    }
  }
}

using ArgLoop = void (*)(const Tensor& x, std::int64_t outer, std::int64_t n, std::int64_t inner, Tensor& out);

template <typename T, typename I, bool kMax>
void arg_loop(const Tensor& input, std::int64_t outer, std::int64_t n, std::int64_t inner, Tensor& output) {
  const T* x = input.data<T>();
  I* out = output.data<I>();
  parallel_for(outer, std::max<std::int64_t>(1, 32768 / std::max<std::int64_t>(1, n * inner)),
               [&](std::int64_t begin, std::int64_t end) {
                 if (inner == 1) return arg_of_rows<T, I, kMax>(x + begin * n, end - begin, n, out + begin);
                 for (std::int64_t o = begin; o < end; ++o) {
                   arg_of_columns<T, I, kMax>(x + o * n * inner, n, inner, out + o * inner);
                 }
               });
}

class ArgKernel final : public Kernel {
 public:
  explicit ArgKernel(ArgLoop loop) : loop_(loop) {}

  void prepare(PrepareContext& c) override {
    const Shape& shape = c.input_shape(0);
    c.require(c.input_value(1).elements() == 1,
              fmt::format("dim must be a scalar, but received tensor of shape: {}", c.input_shape(1).to_string()));
    const std::int64_t given = index_at(c.input_value(1), 0);
    const std::int64_t axis = given < 0 ? given + shape.rank() : given;
    if (axis < 0 || axis >= shape.rank()) {
      c.fail(fmt::format("Expected dimension in the range [{}, {}), but got {}", -shape.rank(), shape.rank(), given));
    }
    n_ = shape[static_cast<int>(axis)];
    if (n_ == 0) c.fail(fmt::format("Reduction axis {} is empty in shape {}", given, shape.to_string()));
    outer_ = inner_ = 1;
    Shape out;
    for (int d = 0; d < shape.rank(); ++d) {
      if (d == axis) continue;
      out.push_back(shape[d]);
      (d < axis ? outer_ : inner_) *= shape[d];
    }
    c.set_output(0, out);
  }

  void run(RunContext& c) override { loop_(c.input(0), outer_, n_, inner_, c.output(0)); }

 private:
  const ArgLoop loop_;
  std::int64_t outer_ = 1, n_ = 1, inner_ = 1;
};

template <bool kMax>
std::unique_ptr<Kernel> make(const KernelSetup& setup) {
  using Results = Types<std::int64_t, std::int32_t, std::int16_t, std::uint16_t>;
  ArgLoop loop = nullptr;
  const DType type = type_attr(setup, "T");
  visit<Join<RealTypes, Types<bool>>>(type, [&]<typename T>() {
    visit<Results>(type_attr(setup, "output_type"), [&]<typename I>() { loop = &arg_loop<T, I, kMax>; });
  });
  if (!loop) throw_no_kernel(setup.node, type);
  return std::make_unique<ArgKernel>(loop);
}

}  // namespace

KernelMaker make_arg_max, make_arg_min;

std::unique_ptr<Kernel> make_arg_max(const KernelSetup& setup) { return make<true>(setup); }
std::unique_ptr<Kernel> make_arg_min(const KernelSetup& setup) { return make<false>(setup); }

}  // namespace tenon
