// FTRL: follow the regularised leader. V2 shrinks the weights besides.
#include "kernels/optimizer/rule_kernel.h"

namespace tenon {
namespace optimizer {

template <typename A>
struct Ftrl {
  static constexpr int kVariables = 3;  // var, accum, linear
  static constexpr std::string_view kScalars[] = {"lr", "l1", "l2", "lr_power"};
  A lr, l1, l2, lr_power, shrinkage = A(0);
  bool by_root, times_lr;
  Ftrl(const A* s, const Options& options)
      : lr(s[0]), l1(s[1]), l2(s[2]), lr_power(s[3]), by_root(s[3] == A(-0.5)), times_lr(options.multiply_linear_by_lr) {}

  A power(A x) const { return by_root ? sqrt(x) : pow(x, -lr_power); }

  template <bool kSparse>
  void apply(A* x, A grad) const {
    const A accum = x[1] + square(grad);
    const A shrunk = shrinkage > A(0) ? grad + A(2) * shrinkage * x[0] : grad;
    const A gain = power(accum) - power(x[1]);
    const A linear = x[2] + (times_lr ? shrunk * lr - gain * x[0] : shrunk - gain / lr * x[0]);
    const A limit = times_lr ? l1 * lr : l1;
    const A quadratic = times_lr ? power(accum) + A(2) * l2 * lr : power(accum) / lr + A(2) * l2;
    x[1] = accum;
    x[2] = linear;
    x[0] = abs(linear) > limit ? (limit * sign(linear) - linear) / quadratic : A(0);
  }
};
TENON_OPTIMIZER_LOOP(Ftrl)

template <typename A>
struct FtrlV2 : Ftrl<A> {
  static constexpr std::string_view kScalars[] = {"lr", "l1", "l2", "lr_power", "l2_shrinkage"};
  FtrlV2(const A* s, const Options& options) : Ftrl<A>(s, options) { this->shrinkage = s[4]; }
};
TENON_OPTIMIZER_LOOP(FtrlV2)

}  // namespace optimizer

std::unique_ptr<Kernel> make_ftrl(const KernelSetup& setup) { return optimizer::make_rule<optimizer::Ftrl>(setup); }
std::unique_ptr<Kernel> make_ftrl_v2(const KernelSetup& setup) { return optimizer::make_rule<optimizer::FtrlV2>(setup); }

}  // namespace tenon
