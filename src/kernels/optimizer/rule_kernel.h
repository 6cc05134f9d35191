// A kernel from an update rule.
//
//   template <typename A>                     // the numbers: see arithmetic.h
//   struct Momentum {
//     static constexpr int kVariables = 2;    // var and accum: the op's first inputs
//     static constexpr std::string_view kScalars[] = {"lr", "momentum"};  // inputs by name
//     A lr, momentum;
//     bool nesterov;
//     Momentum(const A* scalars, const Options& options);
//     template <bool kSparse>                 // where the two forms of an op calculate differently
//     void apply(A* x, A grad) const;         // changes one element of each variable
//   };
//   TENON_OPTIMIZER_LOOP(Momentum)            // compiles the loop over floats for several processors
//   ... make_momentum(const KernelSetup& setup) { return make_rule<Momentum>(setup); }
//
// These files are compiled without fused multiply-add: then the results are TensorFlow's on any processor.
#pragma once

#include <array>
#include <iterator>
#include <utility>

#include "base/parallel_for.h"
#include "base/simd.h"
#include "kernels/optimizer/arithmetic.h"
#include "kernels/optimizer/optimizer_kernel.h"

namespace tenon::optimizer {

template <bool kSparse, typename Rule, typename T, std::size_t... V>
[[gnu::always_inline]] inline void rule_loop(const Rule& given, T* const* variables, const T* gradient, std::int64_t n,
                                             std::index_sequence<V...>) {
  const Rule rule = given;
  T* const values[] = {variables[V]...};
  for (std::int64_t i = 0; i < n; ++i) {
    Number<T> x[] = {static_cast<Number<T>>(values[V][i])...};
    rule.template apply<kSparse>(x, static_cast<Number<T>>(gradient[i]));
    ((values[V][i] = static_cast<T>(x[V])), ...);
  }
}

template <bool kSparse, typename Rule, typename T>
[[gnu::always_inline]] inline void rule_loop(const Rule& rule, T* const* variables, const T* gradient, std::int64_t n) {
  rule_loop<kSparse>(rule, variables, gradient, n, std::make_index_sequence<Rule::kVariables>());
}

#define TENON_OPTIMIZER_LOOP(Rule)                                                                              \
  TENON_MULTIVERSION void float_loop(const Rule<float>& rule, float* const* variables, const float* gradient,  \
                                     std::int64_t n) {                                                          \
    rule_loop<false>(rule, variables, gradient, n);                                                             \
  }

template <template <typename> class Rule, typename T>
class RuleKernel final : public OptimizerKernel {
  using A = Number<T>;
  static constexpr std::size_t kVariables = Rule<A>::kVariables;
  static constexpr std::int64_t kGrain = 16 << 10;

 public:
  explicit RuleKernel(const Node& node) : OptimizerKernel(node, kVariables, Rule<A>::kScalars) {}

 private:
  Rule<A> rule() const {
    A values[std::size(Rule<A>::kScalars)];
    for (std::size_t i = 0; i < std::size(values); ++i) {
      const Tensor& scalar = *scalars()[i];
      values[i] = scalar.dtype() == DType::Int64 ? A(static_cast<double>(scalar.scalar<std::int64_t>()))
                                                 : static_cast<A>(scalar.scalar<T>());
    }
    return Rule<A>(values, options());
  }

  static std::array<T*, kVariables> at(std::span<Tensor* const> variables, std::int64_t offset) {
    std::array<T*, kVariables> pointers;
    for (std::size_t v = 0; v < kVariables; ++v) pointers[v] = variables[v]->data<T>() + offset;
    return pointers;
  }

  void apply_dense(std::span<Tensor* const> variables, const Tensor& gradient) override {
    const Rule<A> rule = this->rule();
    parallel_for(gradient.elements(), kGrain, [&](std::int64_t begin, std::int64_t end) {
      const auto pointers = at(variables, begin);
      const T* from = gradient.data<T>() + begin;
      if constexpr (std::is_same_v<T, float>) {
        float_loop(rule, pointers.data(), from, end - begin);
      } else {
        rule_loop<false>(rule, pointers.data(), from, end - begin);
      }
    });
  }

  // A row is always done by the same part of the loop, so that its gradients are applied in their order.
  void apply_sparse(std::span<Tensor* const> variables, const Tensor& gradient) override {
    const Rule<A> rule = this->rule();
    const auto count = static_cast<std::int64_t>(rows().size());
    const std::int64_t row_elements = gradient.elements() / count;
    const std::int64_t parts = gradient.elements() < kGrain ? 1 : parallel_threads();
    parallel_for(parts, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t row = rows()[static_cast<std::size_t>(i)];
        if (row % parts < begin || row % parts >= end) continue;
        const auto pointers = at(variables, row * row_elements);
        rule_loop<true>(rule, pointers.data(), gradient.data<T>() + i * row_elements, row_elements);
      }
    });
  }
};

template <template <typename> class Rule>
std::unique_ptr<Kernel> make_rule(const KernelSetup& setup) {
  const DType type = type_attr(setup, "T");
  std::unique_ptr<Kernel> made;
  if (!visit<FloatTypes>(type, [&]<typename T>() { made = std::make_unique<RuleKernel<Rule, T>>(setup.node); })) {
    throw_no_kernel(setup.node, type);
  }
  return made;
}

}  // namespace tenon::optimizer
