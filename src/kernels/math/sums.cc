// Sum, Mean, Prod.
#include <complex>

#include "kernels/math/reduction.h"

namespace tenon {
namespace {

// What sums and products of T are made in: floats in double, integers modulo 2^bits.
template <typename T>
struct SumType {
  using type = std::conditional_t<is_real_float<T>, double, std::complex<double>>;
};
template <typename T>
  requires std::is_integral_v<T>
struct SumType<T> {
  using type = std::conditional_t<(sizeof(T) < 4), std::uint32_t, std::make_unsigned_t<T>>;
};

template <typename Acc, typename T>
Acc widen(const T& x) {
  if constexpr (is_complex_type<T>) return Acc(x.real(), x.imag());
  else return static_cast<Acc>(x);
}
template <typename T, typename Acc>
T narrow(const Acc& x) {
  if constexpr (is_complex_type<T>) {
    return T(static_cast<typename T::value_type>(x.real()), static_cast<typename T::value_type>(x.imag()));
  } else {
    return static_cast<T>(static_cast<Calc<T>>(x));
  }
}

template <typename E>
struct SumOf {
  using T = E;
  using Acc = typename SumType<T>::type;
  static Acc init() { return Acc(0); }
  static Acc combine(Acc a, Calc<T> x) { return a + widen<Acc>(x); }
  static Acc merge(Acc a, Acc b) { return a + b; }
  static T finish(Acc a, std::int64_t) { return narrow<T>(a); }
};

// Integers: summed in 64 bits, the quotient truncated.
template <typename E>
struct MeanOf {
  using T = E;
  static constexpr bool kInteger = std::is_integral_v<T>;
  using Wide = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;
  using Acc = typename std::conditional_t<kInteger, std::type_identity<std::uint64_t>, SumType<T>>::type;
  static Acc init() { return Acc(0); }
  static Acc combine(Acc a, Calc<T> x) { return a + widen<Acc>(x); }
  static Acc merge(Acc a, Acc b) { return a + b; }
  static T finish(Acc a, std::int64_t count) {
    if constexpr (kInteger) {
      return count == 0 ? T(0) : static_cast<T>(static_cast<Wide>(a) / static_cast<Wide>(count));
    } else {
      return narrow<T>(a / static_cast<double>(count));
    }
  }
};

template <typename T>
struct ProductType {
  using type = Calc<T>;
};
template <typename T>
  requires std::is_integral_v<T>
struct ProductType<T> : SumType<T> {};

template <typename E>
struct ProductOf {
  using T = E;
  using Acc = typename ProductType<T>::type;
  static Acc init() { return Acc(1); }
  static Acc combine(Acc a, Calc<T> x) { return a * widen<Acc>(x); }
  static Acc merge(Acc a, Acc b) { return a * b; }
  static T finish(Acc a, std::int64_t) { return narrow<T>(a); }
};

}  // namespace

KernelMaker make_sum, make_mean, make_prod;

std::unique_ptr<Kernel> make_sum(const KernelSetup& setup) {
  return make_reduction<SumOf, NumberTypes>(setup, type_attr(setup, "T"));
}
std::unique_ptr<Kernel> make_mean(const KernelSetup& setup) {
  return make_reduction<MeanOf, NumberTypes>(setup, type_attr(setup, "T"));
}
std::unique_ptr<Kernel> make_prod(const KernelSetup& setup) {
  return make_reduction<ProductOf, NumberTypes>(setup, type_attr(setup, "T"));
}

}  // namespace tenon
