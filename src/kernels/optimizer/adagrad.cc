// Adagrad in its four forms.
#include "kernels/optimizer/proximal.h"
#include "kernels/optimizer/rule_kernel.h"

namespace tenon {
namespace optimizer {

template <typename A>
struct Adagrad {
  static constexpr int kVariables = 2;  // var, accum
  static constexpr std::string_view kScalars[] = {"lr"};
  A lr;
  bool update;
  Adagrad(const A* s, const Options& options) : lr(s[0]), update(options.update_slots) {}

  template <bool kSparse>
  void apply(A* x, A grad) const {
    const A accum = update ? x[1] + square(grad) : x[1];
    x[1] = accum;
    x[0] = x[0] - grad * lr * rsqrt(accum);
  }
};
TENON_OPTIMIZER_LOOP(Adagrad)

template <typename A>
struct AdagradV2 {
  static constexpr int kVariables = 2;  // var, accum
  static constexpr std::string_view kScalars[] = {"lr", "epsilon"};
  A lr, epsilon;
  bool update;
  AdagradV2(const A* s, const Options& options) : lr(s[0]), epsilon(s[1]), update(options.update_slots) {}

  template <bool kSparse>
  void apply(A* x, A grad) const {
    const A accum = update ? x[1] + square(grad) : x[1];
    x[1] = accum;
    x[0] = x[0] - grad * lr / (sqrt(accum) + epsilon);
  }
};
TENON_OPTIMIZER_LOOP(AdagradV2)

template <typename A>
struct ProximalAdagrad {
  static constexpr int kVariables = 2;  // var, accum
  static constexpr std::string_view kScalars[] = {"lr", "l1", "l2"};
  A lr, l1, l2;
  ProximalAdagrad(const A* s, const Options&) : lr(s[0]), l1(s[1]), l2(s[2]) {}

  template <bool kSparse>
  void apply(A* x, A grad) const {
    const A accum = x[1] + square(grad);
    const A rate = lr * rsqrt(accum);
    x[1] = accum;
    x[0] = proximal_step(x[0] - grad * rate, rate, l1, l2);
  }
};
TENON_OPTIMIZER_LOOP(ProximalAdagrad)

// Dual averaging.
template <typename A>
struct AdagradDA {
  static constexpr int kVariables = 3;  // var, gradient_accumulator, gradient_squared_accumulator
  static constexpr std::string_view kScalars[] = {"lr", "l1", "l2", "global_step"};
  A lr, l1, l2, step;
  AdagradDA(const A* s, const Options&) : lr(s[0]), l1(s[1]), l2(s[2]), step(s[3]) {}

  template <bool kSparse>
  void apply(A* x, A grad) const {
    const A sum = x[1] + grad;
    const A squares = x[2] + square(grad);
    x[1] = sum;
    x[2] = squares;
    const A shrunk = l1 > A(0) ? sign(sum) * max(abs(sum) - l1 * step, A(0)) : sum;
    x[0] = -lr * shrunk / (l2 * step * lr + sqrt(squares));
  }
};
TENON_OPTIMIZER_LOOP(AdagradDA)

}  // namespace optimizer

std::unique_ptr<Kernel> make_adagrad(const KernelSetup& setup) {
  return optimizer::make_rule<optimizer::Adagrad>(setup);
}
std::unique_ptr<Kernel> make_adagrad_v2(const KernelSetup& setup) {
  return optimizer::make_rule<optimizer::AdagradV2>(setup);
}
std::unique_ptr<Kernel> make_proximal_adagrad(const KernelSetup& setup) {
  return optimizer::make_rule<optimizer::ProximalAdagrad>(setup);
}
std::unique_ptr<Kernel> make_adagrad_da(const KernelSetup& setup) {
  return optimizer::make_rule<optimizer::AdagradDA>(setup);
}

}  // namespace tenon
