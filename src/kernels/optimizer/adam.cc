// Adam, with Nesterov's momentum too; AMSGrad; AdaMax.
#include "kernels/optimizer/rule_kernel.h"

namespace tenon {
namespace optimizer {

template <typename A>
struct Adam {
  static constexpr int kVariables = 3;  // var, m, v
  static constexpr std::string_view kScalars[] = {"beta1_power", "beta2_power", "lr", "beta1", "beta2", "epsilon"};
  A alpha, beta1, rest1, rest2, epsilon;
  bool nesterov;
  Adam(const A* s, const Options& options)
      : alpha(s[2] * sqrt(A(1) - s[1]) / (A(1) - s[0])),
        beta1(s[3]),
        rest1(A(1) - s[3]),
        rest2(A(1) - s[4]),
        epsilon(s[5]),
        nesterov(options.use_nesterov) {}

  template <bool kSparse>
  void apply(A* x, A grad) const {
    const A m = x[1] + (grad - x[1]) * rest1;
    const A v = x[2] + (square(grad) - x[2]) * rest2;
    x[1] = m;
    x[2] = v;
    x[0] = x[0] - ((nesterov ? grad * rest1 + beta1 * m : m) * alpha) / (sqrt(v) + epsilon);
  }
};
TENON_OPTIMIZER_LOOP(Adam)

template <typename A>
struct AmsGrad {
  static constexpr int kVariables = 4;  // var, m, v, vhat
  static constexpr std::string_view kScalars[] = {"beta1_power", "beta2_power", "lr", "beta1", "beta2", "epsilon"};
  A alpha, rest1, rest2, epsilon;
  AmsGrad(const A* s, const Options&)
      : alpha(s[2] * sqrt(A(1) - s[1]) / (A(1) - s[0])), rest1(A(1) - s[3]), rest2(A(1) - s[4]), epsilon(s[5]) {}

  template <bool kSparse>
  void apply(A* x, A grad) const {
    const A m = x[1] + (grad - x[1]) * rest1;
    const A v = x[2] + (square(grad) - x[2]) * rest2;
    const A largest = max(x[3], v);
    x[1] = m;
    x[2] = v;
    x[3] = largest;
    x[0] = x[0] - (m * alpha) / (sqrt(largest) + epsilon);
  }
};
TENON_OPTIMIZER_LOOP(AmsGrad)

template <typename A>
struct AdaMax {
  static constexpr int kVariables = 3;  // var, m, v
  static constexpr std::string_view kScalars[] = {"beta1_power", "lr", "beta1", "beta2", "epsilon"};
  A alpha, rest1, beta2, epsilon;
  AdaMax(const A* s, const Options&)
      : alpha(s[1] / (A(1) - s[0])), rest1(A(1) - s[2]), beta2(s[3]), epsilon(s[4]) {}

  template <bool kSparse>
  void apply(A* x, A grad) const {
    const A m = x[1] + (grad - x[1]) * rest1;
    const A v = max(beta2 * x[2], abs(grad));
    x[1] = m;
    x[2] = v;
    x[0] = x[0] - alpha * (m / (v + epsilon));
  }
};
TENON_OPTIMIZER_LOOP(AdaMax)

}  // namespace optimizer

std::unique_ptr<Kernel> make_adam(const KernelSetup& setup) { return optimizer::make_rule<optimizer::Adam>(setup); }
std::unique_ptr<Kernel> make_adam_amsgrad(const KernelSetup& setup) {
  return optimizer::make_rule<optimizer::AmsGrad>(setup);
}
std::unique_ptr<Kernel> make_ada_max(const KernelSetup& setup) {
  return optimizer::make_rule<optimizer::AdaMax>(setup);
}

}  // namespace tenon
