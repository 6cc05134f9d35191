// From complex numbers to real ones and back.
#include <complex>

#include "kernels/math/binary_kernel.h"
#include "kernels/math/unary_kernel.h"

namespace tenon {
namespace {

struct RealPart {
  template <typename T>
  static typename T::value_type apply(T x) {
    return x.real();
  }
};
struct ImaginaryPart {
  template <typename T>
  static typename T::value_type apply(T x) {
    return x.imag();
  }
};
struct Absolute {
  template <typename T>
  static typename T::value_type apply(T x) {
    return std::abs(x);
  }
};
struct Argument {
  template <typename T>
  static typename T::value_type apply(T x) {
    return std::arg(x);
  }
};
struct Conjugate {
  template <typename T>
  static T apply(T x) {
    if constexpr (is_complex_type<T>) return std::conj(x);
    else return x;
  }
};

template <typename T>
bool compose(const void* a, std::int64_t a_stride, const void* b, std::int64_t b_stride, void* out, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    static_cast<std::complex<T>*>(out)[i] = {static_cast<const T*>(a)[i * a_stride],
                                             static_cast<const T*>(b)[i * b_stride]};
  }
  return true;
}

template <typename Op>
std::unique_ptr<Kernel> make(const KernelSetup& setup) {
  const DType type = type_attr(setup, "T");
  return make_unary(setup, type, find_unary<Op, ComplexTypes>(type));
}

}  // namespace

KernelMaker make_real, make_imag, make_complex_abs, make_angle, make_conj, make_complex;

std::unique_ptr<Kernel> make_real(const KernelSetup& setup) { return make<RealPart>(setup); }
std::unique_ptr<Kernel> make_imag(const KernelSetup& setup) { return make<ImaginaryPart>(setup); }
std::unique_ptr<Kernel> make_complex_abs(const KernelSetup& setup) { return make<Absolute>(setup); }
std::unique_ptr<Kernel> make_angle(const KernelSetup& setup) { return make<Argument>(setup); }
std::unique_ptr<Kernel> make_conj(const KernelSetup& setup) {
  const DType type = type_attr(setup, "T");
  return make_unary(setup, type, find_unary<Conjugate, NumberTypes>(type));
}
std::unique_ptr<Kernel> make_complex(const KernelSetup& setup) {
  BinaryLoopSetup loop;
  if (type_attr(setup, "T") == DType::Float64) loop = {&compose<double>, sizeof(double), sizeof(std::complex<double>)};
  else loop = {&compose<float>, sizeof(float), sizeof(std::complex<float>)};
  return make_binary(setup, loop);
}

}  // namespace tenon
