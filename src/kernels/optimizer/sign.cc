// AddSign and PowerSign: steps that are larger where the gradient and its mean agree in sign.
#include "kernels/optimizer/rule_kernel.h"

namespace tenon {
namespace optimizer {

template <typename A>
struct AddSign {
  static constexpr int kVariables = 2;  // var, m
  static constexpr std::string_view kScalars[] = {"lr", "alpha", "sign_decay", "beta"};
  A lr, alpha, sign_decay, beta;
  AddSign(const A* s, const Options&) : lr(s[0]), alpha(s[1]), sign_decay(s[2]), beta(s[3]) {}

  template <bool kSparse>
  void apply(A* x, A grad) const {
    const A m = x[1] * beta + grad * (A(1) - beta);
    x[1] = m;
    x[0] = x[0] - lr * (alpha + sign_decay * (sign(grad) * sign(m))) * grad;
  }
};
TENON_OPTIMIZER_LOOP(AddSign)

template <typename A>
struct PowerSign {
  static constexpr int kVariables = 2;  // var, m
  static constexpr std::string_view kScalars[] = {"lr", "logbase", "sign_decay", "beta"};
  A lr, logbase, sign_decay, beta;
  PowerSign(const A* s, const Options&) : lr(s[0]), logbase(s[1]), sign_decay(s[2]), beta(s[3]) {}

  template <bool kSparse>
  void apply(A* x, A grad) const {
    const A m = x[1] * beta + grad * (A(1) - beta);
    x[1] = m;
    x[0] = x[0] - lr * exp(logbase * sign_decay * (sign(grad) * sign(m))) * grad;
  }
};
TENON_OPTIMIZER_LOOP(PowerSign)

}  // namespace optimizer

std::unique_ptr<Kernel> make_add_sign(const KernelSetup& setup) {
  return optimizer::make_rule<optimizer::AddSign>(setup);
}
std::unique_ptr<Kernel> make_power_sign(const KernelSetup& setup) {
  return optimizer::make_rule<optimizer::PowerSign>(setup);
}

}  // namespace tenon
