// Relu, Relu6, LeakyRelu, Elu, Selu, Softsign and their gradients.
#include <cmath>

#include <fmt/format.h>

#include "base/parallel_for.h"
#include "base/simd.h"
#include "kernels/elements.h"
#include "kernels/nn/activations.h"

namespace tenon {
namespace {

constexpr std::int64_t kGrain = 32768;

// An activation of one element, and its gradient given what the gradient op has as its second input: the features
// for the Relu family, the outputs for Elu and Selu. NaN stays NaN, and its gradient is that of 0.
struct ReluOp {
  template <typename C>
  static C apply(C x, C) {
    return x <= C(0) ? C(0) : x;
  }
  template <typename C>
  static C grad(C g, C x, C) {
    return x > C(0) ? g : C(0);
  }
};
struct Relu6Op {
  template <typename C>
  static C apply(C x, C) {
    return x <= C(0) ? C(0) : x > C(6) ? C(6) : x;
  }
  template <typename C>
  static C grad(C g, C x, C) {
    return x > C(0) && x < C(6) ? g : C(0);
  }
};
struct LeakyReluOp {
  template <typename C>
  static C apply(C x, C alpha) {
    return x > C(0) ? x : alpha * x;
  }
  template <typename C>
  static C grad(C g, C x, C alpha) {
    return x > C(0) ? g : alpha * g;
  }
};
struct EluOp {
  template <typename C>
  static C apply(C x, C) {
    return x < C(0) ? std::expm1(x) : x;
  }
  template <typename C>
  static C grad(C g, C y, C) {
    return y < C(0) ? (y + C(1)) * g : g;
  }
};
constexpr double kSeluScale = 1.0507009873554804934193349852946;
constexpr double kSeluScaleAlpha = 1.7580993408473768599402175208123;
struct SeluOp {
  template <typename C>
  static C apply(C x, C) {
    return x < C(0) ? C(kSeluScaleAlpha) * std::expm1(x) : C(kSeluScale) * x;
  }
  template <typename C>
  static C grad(C g, C y, C) {
    return y < C(0) ? g * (y + C(kSeluScaleAlpha)) : g * C(kSeluScale);
  }
};
struct SoftsignOp {
  template <typename C>
  static C apply(C x, C) {
    return x / (C(1) + std::fabs(x));
  }
  template <typename C>
  static C grad(C g, C x, C) {
    const C d = C(1) + std::fabs(x);
    return g / (d * d);
  }
};

template <typename Op>
TENON_MULTIVERSION void forward_float(const float* x, float* y, std::int64_t n, float alpha) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < n; ++i) y[i] = Op::apply(x[i], alpha);
}
template <typename Op>
TENON_MULTIVERSION void gradient_float(const float* g, const float* x, float* y, std::int64_t n, float alpha) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < n; ++i) y[i] = Op::grad(g[i], x[i], alpha);
}

template <typename Op, typename T>
void forward(const T* x, T* y, std::int64_t n, float alpha) {
  if constexpr (std::is_same_v<T, float>) {
    forward_float<Op>(x, y, n, alpha);
  } else {
    for (std::int64_t i = 0; i < n; ++i) y[i] = static_cast<T>(Op::apply(load(x[i]), static_cast<Calc<T>>(alpha)));
  }
}
template <typename Op, typename T>
void gradient(const T* g, const T* x, T* y, std::int64_t n, float alpha) {
  if constexpr (std::is_same_v<T, float>) {
    gradient_float<Op>(g, x, y, n, alpha);
  } else {
    for (std::int64_t i = 0; i < n; ++i) {
      y[i] = static_cast<T>(Op::grad(load(g[i]), load(x[i]), static_cast<Calc<T>>(alpha)));
    }
  }
}

template <typename Op, typename T>
class Activation final : public Kernel {
 public:
  explicit Activation(float alpha) : alpha_(alpha) {}
  void prepare(PrepareContext& c) override {
    c.set_output(0, c.input_shape(0));
    c.may_overwrite(0, 0);
  }
  void run(RunContext& c) override {
    const T* x = c.input(0).data<T>();
    T* y = c.output(0).template data<T>();
    parallel_for(c.input(0).elements(), kGrain, [&](std::int64_t begin, std::int64_t end) {
      forward<Op, T>(x + begin, y + begin, end - begin, alpha_);
    });
  }

 private:
  const float alpha_;
};

template <typename Op, typename T>
class ActivationGrad final : public Kernel {
 public:
  explicit ActivationGrad(float alpha) : alpha_(alpha) {}
  void prepare(PrepareContext& c) override {
    c.require(c.input_shape(0).elements() == c.input_shape(1).elements(),
              fmt::format("the gradient has shape {}, but the activation has {}", c.input_shape(0).to_string(),
                          c.input_shape(1).to_string()));
    c.set_output(0, c.input_shape(0));
    c.may_overwrite(0, 0);
  }
  void run(RunContext& c) override {
    const T *g = c.input(0).data<T>(), *x = c.input(1).data<T>();
    T* y = c.output(0).template data<T>();
    parallel_for(c.input(0).elements(), kGrain, [&](std::int64_t begin, std::int64_t end) {
      gradient<Op, T>(g + begin, x + begin, y + begin, end - begin, alpha_);
    });
  }

 private:
  const float alpha_;
};

template <typename Op, typename List, bool kGrad>
std::unique_ptr<Kernel> make(const KernelSetup& setup) {
  const DType type = type_attr(setup, "T");
  const float alpha = setup.node.attr_or<float>("alpha", 0.0f);
  std::unique_ptr<Kernel> made;
  const bool known = visit<List>(type, [&]<typename T>() {
    if constexpr (kGrad) {
      made = std::make_unique<ActivationGrad<Op, T>>(alpha);
    } else {
      made = std::make_unique<Activation<Op, T>>(alpha);
    }
  });
  if (!known) throw_no_kernel(setup.node, type);
  return made;
}

const KernelRow kRows[] = {
    {"Relu", make<ReluOp, RealTypes, false>},
    {"ReluGrad", make<ReluOp, RealTypes, true>},
    {"Relu6", make<Relu6Op, RealTypes, false>},
    {"Relu6Grad", make<Relu6Op, RealTypes, true>},
    {"LeakyRelu", make<LeakyReluOp, FloatTypes, false>},
    {"LeakyReluGrad", make<LeakyReluOp, FloatTypes, true>},
    {"Elu", make<EluOp, FloatTypes, false>},
    {"EluGrad", make<EluOp, FloatTypes, true>},
    {"Selu", make<SeluOp, FloatTypes, false>},
    {"SeluGrad", make<SeluOp, FloatTypes, true>},
    {"Softsign", make<SoftsignOp, FloatTypes, false>},
    {"SoftsignGrad", make<SoftsignOp, FloatTypes, true>},
};

}  // namespace

std::span<const KernelRow> activation_kernels() { return kRows; }

}  // namespace tenon
