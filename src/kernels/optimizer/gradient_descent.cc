// Gradient descent, and the one with a proximal step for l1 and l2 regularisation.
#include "kernels/optimizer/proximal.h"
#include "kernels/optimizer/rule_kernel.h"

namespace tenon {
namespace optimizer {

template <typename A>
struct GradientDescent {
  static constexpr int kVariables = 1;
  static constexpr std::string_view kScalars[] = {"alpha"};
  A lr;
  GradientDescent(const A* s, const Options&) : lr(s[0]) {}

  template <bool kSparse>
  void apply(A* x, A grad) const {
    x[0] = x[0] - grad * lr;
  }
};
TENON_OPTIMIZER_LOOP(GradientDescent)

template <typename A>
struct ProximalGradientDescent {
  static constexpr int kVariables = 1;
  static constexpr std::string_view kScalars[] = {"alpha", "l1", "l2"};
  A lr, l1, l2;
  ProximalGradientDescent(const A* s, const Options&) : lr(s[0]), l1(s[1]), l2(s[2]) {}

  template <bool kSparse>
  void apply(A* x, A grad) const {
    x[0] = proximal_step(x[0] - grad * lr, lr, l1, l2);
  }
};
TENON_OPTIMIZER_LOOP(ProximalGradientDescent)

}  // namespace optimizer

std::unique_ptr<Kernel> make_gradient_descent(const KernelSetup& setup) {
  return optimizer::make_rule<optimizer::GradientDescent>(setup);
}
std::unique_ptr<Kernel> make_proximal_gradient_descent(const KernelSetup& setup) {
  return optimizer::make_rule<optimizer::ProximalGradientDescent>(setup);
}

}  // namespace tenon
