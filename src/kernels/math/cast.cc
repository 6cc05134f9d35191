// Cast: every plain type to every other. What C++ leaves undefined is as TensorFlow does it on x86-64: numbers that do
// not fit, and NaN, become the smallest int32 or int64, of which narrower types keep the low bits.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/parallel_for.h"
#include "kernels/elements.h"
#include "kernels/math/cast_tensor.h"

namespace tenon {
namespace {

template <typename I, typename F>
I truncate_to(F x) {
  constexpr F kLimit = static_cast<F>(sizeof(I) == 4 ? 0x1p31 : 0x1p63);
  return x >= -kLimit && x < kLimit ? static_cast<I>(x) : std::numeric_limits<I>::min();
}

template <typename To, typename F>
To float_to_integer(F x) {
  constexpr bool narrow = sizeof(To) < 4 || std::is_same_v<To, std::int32_t>;
  if constexpr (std::is_same_v<To, std::uint64_t>) {
    if (x >= F(0x1p63) && x < F(0x1p64)) return static_cast<To>(x);
  }
  if constexpr (narrow) return static_cast<To>(truncate_to<std::int32_t>(x));
  else return static_cast<To>(truncate_to<std::int64_t>(x));
}

template <typename To, typename From>
To convert(From x) {
  if constexpr (is_complex_type<From> && is_complex_type<To>) {
    using R = typename To::value_type;
    return To(static_cast<R>(x.real()), static_cast<R>(x.imag()));
  } else if constexpr (is_complex_type<From>) {
    return convert<To>(x.real());
  } else if constexpr (is_complex_type<To>) {
    return To(convert<typename To::value_type>(x));
  } else if constexpr (is_small_float<From>) {
    return convert<To>(static_cast<float>(x));
  } else if constexpr (is_small_float<To>) {
    return To(static_cast<float>(x));
  } else if constexpr (std::is_same_v<To, bool>) {
    return x != From(0);
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    return float_to_integer<To>(x);
  } else {
    return static_cast<To>(x);
  }
}

template <typename T>
constexpr int mantissa_bits() {
  if constexpr (std::is_same_v<T, double> || std::is_same_v<T, std::complex<double>>) return 52;
  else if constexpr (std::is_same_v<T, float> || std::is_same_v<T, std::complex<float>>) return 23;
  else if constexpr (std::is_same_v<T, Half>) return 10;
  else return 7;
}

// x with the bits cleared that To has no room for, so that the conversion cuts instead of rounding.
template <typename To, typename From>
From cut(From x) {
  constexpr int kBits = mantissa_bits<From>() - mantissa_bits<To>();
  if constexpr (kBits <= 0 || is_small_float<From>) {
    return x;
  } else if constexpr (is_complex_type<From>) {
    return From(cut<float>(x.real()), cut<float>(x.imag()));
  } else {
    using U = std::conditional_t<sizeof(From) == 8, std::uint64_t, std::uint32_t>;
    return std::bit_cast<From>(std::bit_cast<U>(x) & ~((U(1) << kBits) - 1));
  }
}

using CastLoop = void (*)(const std::byte* from, std::byte* to, std::int64_t begin, std::int64_t end);

template <typename From, typename To>
void cast_loop(const std::byte* from, std::byte* to, std::int64_t begin, std::int64_t end) {
  const From* x = reinterpret_cast<const From*>(from);
  To* y = reinterpret_cast<To*>(to);
  for (std::int64_t i = begin; i < end; ++i) y[i] = convert<To>(x[i]);
}

template <typename From, typename To>
void cut_loop(const std::byte* from, std::byte* to, std::int64_t begin, std::int64_t end) {
  const From* x = reinterpret_cast<const From*>(from);
  To* y = reinterpret_cast<To*>(to);
  for (std::int64_t i = begin; i < end; ++i) y[i] = convert<To>(cut<To>(x[i]));
}

class CastKernel final : public Kernel {
 public:
  CastKernel(CastLoop loop, bool same_size) : loop_(loop), same_size_(same_size) {}

  void prepare(PrepareContext& c) override {
    if (!loop_) return c.alias_output(0, 0, c.input_shape(0));
    c.set_output(0, c.input_shape(0));
    if (same_size_) c.may_overwrite(0, 0);
  }

  void run(RunContext& c) override {
    const std::byte* from = c.input(0).raw();
    std::byte* to = c.output(0).raw();
    parallel_for(c.input(0).elements(), 32768,
                 [&](std::int64_t begin, std::int64_t end) { loop_(from, to, begin, end); });
  }

 private:
  const CastLoop loop_;  // null: the types are the same
  const bool same_size_;
};

CastLoop find_cast(DType from, DType to, bool truncate) {
  CastLoop loop = nullptr;
  visit<PlainTypes>(from, [&]<typename From>() {
    visit<PlainTypes>(to, [&]<typename To>() {
      loop = &cast_loop<From, To>;
      constexpr bool floats = !std::is_integral_v<From> && !std::is_integral_v<To>;
      if constexpr (floats && mantissa_bits<From>() > mantissa_bits<To>() &&
                    is_complex_type<From> == is_complex_type<To>) {
        if (truncate) loop = &cut_loop<From, To>;
      }
    });
  });
  return loop;
}

}  // namespace

bool can_cast(DType from, DType to) { return find_cast(from, to, false) != nullptr; }

Tensor cast_tensor(const Tensor& value, DType to) {
  if (value.dtype() == to) return value;
  Tensor result(to, value.shape());
  const CastLoop loop = find_cast(value.dtype(), to, false);
  parallel_for(value.elements(), 32768,
               [&](std::int64_t begin, std::int64_t end) { loop(value.raw(), result.raw(), begin, end); });
  return result;
}

bool same_values(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || !(a.shape() == b.shape())) return false;
  bool same = false;
  visit<PlainTypes>(a.dtype(), [&]<typename T>() {
    const auto equal = [](const T& x, const T& y) {
      if constexpr (is_small_float<T>) {
        const auto u = static_cast<float>(x), v = static_cast<float>(y);
        return u == v || (u != u && v != v);
      } else {
        return x == y || (x != x && y != y);
      }
    };
    const auto x = a.flat<T>(), y = b.flat<T>();
    same = std::equal(x.begin(), x.end(), y.begin(), equal);
  });
  return same;
}

KernelMaker make_cast;

std::unique_ptr<Kernel> make_cast(const KernelSetup& setup) {
  const DType from = type_attr(setup, "SrcT");
  const DType to = type_attr(setup, "DstT");
  if (from == to) return std::make_unique<CastKernel>(nullptr, true);
  const CastLoop loop = find_cast(from, to, setup.node.attr_or<bool>("Truncate", false));
  if (!loop) {
    throw Error(Code::Unimplemented, fmt::format("{}: Cast {} to {} is not supported", describe(setup.node),
                                                 dtype_name(from), dtype_name(to)));
  }
  return std::make_unique<CastKernel>(loop, dtype_size(from) == dtype_size(to));
}

}  // namespace tenon
