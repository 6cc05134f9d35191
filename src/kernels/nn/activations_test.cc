// Activations, biases and the steps that are fused with them.
#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/fusion.h"
#include "kernels/kernel_test_harness.h"
#include "kernels/nn/nn_kernels.h"
#include "reference/images.h"
#include "reference/values.h"

namespace tenon {
namespace {

using namespace reference;
using Ints = std::vector<std::int64_t>;

const float kInf = std::numeric_limits<float>::infinity(), kNan = std::nanf("");
const Tensor kX({8}, {-kInf, -2.f, -0.f, 0.f, 3.f, 6.f, 7.f, kNan});
const Tensor kOnes({8}, {1.f, 1.f, 1.f, 1.f, 1.f, 1.f, 1.f, 1.f});

Tensor apply(const std::string& op, KernelRun::Attrs attrs = {}) {
  attrs.push_back({"T", DType::Float32});
  return KernelRun(nn_kernels(), op, attrs).input(kX).run()[0];
}
Tensor gradient(const std::string& op, KernelRun::Attrs attrs = {}) {
  attrs.push_back({"T", DType::Float32});
  return KernelRun(nn_kernels(), op, attrs).input(kOnes).input(kX).run_in_place()[0];
}

TEST(Activations, GiveTensorFlowsValues) {
  const float inf = kInf, nan = kNan;
  expect_near(apply("Relu"), Tensor({8}, {0.f, 0.f, 0.f, 0.f, 3.f, 6.f, 7.f, nan}), 0);
  expect_near(apply("Relu6"), Tensor({8}, {0.f, 0.f, 0.f, 0.f, 3.f, 6.f, 6.f, nan}), 0);
  expect_near(apply("Elu"), Tensor({8}, {-1.f, -0.864664733f, 0.f, 0.f, 3.f, 6.f, 7.f, nan}), 1e-6);
  expect_near(apply("Selu"),
              Tensor({8}, {-1.75809932f, -1.52016652f, 0.f, 0.f, 3.15210295f, 6.30420589f, 7.35490704f, nan}), 1e-6);
  const Tensor leaky = apply("LeakyRelu", {{"alpha", 0.2f}});
  EXPECT_EQ(leaky.at<float>(0), -inf);
  EXPECT_FLOAT_EQ(leaky.at<float>(1), -0.4f);
  EXPECT_EQ(leaky.at<float>(6), 7.f);
}

TEST(Activations, GradientsAreTensorFlowsAlsoInPlace) {
  expect_near(gradient("ReluGrad"), Tensor({8}, {0.f, 0.f, 0.f, 0.f, 1.f, 1.f, 1.f, 0.f}), 0);
  expect_near(gradient("Relu6Grad"), Tensor({8}, {0.f, 0.f, 0.f, 0.f, 1.f, 0.f, 0.f, 0.f}), 0);
  expect_near(gradient("LeakyReluGrad", {{"alpha", 0.3f}}), Tensor({8}, {.3f, .3f, .3f, .3f, 1.f, 1.f, 1.f, .3f}), 0);
  const Tensor elu = gradient("EluGrad"), selu = gradient("SeluGrad");
  EXPECT_EQ(elu.at<float>(0), -kInf);
  EXPECT_FLOAT_EQ(elu.at<float>(1), -1.0f);
  EXPECT_FLOAT_EQ(elu.at<float>(2), 1.0f);
  EXPECT_NEAR(selu.at<float>(1), -0.241900682f, 1e-6);
  EXPECT_FLOAT_EQ(selu.at<float>(4), 1.05070102f);
}

TEST(Activations, SoftsignGivesTensorFlowsValuesInFloatAndDouble) {
  const float inf = kInf, nan = kNan;
  const Tensor x({8}, {-inf, -2.f, -0.f, 3.f, 6.f, 3e38f, -1e-3f, nan});
  KernelRun single(nn_kernels(), "Softsign", {{"T", DType::Float32}});
  const Tensor expected({8}, {nan, -0.6666667f, -0.f, 0.75f, 0.85714287f, 1.f, -0.000999001f, nan});
  expect_near(single.input(x).run()[0], expected, 1e-7);
  expect_near(single.run_in_place()[0], expected, 1e-7);
  EXPECT_TRUE(std::signbit(single.run()[0].at<float>(2)));

  KernelRun wide(nn_kernels(), "Softsign", {{"T", DType::Float64}});
  const Tensor y = wide.input(Tensor({4}, {-2.0, 6.0, 0.1, -1e-3})).run()[0];
  ASSERT_EQ(y.dtype(), DType::Float64);
  EXPECT_DOUBLE_EQ(y.at<double>(0), -0.6666666666666666);
  EXPECT_DOUBLE_EQ(y.at<double>(1), 0.8571428571428571);
  EXPECT_DOUBLE_EQ(y.at<double>(2), 0.09090909090909091);
  EXPECT_DOUBLE_EQ(y.at<double>(3), -0.0009990009990009992);
}

TEST(Activations, SoftsignGradDividesByTheSquareOfOnePlusTheMagnitude) {
  KernelRun grad(nn_kernels(), "SoftsignGrad", {{"T", DType::Float32}});
  const Tensor gradients({4}, {1.f, 2.f, 5.f, -3.f}), features({4}, {1.f, -3.f, 0.f, 4.f});
  expect_near(grad.input(gradients).input(features).run()[0], Tensor({4}, {0.25f, 0.125f, 5.f, -0.12f}), 1e-6);
}

TEST(Activations, LargeTensorsAreDoneInParts) {
  const Tensor x = random_values({3, 70001}, 1);
  const Tensor y = KernelRun(nn_kernels(), "Relu", {{"T", DType::Float32}}).input(x).run_in_place()[0];
  for (std::int64_t i = 0; i < x.elements(); ++i) ASSERT_EQ(y.at<float>(i), std::max(x.at<float>(i), 0.0f));
}

KernelRun::Attrs bias_attrs(bool nchw = false, DType type = DType::Float32) {
  return {{"T", type}, {"data_format", std::string(nchw ? "NCHW" : "NHWC")}};
}

TEST(BiasAdd, AddsToTheChannels) {
  const Tensor x = random_values({3, 4, 5, 7}, 1), bias = random_values({7}, 2);
  Tensor expected(DType::Float32, x.shape());
  for (std::int64_t i = 0; i < x.elements(); ++i) expected.at<float>(i) = x.at<float>(i) + bias.at<float>(i % 7);
  EXPECT_TRUE(KernelRun(nn_kernels(), "BiasAdd", bias_attrs()).input(x).input(bias).run_in_place()[0].equals(expected));
  EXPECT_TRUE(KernelRun(nn_kernels(), "BiasAdd", bias_attrs(true))
                  .input(channels_first(x))
                  .input(bias)
                  .run()[0]
                  .equals(channels_first(expected)));
  const Tensor matrix = random_values({2, 7}, 3);
  EXPECT_EQ(KernelRun(nn_kernels(), "BiasAdd", bias_attrs(true)).input(matrix).input(bias).run()[0].at<float>(13),
            matrix.at<float>(13) + bias.at<float>(6));
  KernelRun half(nn_kernels(), "BiasAdd", bias_attrs(false, DType::Float16));
  expect_near(to_float<Half>(half.input(cast<Half>(x)).input(cast<Half>(bias)).run()[0]), expected, 2e-3);
  EXPECT_THROW(KernelRun(nn_kernels(), "BiasAdd", bias_attrs()).input(matrix).input(random_values({2}, 1)).run(),
               Error);
}

TEST(BiasAddGrad, SumsOverAllButTheChannels) {
  const Tensor x = random_values({9, 20, 11, 7}, 1);
  std::vector<double> sum(7);
  for (std::int64_t i = 0; i < x.elements(); ++i) sum[i % 7] += x.at<float>(i);
  const Tensor expected = rounded(sum, {7});
  expect_near(KernelRun(nn_kernels(), "BiasAddGrad", bias_attrs()).input(x).run()[0], expected, 5e-5);
  expect_near(KernelRun(nn_kernels(), "BiasAddGrad", bias_attrs(true)).input(channels_first(x)).run()[0], expected,
              5e-5);
  expect_near(KernelRun(nn_kernels(), "BiasAddGrad", bias_attrs()).input(Tensor(DType::Float32, {0, 3})).run()[0],
              Tensor({3}, {0.f, 0.f, 0.f}), 0);
}

// A chain of nodes as a planner finds it, and the fused kernel's result.
class FusedRun {
 public:
  FusedRun(const std::string& op, const KernelRun::Attrs& attrs, const std::vector<Tensor>& inputs, bool relu)
      : inputs_(inputs) {
    std::vector<Edge> edges;
    for (const Tensor& input : inputs) {
      edges.push_back({graph_.add({.type = "Placeholder", .name = "in", .attrs = {{"dtype", input.dtype()}}}), 0});
    }
    chain_.push_back(graph_.add({.type = op, .name = "first", .inputs = {edges[0], edges[1]}, .attrs = attrs}));
    std::string format = "NHWC";
    for (const auto& [name, value] : attrs) {
      if (name == "data_format") format = std::get<std::string>(value);
    }
    chain_.push_back(graph_.add(
        {.type = "BiasAdd", .name = "bias", .inputs = {{chain_[0], 0}, edges[2]}, .attrs = {{"data_format", format}}}));
    if (relu) chain_.push_back(graph_.add({.type = "Relu", .name = "relu", .inputs = {{chain_[1], 0}}}));
  }

  Tensor run() {
    auto kernel = rule()->make({*chain_[0], chain_, state_});
    std::vector<Slot> in;
    for (const Tensor& input : inputs_) in.push_back({input});
    std::vector<Slot*> slots;
    for (Slot& slot : in) slots.push_back(&slot);
    std::vector<OutputPlan> plans(1);
    PrepareContext prepare(*chain_[0], slots, plans);
    kernel->prepare(prepare);
    Slot out{Tensor(DType::Float32, plans[0].shape)};
    Slot* outs[] = {&out};
    RunContext run(*chain_[0], slots, outs);
    kernel->run(run);
    return out.tensor;
  }

  // One kernel after the other.
  Tensor run_apart(const KernelRun::Attrs& attrs, const KernelRun::Attrs& bias) {
    Tensor y = KernelRun(nn_kernels(), chain_[0]->type, attrs).input(inputs_[0]).input(inputs_[1]).run()[0];
    y = KernelRun(nn_kernels(), "BiasAdd", bias).input(y).input(inputs_[2]).run()[0];
    return chain_.size() == 2 ? y : KernelRun(nn_kernels(), "Relu", {{"T", DType::Float32}}).input(y).run()[0];
  }

 private:
  const FusionRule* rule() const {
    for (const FusionRule& rule : fusion_rules()) {
      bool fits = rule.ops.size() == chain_.size();
      for (std::size_t i = 0; fits && i < chain_.size(); ++i) fits = rule.ops[i] == chain_[i]->type;
      if (fits) return &rule;
    }
    throw Error(Code::NotFound, "no rule");
  }

  GraphImpl graph_;
  SessionState state_;
  std::vector<Node*> chain_;
  std::vector<Tensor> inputs_;
};

TEST(Fusion, ConvolutionWithBiasAndReluEqualsTheStepsApart) {
  for (const bool relu : {false, true})
    for (const bool nchw : {false, true}) {
      const KernelRun::Attrs attrs{{"T", DType::Float32},
                                   {"strides", Ints{1, 1, 1, 1}},
                                   {"padding", std::string("SAME")},
                                   {"data_format", std::string(nchw ? "NCHW" : "NHWC")}};
      for (const std::int64_t batch : {0, 3}) {
        const Tensor image = random_values(nchw ? Shape{batch, 3, 9, 7} : Shape{batch, 9, 7, 3}, 1);
        FusedRun run("Conv2D", attrs, {image, random_values({3, 3, 3, 20}, 2), random_values({20}, 3)}, relu);
        expect_near(run.run(), run.run_apart(attrs, bias_attrs(nchw)), 1e-5);
      }
    }
}

TEST(Fusion, ProductWithBiasAndReluEqualsTheStepsApart) {
  for (const bool relu : {false, true})
    for (const bool transpose : {false, true})
      for (const std::int64_t k : {0, 1, 33}) {
        const KernelRun::Attrs attrs{{"T", DType::Float32}, {"transpose_b", transpose}};
        const Tensor b = random_values(transpose ? Shape{20, k} : Shape{k, 20}, 2);
        FusedRun run("MatMul", attrs, {random_values({7, k}, 1), b, random_values({20}, 3)}, relu);
        expect_near(run.run(), run.run_apart(attrs, bias_attrs()), 1e-5);
      }
}

TEST(Fusion, LeavesOtherTypesAlone) {
  GraphImpl graph;
  SessionState state;
  Node* in = graph.add({.type = "Placeholder", .attrs = {{"dtype", DType::Float64}}});
  Node* product = graph.add({.type = "MatMul", .inputs = {{in, 0}, {in, 0}}});
  Node* bias = graph.add({.type = "BiasAdd", .inputs = {{product, 0}, {in, 0}}});
  Node* chain[] = {product, bias};
  for (const FusionRule& rule : fusion_rules()) {
    if (rule.ops != std::vector<std::string_view>{"MatMul", "BiasAdd"}) continue;
    EXPECT_EQ(rule.make({*product, chain, state}), nullptr);
  }
}

}  // namespace
}  // namespace tenon
