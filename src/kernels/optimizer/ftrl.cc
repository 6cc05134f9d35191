// FTRL: follow the regularised leader. V2 shrinks the weights besides.
#include "kernels/optimizer/rule_kernel.h"

namespace tenon {
namespace optimizer {

template <typename A>
struct Ftrl {
  static constexpr int kVariables = 3;  // var, accum, linear
  static constexpr std::string_view kScalars[] = {"lr", "l1", "l2", "lr_power"};
  // Divisor of the powers' difference, factor of the gradient, limit below which a weight is 0, twice l2: what of these
  // holds the learning rate depends on multiply_linear_by_lr.
  A divisor, factor, limit, twice_l2, lr_power, twice_shrinkage = A(0);
  bool by_root;
  Ftrl(const A* s, const Options& options)
      : divisor(options.multiply_linear_by_lr ? A(1) : s[0]),
        factor(options.multiply_linear_by_lr ? s[0] : A(1)),
        limit(s[1] * factor),
        twice_l2(A(2) * s[2] * factor),
        lr_power(s[3]),
        by_root(s[3] == A(-0.5)) {}

  template <bool kSparse>
  void apply(A* x, A grad) const {
    if (by_root) step<true>(x, grad);
    else step<false>(x, grad);
  }

  template <bool kRoot>
  void step(A* x, A grad) const {
    const auto power = [this](A value) { return kRoot ? sqrt(value) : pow(value, -lr_power); };
    const A accum = x[1] + square(grad);
    const A shrunk = grad + twice_shrinkage * x[0];
    const A root = power(accum);
    const A linear = x[2] + (shrunk * factor - (root - power(x[1])) / divisor * x[0]);
    const A quadratic = root / divisor + twice_l2;
    x[1] = accum;
    x[2] = linear;
    x[0] = abs(linear) > limit ? (limit * sign(linear) - linear) / quadratic : A(0);
  }
};

template <typename A>
struct FtrlV2 : Ftrl<A> {
  static constexpr std::string_view kScalars[] = {"lr", "l1", "l2", "lr_power", "l2_shrinkage"};
  FtrlV2(const A* s, const Options& options) : Ftrl<A>(s, options) { this->twice_shrinkage = A(2) * s[4]; }
};

// The usual power, known from the start: a loop that holds no call of pow is vectorised.
template <typename A>
struct FtrlByRoot : Ftrl<A> {
  explicit FtrlByRoot(const Ftrl<A>& rule) : Ftrl<A>(rule) {}
  template <bool kSparse>
  void apply(A* x, A grad) const {
    this->template step<true>(x, grad);
  }
};

TENON_OPTIMIZER_LOOP(FtrlByRoot)

void float_loop(const Ftrl<float>& rule, float* const* variables, const float* gradient, std::int64_t n) {
  if (rule.by_root) return float_loop(FtrlByRoot<float>(rule), variables, gradient, n);
  rule_loop<false>(rule, variables, gradient, n);
}

}  // namespace optimizer

std::unique_ptr<Kernel> make_ftrl(const KernelSetup& setup) { return optimizer::make_rule<optimizer::Ftrl>(setup); }
std::unique_ptr<Kernel> make_ftrl_v2(const KernelSetup& setup) {
  return optimizer::make_rule<optimizer::FtrlV2>(setup);
}

}  // namespace tenon
