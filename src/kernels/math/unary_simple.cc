// Signs, roots, rounding, and questions about one number.
#include <cmath>

#include "kernels/math/unary_kernel.h"

namespace tenon {
namespace {

template <typename T>
using Unsigned = std::conditional_t<(sizeof(T) < 4), std::uint32_t, std::make_unsigned_t<T>>;

struct Negative {
  template <typename T>
  static T apply(T x) {
    if constexpr (std::is_integral_v<T>) return static_cast<T>(Unsigned<T>(0) - static_cast<Unsigned<T>>(x));
    else return -x;
  }
};
struct Magnitude {
  template <typename T>
  static T apply(T x) {
    if constexpr (std::is_floating_point_v<T>) return std::fabs(x);
    else return x < T(0) ? Negative::apply(x) : x;
  }
};
struct Squared {
  template <typename T>
  static T apply(T x) {
    if constexpr (std::is_integral_v<T>)
      return static_cast<T>(static_cast<Unsigned<T>>(x) * static_cast<Unsigned<T>>(x));
    else return x * x;
  }
};
struct SquareRoot {
  template <typename T>
  static T apply(T x) {
    return std::sqrt(x);
  }
};
struct ReciprocalRoot {
  template <typename T>
  static T apply(T x) {
    return T(1) / std::sqrt(x);
  }
};
struct OneOver {
  template <typename T>
  static T apply(T x) {
    if constexpr (std::is_integral_v<T>) return static_cast<T>(x == 0 ? 0 : T(1) / x);
    else return T(1) / x;
  }
};
struct Signum {
  template <typename T>
  static T apply(T x) {
    if constexpr (is_complex_type<T>) {
      return x == T(0) ? T(0) : x / std::abs(x);
    } else if constexpr (std::is_floating_point_v<T>) {
      const T sign = static_cast<T>(x > T(0)) - static_cast<T>(x < T(0));
      return x != x ? x : sign;
    } else {
      return static_cast<T>((x > T(0)) - (x < T(0)));
    }
  }
};
struct RoundedDown {
  template <typename T>
  static T apply(T x) {
    if constexpr (std::is_integral_v<T>) return x;
    else return std::floor(x);
  }
};
struct RoundedUp {
  template <typename T>
  static T apply(T x) {
    if constexpr (std::is_integral_v<T>) return x;
    else return std::ceil(x);
  }
};
struct Rounded {  // halves to even
  template <typename T>
  static T apply(T x) {
    if constexpr (std::is_integral_v<T>) return x;
    else return std::rint(x);
  }
};
struct Finite {
  template <typename T>
  static bool apply(T x) {
    return std::fabs(x) <= std::numeric_limits<T>::max();
  }
};
struct NotANumber {
  template <typename T>
  static bool apply(T x) {
    return x != x;
  }
};
struct Infinite {
  template <typename T>
  static bool apply(T x) {
    return std::fabs(x) > std::numeric_limits<T>::max();
  }
};
struct Not {
  static bool apply(bool x) { return !x; }
};
struct Inverted {
  template <typename T>
  static T apply(T x) {
    return static_cast<T>(~x);
  }
};

template <typename Op, typename List>
std::unique_ptr<Kernel> make(const KernelSetup& setup) {
  const DType type = type_attr(setup, "T");
  return make_unary(setup, type, find_unary<Op, List>(type));
}

using FloatAndComplex = Join<FloatTypes, ComplexTypes>;

}  // namespace

KernelMaker make_neg, make_abs, make_square, make_sqrt, make_rsqrt, make_reciprocal, make_sign, make_floor, make_ceil,
    make_round, make_is_finite, make_is_nan, make_is_inf, make_logical_not, make_invert;

std::unique_ptr<Kernel> make_neg(const KernelSetup& setup) { return make<Negative, NumberTypes>(setup); }
std::unique_ptr<Kernel> make_abs(const KernelSetup& setup) { return make<Magnitude, RealTypes>(setup); }
std::unique_ptr<Kernel> make_square(const KernelSetup& setup) { return make<Squared, NumberTypes>(setup); }
std::unique_ptr<Kernel> make_sqrt(const KernelSetup& setup) { return make<SquareRoot, FloatAndComplex>(setup); }
std::unique_ptr<Kernel> make_rsqrt(const KernelSetup& setup) { return make<ReciprocalRoot, FloatAndComplex>(setup); }
std::unique_ptr<Kernel> make_reciprocal(const KernelSetup& setup) { return make<OneOver, NumberTypes>(setup); }
std::unique_ptr<Kernel> make_sign(const KernelSetup& setup) { return make<Signum, NumberTypes>(setup); }
std::unique_ptr<Kernel> make_floor(const KernelSetup& setup) { return make<RoundedDown, RealTypes>(setup); }
std::unique_ptr<Kernel> make_ceil(const KernelSetup& setup) { return make<RoundedUp, RealTypes>(setup); }
std::unique_ptr<Kernel> make_round(const KernelSetup& setup) { return make<Rounded, RealTypes>(setup); }
std::unique_ptr<Kernel> make_is_finite(const KernelSetup& setup) { return make<Finite, FloatTypes>(setup); }
std::unique_ptr<Kernel> make_is_nan(const KernelSetup& setup) { return make<NotANumber, FloatTypes>(setup); }
std::unique_ptr<Kernel> make_is_inf(const KernelSetup& setup) { return make<Infinite, FloatTypes>(setup); }
std::unique_ptr<Kernel> make_invert(const KernelSetup& setup) { return make<Inverted, IntTypes>(setup); }
std::unique_ptr<Kernel> make_logical_not(const KernelSetup& setup) {
  return make_unary(setup, DType::Bool, find_unary<Not, Types<bool>>(DType::Bool));
}

}  // namespace tenon
