// Exponentials, logarithms, trigonometry, error functions. exp, log, tanh and sigmoid of floats are vectorised.
#include <cmath>

#include "kernels/math/unary_kernel.h"
#include "kernels/math/vector_math.h"

namespace tenon {
namespace {

struct Exponential {
  template <typename T>
  static T apply(T x) {
    if constexpr (std::is_same_v<T, float>) return vector_math::exp(x);
    else return std::exp(x);
  }
};
struct Logarithm {
  template <typename T>
  static T apply(T x) {
    if constexpr (std::is_same_v<T, float>) return vector_math::log(x);
    else return std::log(x);
  }
};
struct HyperbolicTangent {
  template <typename T>
  static T apply(T x) {
    if constexpr (std::is_same_v<T, float>) return vector_math::tanh(x);
    else return std::tanh(x);
  }
};
struct Logistic {
  template <typename T>
  static T apply(T x) {
    if constexpr (std::is_same_v<T, float>) return vector_math::sigmoid(x);
    else return T(1) / (T(1) + std::exp(-x));
  }
};
// log(1 + x) with the rounding error of 1 + x put right.
struct LogarithmOfOnePlus {
  template <typename T>
  static T apply(T x) {
    if constexpr (is_complex_type<T>) {
      return std::log(T(1) + x);
    } else {
      return std::log1p(x);
    }
  }
};
struct ExponentialMinusOne {
  template <typename T>
  static T apply(T x) {
    if constexpr (is_complex_type<T>) {
      using R = typename T::value_type;
      const R half = std::sin(x.imag() / R(2));
      const R grown = std::expm1(x.real());
      return T(grown * std::cos(x.imag()) - R(2) * half * half, (grown + R(1)) * std::sin(x.imag()));
    } else {
      return std::expm1(x);
    }
  }
};
// log(1 + e^x); at both ends, where float arithmetic would lose it, x itself and e^x.
struct SoftRamp {
  template <typename T>
  static T apply(T x) {
    if constexpr (std::is_same_v<T, float>) {
      constexpr float kThreshold = -13.942385f;
      const float grown = vector_math::exp(x);
      const float sum = 1.0f + grown;
      const float middle = vector_math::log(sum) + (grown - (sum - 1.0f)) / sum;
      const float low = x < kThreshold ? grown : middle;
      return x > -kThreshold ? x : low;
    } else {
      const T threshold = std::log(std::numeric_limits<T>::epsilon()) + T(2);
      if (x > -threshold) return x;
      const T grown = std::exp(x);
      return x < threshold ? grown : std::log1p(grown);
    }
  }
};

#define TENON_STD_FUNCTION(Name, function) \
  struct Name {                            \
    template <typename T>                  \
    static T apply(T x) {                  \
      return std::function(x);             \
    }                                      \
  }
TENON_STD_FUNCTION(Sine, sin);
TENON_STD_FUNCTION(Cosine, cos);
TENON_STD_FUNCTION(Tangent, tan);
TENON_STD_FUNCTION(ArcSine, asin);
TENON_STD_FUNCTION(ArcCosine, acos);
TENON_STD_FUNCTION(ArcTangent, atan);
TENON_STD_FUNCTION(HyperbolicSine, sinh);
TENON_STD_FUNCTION(HyperbolicCosine, cosh);
TENON_STD_FUNCTION(AreaSine, asinh);
TENON_STD_FUNCTION(AreaCosine, acosh);
TENON_STD_FUNCTION(AreaTangent, atanh);
TENON_STD_FUNCTION(ErrorFunction, erf);
TENON_STD_FUNCTION(ComplementaryError, erfc);
TENON_STD_FUNCTION(LogGamma, lgamma);
#undef TENON_STD_FUNCTION

using FloatAndComplex = Join<FloatTypes, ComplexTypes>;

template <typename Op, typename List = FloatAndComplex>
std::unique_ptr<Kernel> make(const KernelSetup& setup) {
  const DType type = type_attr(setup, "T");
  return make_unary(setup, type, find_unary<Op, List>(type, 4096));
}

}  // namespace

KernelMaker make_exp, make_log, make_tanh, make_sigmoid, make_log1p, make_expm1, make_softplus, make_sin, make_cos,
    make_tan, make_asin, make_acos, make_atan, make_sinh, make_cosh, make_asinh, make_acosh, make_atanh, make_erf,
    make_erfc, make_lgamma;

std::unique_ptr<Kernel> make_exp(const KernelSetup& setup) { return make<Exponential>(setup); }
std::unique_ptr<Kernel> make_log(const KernelSetup& setup) { return make<Logarithm>(setup); }
std::unique_ptr<Kernel> make_tanh(const KernelSetup& setup) { return make<HyperbolicTangent>(setup); }
std::unique_ptr<Kernel> make_sigmoid(const KernelSetup& setup) { return make<Logistic>(setup); }
std::unique_ptr<Kernel> make_log1p(const KernelSetup& setup) { return make<LogarithmOfOnePlus>(setup); }
std::unique_ptr<Kernel> make_expm1(const KernelSetup& setup) { return make<ExponentialMinusOne>(setup); }
std::unique_ptr<Kernel> make_softplus(const KernelSetup& setup) { return make<SoftRamp, FloatTypes>(setup); }
std::unique_ptr<Kernel> make_sin(const KernelSetup& setup) { return make<Sine>(setup); }
std::unique_ptr<Kernel> make_cos(const KernelSetup& setup) { return make<Cosine>(setup); }
std::unique_ptr<Kernel> make_tan(const KernelSetup& setup) { return make<Tangent>(setup); }
std::unique_ptr<Kernel> make_asin(const KernelSetup& setup) { return make<ArcSine>(setup); }
std::unique_ptr<Kernel> make_acos(const KernelSetup& setup) { return make<ArcCosine>(setup); }
std::unique_ptr<Kernel> make_atan(const KernelSetup& setup) { return make<ArcTangent>(setup); }
std::unique_ptr<Kernel> make_sinh(const KernelSetup& setup) { return make<HyperbolicSine>(setup); }
std::unique_ptr<Kernel> make_cosh(const KernelSetup& setup) { return make<HyperbolicCosine>(setup); }
std::unique_ptr<Kernel> make_asinh(const KernelSetup& setup) { return make<AreaSine>(setup); }
std::unique_ptr<Kernel> make_acosh(const KernelSetup& setup) { return make<AreaCosine>(setup); }
std::unique_ptr<Kernel> make_atanh(const KernelSetup& setup) { return make<AreaTangent>(setup); }
std::unique_ptr<Kernel> make_erf(const KernelSetup& setup) { return make<ErrorFunction, FloatTypes>(setup); }
std::unique_ptr<Kernel> make_erfc(const KernelSetup& setup) { return make<ComplementaryError, FloatTypes>(setup); }
std::unique_ptr<Kernel> make_lgamma(const KernelSetup& setup) { return make<LogGamma, FloatTypes>(setup); }

}  // namespace tenon
