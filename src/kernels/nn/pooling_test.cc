#include <algorithm>

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

struct Case {
  Shape image;
  std::int64_t size;
  Geometry geometry;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {{2, 4, 5, 1}, 2, {.stride = {2, 2}}},
      {{3, 28, 28, 32}, 2, {.stride = {2, 2}}},
      {{2, 7, 9, 5}, 3, {.stride = {2, 2}}},
      {{2, 7, 9, 70}, 3, {.stride = {1, 1}}},
      {{1, 8, 8, 3}, 3, {.stride = {2, 3}, .padding = "VALID"}},
      {{1, 5, 4, 3}, 1, {.stride = {2, 2}}},
      {{1, 3, 3, 130}, 3, {.stride = {1, 1}, .padding = "VALID"}},
      {{0, 4, 4, 3}, 2, {.stride = {2, 2}}},
      {{2, 7, 9, 16}, 2, {.stride = {2, 2}}},
      {{2, 9, 7, 48}, 3, {.stride = {2, 2}}},
      {{1, 6, 6, 16}, 2, {.stride = {2, 2}, .padding = "VALID"}},
      {{1, 7, 7, 16}, 2, {.stride = {2, 2}, .padding = "VALID"}},
      {{1, 9, 9, 32}, 2, {.stride = {3, 3}}},
  };
  return all;
}

KernelRun::Attrs attrs(std::int64_t size, const Geometry& g, bool nchw = false, DType type = DType::Float32) {
  const auto four = [&](std::int64_t h, std::int64_t w) { return nchw ? Ints{1, 1, h, w} : Ints{1, h, w, 1}; };
  return {{"T", type},
          {"ksize", four(size, size)},
          {"strides", four(g.stride[0], g.stride[1])},
          {"padding", g.padding},
          {"data_format", std::string(nchw ? "NCHW" : "NHWC")}};
}

Tensor max_pool(const Tensor& x, std::int64_t k, const Geometry& g) {
  std::vector<double> result;
  for (const auto& window : windows(x.shape(), k, g)) {
    float best = x.at<float>(window[0]);
    for (auto i : window) best = std::max(best, x.at<float>(i));
    result.push_back(best);
  }
  return rounded(result, pool_out(x.shape(), k, g));
}

// The gradient goes to the first of equal maxima.
Tensor max_pool_grad(const Tensor& x, const Tensor& grad, std::int64_t k, const Geometry& g) {
  std::vector<double> result(x.elements());
  std::int64_t o = 0;
  for (const auto& window : windows(x.shape(), k, g)) {
    std::int64_t best = window[0];
    for (auto i : window) best = x.at<float>(i) > x.at<float>(best) ? i : best;
    result[best] += grad.at<float>(o++);
  }
  return rounded(result, x.shape());
}

Tensor avg_pool(const Tensor& x, std::int64_t k, const Geometry& g) {
  std::vector<double> result;
  for (const auto& window : windows(x.shape(), k, g)) {
    double sum = 0;
    for (auto i : window) sum += x.at<float>(i);
    result.push_back(sum / window.size());
  }
  return rounded(result, pool_out(x.shape(), k, g));
}

Tensor avg_pool_grad(const Shape& x, const Tensor& grad, std::int64_t k, const Geometry& g) {
  std::vector<double> result(x.elements());
  std::int64_t o = 0;
  for (const auto& window : windows(x, k, g)) {
    for (auto i : window) result[i] += static_cast<double>(grad.at<float>(o)) / window.size();
    ++o;
  }
  return rounded(result, x);
}

Tensor sizes(const Shape& shape) { return Tensor(std::vector<std::int32_t>(shape.begin(), shape.end())); }

TEST(Pooling, EqualsPlainLoopsWithTies) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.image.to_string() + c.geometry.padding);
    const Tensor x = random_integers(c.image, 1);
    const Tensor grad = random_values(pool_out(c.image, c.size, c.geometry), 2);
    const Tensor y = max_pool(x, c.size, c.geometry);
    const auto a = attrs(c.size, c.geometry);
    EXPECT_TRUE(KernelRun(nn_kernels(), "MaxPool", a).input(x).run()[0].equals(y));
    expect_near(KernelRun(nn_kernels(), "MaxPoolGrad", a).input(x).input(y).input(grad).run()[0],
                max_pool_grad(x, grad, c.size, c.geometry), 1e-6);
    expect_near(KernelRun(nn_kernels(), "AvgPool", a).input(x).run()[0], avg_pool(x, c.size, c.geometry), 1e-6);
    expect_near(KernelRun(nn_kernels(), "AvgPoolGrad", a).input(sizes(c.image)).input(grad).run()[0],
                avg_pool_grad(c.image, grad, c.size, c.geometry), 1e-6);
  }
}

TEST(Pooling, TakesChannelsFirst) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.image.to_string() + c.geometry.padding);
    const Tensor x = random_integers(c.image, 1);
    const Tensor grad = random_values(pool_out(c.image, c.size, c.geometry), 2);
    const Tensor y = max_pool(x, c.size, c.geometry), x2 = channels_first(x), grad2 = channels_first(grad);
    const auto a = attrs(c.size, c.geometry, true);
    EXPECT_TRUE(KernelRun(nn_kernels(), "MaxPool", a).input(x2).run()[0].equals(channels_first(y)));
    expect_near(KernelRun(nn_kernels(), "MaxPoolGrad", a).input(x2).input(channels_first(y)).input(grad2).run()[0],
                channels_first(max_pool_grad(x, grad, c.size, c.geometry)), 1e-6);
    expect_near(KernelRun(nn_kernels(), "AvgPool", a).input(x2).run()[0],
                channels_first(avg_pool(x, c.size, c.geometry)), 1e-6);
    expect_near(KernelRun(nn_kernels(), "AvgPoolGrad", a).input(sizes(x2.shape())).input(grad2).run()[0],
                channels_first(avg_pool_grad(c.image, grad, c.size, c.geometry)), 1e-6);
  }
}

TEST(Pooling, WorksInOtherTypes) {
  const Geometry g{.stride = {2, 2}};
  const Tensor x = random_integers({2, 5, 7, 3}, 1), grad = random_integers(pool_out(x.shape(), 3, g), 2);
  const Tensor y = max_pool(x, 3, g), expected = max_pool_grad(x, grad, 3, g);
  const auto check = [&]<typename T>(T, double tolerance) {
    const auto a = attrs(3, g, false, dtype_of<T>());
    expect_near(to_float<T>(KernelRun(nn_kernels(), "MaxPool", a).input(cast<T>(x)).run()[0]), y, 0);
    expect_near(to_float<T>(KernelRun(nn_kernels(), "MaxPoolGrad", a)
                                .input(cast<T>(x))
                                .input(cast<T>(y))
                                .input(cast<T>(grad))
                                .run()[0]),
                expected, 0);
    if constexpr (!std::is_integral_v<T>) {
      expect_near(to_float<T>(KernelRun(nn_kernels(), "AvgPool", a).input(cast<T>(x)).run()[0]), avg_pool(x, 3, g),
                  tolerance);
      expect_near(
          to_float<T>(KernelRun(nn_kernels(), "AvgPoolGrad", a).input(sizes(x.shape())).input(cast<T>(grad)).run()[0]),
          avg_pool_grad(x.shape(), grad, 3, g), tolerance);
    }
  };
  check(double{}, 1e-6);
  check(Half{}, 2e-3);
  check(BFloat16{}, 2e-2);
  check(std::int32_t{}, 0);
}

TEST(MaxPoolGrad, GivesTiesToTheFirstMaximumAsTensorFlowDoes) {
  const Tensor x({1, 4, 5, 1}, {1.f, 1.f, 2.f, 1.f, 1.f, 3.f,  3.f,  2.f, 2.f, 2.f,
                                3.f, 0.f, 2.f, 2.f, 5.f, -1.f, -1.f, 5.f, 5.f, 5.f});
  const Tensor y({1, 2, 3, 1}, {3.f, 2.f, 2.f, 3.f, 5.f, 5.f}), grad({1, 2, 3, 1}, {1.f, 2.f, 3.f, 4.f, 5.f, 6.f});
  KernelRun run(nn_kernels(), "MaxPoolGrad", attrs(2, {.stride = {2, 2}}));
  expect_near(run.input(x).input(y).input(grad).run()[0],
              Tensor({1, 4, 5, 1}, {0.f, 0.f, 2.f, 0.f, 0.f, 1.f, 0.f, 0.f, 0.f, 3.f,
                                    4.f, 0.f, 0.f, 0.f, 6.f, 0.f, 0.f, 5.f, 0.f, 0.f}),
              0);
  const float nan = std::nanf("");
  KernelRun with_nan(nn_kernels(), "MaxPool", attrs(2, {.stride = {2, 2}}));
  EXPECT_EQ(with_nan.input(Tensor({1, 2, 2, 1}, {nan, 1.f, 2.f, 3.f})).run()[0].scalar<float>(), 3.0f);
}

TEST(Fusion, MaxPoolGradWithReluGradEqualsTheStepsApart) {
  const FusionRule* rule = nullptr;
  for (const FusionRule& each : fusion_rules()) {
    if (each.ops[0] == "MaxPoolGrad") rule = &each;
  }
  ASSERT_NE(rule, nullptr);
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.image.to_string() + c.geometry.padding);
    const Tensor x = random_integers(c.image, 1), grad = random_values(pool_out(c.image, c.size, c.geometry), 2);
    GraphImpl graph;
    SessionState state;
    Node* in = graph.add({.type = "Placeholder", .attrs = {{"dtype", DType::Float32}}});
    Node* pool =
        graph.add({.type = "MaxPoolGrad", .inputs = {{in, 0}, {in, 0}, {in, 0}}, .attrs = attrs(c.size, c.geometry)});
    Node* relu = graph.add({.type = "ReluGrad", .inputs = {{pool, 0}, {in, 0}}});
    Node* chain[] = {pool, relu};
    auto kernel = rule->make({*pool, chain, state});
    Slot inputs[] = {{x}, {max_pool(x, c.size, c.geometry)}, {grad}, {x}};
    Slot* slots[] = {&inputs[0], &inputs[1], &inputs[2], &inputs[3]};
    std::vector<OutputPlan> plans(1);
    PrepareContext prepare(*pool, slots, plans);
    kernel->prepare(prepare);
    Slot out{Tensor(DType::Float32, plans[0].shape)};
    Slot* outs[] = {&out};
    RunContext run(*pool, slots, outs);
    kernel->run(run);
    Tensor expected = max_pool_grad(x, grad, c.size, c.geometry);
    for (std::int64_t i = 0; i < x.elements(); ++i) {
      if (!(x.at<float>(i) > 0)) expected.at<float>(i) = 0;
    }
    expect_near(out.tensor, expected, 1e-6);
  }
}

TEST(MaxPool, PoolsOverChannels) {
  const Tensor x({1, 1, 2, 4}, {0.f, 1.f, 2.f, 3.f, 4.f, 5.f, 6.f, 7.f});
  KernelRun run(nn_kernels(), "MaxPool",
                {{"T", DType::Float32},
                 {"ksize", Ints{1, 1, 1, 2}},
                 {"strides", Ints{1, 1, 1, 2}},
                 {"padding", std::string("VALID")}});
  expect_near(run.input(x).run()[0], Tensor({1, 1, 2, 2}, {1.f, 3.f, 5.f, 7.f}), 0);
}

TEST(MaxPoolGrad, RefusesAGradientOfAnotherShape) {
  KernelRun run(nn_kernels(), "MaxPoolGrad", attrs(2, {.stride = {2, 2}}));
  run.input(random_values({1, 4, 4, 1}, 1)).input(random_values({1, 2, 2, 1}, 1)).input(random_values({1, 2, 3, 1}, 1));
  EXPECT_THROW(run.run(), Error);
}

}  // namespace
}  // namespace tenon
