// Momentum, plain and Nesterov's; and the form that Keras keeps, whose accumulator includes the learning rate.
#include "kernels/optimizer/rule_kernel.h"

namespace tenon {
namespace optimizer {

template <typename A>
struct Momentum {
  static constexpr int kVariables = 2;
  static constexpr std::string_view kScalars[] = {"lr", "momentum"};
  A lr, momentum;
  bool nesterov;
  Momentum(const A* s, const Options& options) : lr(s[0]), momentum(s[1]), nesterov(options.use_nesterov) {}

  template <bool kSparse>
  void apply(A* x, A grad) const {
    const A accum = x[1] * momentum + grad;
    x[1] = accum;
    x[0] = x[0] - (nesterov ? grad * lr + accum * momentum * lr : accum * lr);
  }
};
TENON_OPTIMIZER_LOOP(Momentum)

template <typename A>
struct KerasMomentum {
  static constexpr int kVariables = 2;
  static constexpr std::string_view kScalars[] = {"lr", "momentum"};
  A lr, momentum;
  bool nesterov;
  KerasMomentum(const A* s, const Options& options) : lr(s[0]), momentum(s[1]), nesterov(options.use_nesterov) {}

  template <bool kSparse>
  void apply(A* x, A grad) const {
    const A accum = x[1] * momentum - grad * lr;
    x[1] = accum;
    x[0] = x[0] + (nesterov ? accum * momentum - grad * lr : accum);
  }
};
TENON_OPTIMIZER_LOOP(KerasMomentum)

}  // namespace optimizer

std::unique_ptr<Kernel> make_momentum(const KernelSetup& setup) {
  return optimizer::make_rule<optimizer::Momentum>(setup);
}
std::unique_ptr<Kernel> make_keras_momentum(const KernelSetup& setup) {
  return optimizer::make_rule<optimizer::KerasMomentum>(setup);
}

}  // namespace tenon
