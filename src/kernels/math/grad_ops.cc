// The derivatives of element-wise functions, in terms of their results y: f'(x) * dy. Of complex numbers, tanh and
// sigmoid take y as it is, the others its conjugate.
#include "kernels/math/binary_kernel.h"

namespace tenon {
namespace {

template <typename T>
T conjugate(T x) {
  if constexpr (is_complex_type<T>) return std::conj(x);
  else return x;
}

struct OfTanh {
  template <typename T>
  static T apply(T y, T dy) {
    return dy * (T(1) - y * y);
  }
};
struct OfSigmoid {
  template <typename T>
  static T apply(T y, T dy) {
    return dy * (T(1) - y) * y;
  }
};
struct OfReciprocal {
  template <typename T>
  static T apply(T y, T dy) {
    const T value = conjugate(y);
    return dy * (-value * value);
  }
};
struct OfSqrt {
  template <typename T>
  static T apply(T y, T dy) {
    return T(0.5) * dy / conjugate(y);
  }
};
struct OfRsqrt {
  template <typename T>
  static T apply(T y, T dy) {
    const T value = conjugate(y);
    return T(-0.5) * (dy * value) * (value * value);
  }
};

template <typename Op>
std::unique_ptr<Kernel> make(const KernelSetup& setup) {
  using List = Join<FloatTypes, ComplexTypes>;
  return make_binary(setup, find_loop<Op, List>(type_attr(setup, "T")), {.same_shape = true});
}

}  // namespace

KernelMaker make_tanh_grad, make_sigmoid_grad, make_reciprocal_grad, make_sqrt_grad, make_rsqrt_grad;

std::unique_ptr<Kernel> make_tanh_grad(const KernelSetup& setup) { return make<OfTanh>(setup); }
std::unique_ptr<Kernel> make_sigmoid_grad(const KernelSetup& setup) { return make<OfSigmoid>(setup); }
std::unique_ptr<Kernel> make_reciprocal_grad(const KernelSetup& setup) { return make<OfReciprocal>(setup); }
std::unique_ptr<Kernel> make_sqrt_grad(const KernelSetup& setup) { return make<OfSqrt>(setup); }
std::unique_ptr<Kernel> make_rsqrt_grad(const KernelSetup& setup) { return make<OfRsqrt>(setup); }

}  // namespace tenon
