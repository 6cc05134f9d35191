// RMSProp, also centered; Adadelta.
#include "kernels/optimizer/rule_kernel.h"

namespace tenon {
namespace optimizer {

// The two forms of the ops round differently.
template <bool kSparse, typename A>
inline A decayed(A mean, A value, A rho) {
  return kSparse ? mean * rho + value * (A(1) - rho) : mean + (value - mean) * (A(1) - rho);
}

template <typename A>
struct RmsProp {
  static constexpr int kVariables = 3;  // var, ms, mom
  static constexpr std::string_view kScalars[] = {"lr", "rho", "momentum", "epsilon"};
  A lr, rho, momentum, epsilon;
  RmsProp(const A* s, const Options&) : lr(s[0]), rho(s[1]), momentum(s[2]), epsilon(s[3]) {}

  template <bool kSparse>
  void apply(A* x, A grad) const {
    x[1] = decayed<kSparse>(x[1], square(grad), rho);
    const A step = kSparse ? rsqrt(x[1] + epsilon) * lr * grad : (grad * lr) / sqrt(x[1] + epsilon);
    x[2] = x[2] * momentum + step;
    x[0] = x[0] - x[2];
  }
};
TENON_OPTIMIZER_LOOP(RmsProp)

template <typename A>
struct CenteredRmsProp {
  static constexpr int kVariables = 4;  // var, mg, ms, mom
  static constexpr std::string_view kScalars[] = {"lr", "rho", "momentum", "epsilon"};
  A lr, rho, momentum, epsilon;
  CenteredRmsProp(const A* s, const Options&) : lr(s[0]), rho(s[1]), momentum(s[2]), epsilon(s[3]) {}

  template <bool kSparse>
  void apply(A* x, A grad) const {
    x[2] = decayed<kSparse>(x[2], square(grad), rho);
    x[1] = decayed<kSparse>(x[1], grad, rho);
    const A variance = (x[2] - square(x[1])) + epsilon;
    const A step = kSparse ? rsqrt(variance) * lr * grad : (grad * lr) / sqrt(variance);
    x[3] = x[3] * momentum + step;
    x[0] = x[0] - x[3];
  }
};
TENON_OPTIMIZER_LOOP(CenteredRmsProp)

template <typename A>
struct Adadelta {
  static constexpr int kVariables = 3;  // var, accum, accum_update
  static constexpr std::string_view kScalars[] = {"lr", "rho", "epsilon"};
  A lr, rho, epsilon;
  Adadelta(const A* s, const Options&) : lr(s[0]), rho(s[1]), epsilon(s[2]) {}

  template <bool kSparse>
  void apply(A* x, A grad) const {
    const A rest = A(1) - rho;
    const A accum = x[1] * rho + square(grad) * rest;
    const A update = sqrt(x[2] + epsilon) * rsqrt(accum + epsilon) * grad;
    x[1] = accum;
    x[2] = x[2] * rho + square(update) * rest;
    x[0] = x[0] - update * lr;
  }
};
TENON_OPTIMIZER_LOOP(Adadelta)

}  // namespace optimizer

std::unique_ptr<Kernel> make_rms_prop(const KernelSetup& setup) {
  return optimizer::make_rule<optimizer::RmsProp>(setup);
}
std::unique_ptr<Kernel> make_centered_rms_prop(const KernelSetup& setup) {
  return optimizer::make_rule<optimizer::CenteredRmsProp>(setup);
}
std::unique_ptr<Kernel> make_adadelta(const KernelSetup& setup) {
  return optimizer::make_rule<optimizer::Adadelta>(setup);
}

}  // namespace tenon
