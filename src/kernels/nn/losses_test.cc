// Softmax, cross entropies, L2Loss.
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "kernels/kernel_test_harness.h"
#include "kernels/nn/nn_kernels.h"
#include "reference/values.h"
#include "testing/errors.h"

namespace tenon {
namespace {

using namespace reference;

const Tensor kLogits({3, 3}, {1.f, 2.f, 3.f, -1000.f, 0.f, 1000.f, 0.f, 0.f, 0.f});
const Tensor kLabels({3, 3}, {.2f, .3f, .5f, 1.f, 0.f, 0.f, 0.f, 2.f, 0.f});

KernelRun kernel(const std::string& op, DType type = DType::Float32) {
  return KernelRun(nn_kernels(), op, {{"T", type}});
}

Tensor rows(const Tensor& t, std::int64_t n) { return t.slice0(0, n).clone(); }
Tensor first_column(const Tensor& t) {
  Tensor out(DType::Float32, {t.shape()[0], 1});
  for (std::int64_t i = 0; i < t.shape()[0]; ++i) out.at<float>(i) = t.at<float>(i * t.shape()[1]);
  return out;
}

TEST(Softmax, GivesTensorFlowsValues) {
  const Tensor expected(
      {3, 3}, {0.0900305659f, 0.244728476f, 0.665240884f, 0.f, 0.f, 1.f, 0.333333343f, 0.333333343f, 0.333333343f});
  expect_near(kernel("Softmax").input(kLogits).run()[0], expected, 1e-6);
  expect_near(kernel("Softmax").input(kLogits).run_in_place()[0], expected, 1e-6);
  expect_near(to_float<Half>(kernel("Softmax", DType::Float16).input(cast<Half>(kLogits)).run()[0]), expected, 1e-3);
  expect_near(to_float<double>(kernel("Softmax", DType::Float64).input(cast<double>(kLogits)).run()[0]), expected,
              1e-6);
}

TEST(LogSoftmax, GivesTensorFlowsValues) {
  const Tensor expected({3, 3}, {-2.40760589f, -1.40760589f, -0.407605946f, -2000.f, -1000.f, 0.f, -1.09861231f,
                                 -1.09861231f, -1.09861231f});
  expect_near(kernel("LogSoftmax").input(kLogits).run()[0], expected, 1e-6);
  expect_near(kernel("LogSoftmax").input(kLogits).run_in_place()[0], expected, 1e-6);
}

TEST(Softmax, EqualsPlainLoopsForLongAndShortRows) {
  for (const Shape& shape : {Shape{7, 1}, Shape{2, 3, 10}, Shape{3, 50}, Shape{2, 10007}, Shape{0, 4}, Shape{33}}) {
    const Tensor x = random_values(shape, 1);
    Tensor expected(DType::Float32, shape);
    const std::int64_t n = shape.back();
    for (std::int64_t r = 0; r < shape.elements() / n; ++r) {
      double sum = 0;
      for (std::int64_t i = 0; i < n; ++i) sum += std::exp(static_cast<double>(x.at<float>(r * n + i)));
      for (std::int64_t i = 0; i < n; ++i) {
        expected.at<float>(r * n + i) = static_cast<float>(std::exp(static_cast<double>(x.at<float>(r * n + i))) / sum);
      }
    }
    expect_near(kernel("Softmax").input(x).run()[0], expected, 1e-6);
  }
  EXPECT_THROW(kernel("Softmax").input(Tensor(1.0f)).run(), Error);
}

struct XentCase {
  Tensor logits, labels, loss, grad;
};

TEST(SoftmaxCrossEntropy, GivesTensorFlowsValuesAlsoWhenBroadcast) {
  const std::vector<XentCase> cases{
      {kLogits, kLabels, Tensor({3}, {1.10760593f, 2000.f, 2.19722462f}),
       Tensor({3, 3},
              {-0.10996943f, -0.0552715361f, 0.165240943f, -1.f, 0.f, 1.f, 0.333333343f, -1.66666663f, 0.333333343f})},
      {kLogits, rows(kLabels, 1), Tensor({3}, {1.10760593f, 700.f, 1.09861231f}),
       Tensor({3, 3}, {-0.10996943f, -0.0552715361f, 0.165240943f, -0.2f, -0.3f, 0.5f, 0.13333334f, 0.0333333313f,
                       -0.166666657f})},
      {rows(kLogits, 1), kLabels, Tensor({3}, {1.10760593f, 2.40760589f, 2.81521177f}),
       Tensor({3, 3}, {-0.10996943f, -0.0552715361f, 0.165240943f, -0.909969449f, 0.244728476f, 0.665240943f,
                       0.0900305733f, -1.75527155f, 0.665240943f})},
      {first_column(kLogits), kLabels, Tensor({3}, {1.09861231f, 1.09861231f, 2.19722462f}),
       Tensor({3, 3}, {0.13333334f, 0.0333333313f, -0.166666657f, -0.666666627f, 0.333333343f, 0.333333343f,
                       0.333333343f, -1.66666663f, 0.333333343f})},
      {kLogits, first_column(kLabels), Tensor({3}, {0.844563544f, 3000.f, 0.f}),
       Tensor({3, 3},
              {-0.10996943f, 0.0447284728f, 0.465240955f, -1.f, -1.f, 0.f, 0.333333343f, 0.333333343f, 0.333333343f})},
  };
  for (const XentCase& c : cases) {
    const auto y = kernel("SoftmaxCrossEntropyWithLogits").input(c.logits).input(c.labels).run();
    expect_near(y[0], c.loss, 1e-6);
    expect_near(y[1], c.grad, 1e-6);
  }
}

TEST(SoftmaxCrossEntropy, EmptyInputsGiveEmptyOrZeroLosses) {
  const Tensor none(DType::Float32, {0, 3}), thin(DType::Float32, {3, 0});
  EXPECT_EQ(kernel("SoftmaxCrossEntropyWithLogits").input(none).input(none).run()[1].shape(), (Shape{0, 3}));
  expect_near(kernel("SoftmaxCrossEntropyWithLogits").input(thin).input(thin).run()[0], Tensor({3}, {0.f, 0.f, 0.f}),
              0);
}

TEST(SoftmaxCrossEntropy, RefusesShapesThatDoNotBroadcast) {
  KernelRun run = kernel("SoftmaxCrossEntropyWithLogits");
  run.input(kLogits).input(rows(kLabels, 2));
  EXPECT_THROW(run.run(), Error);
}

std::vector<Tensor> sparse(const Tensor& labels) {
  KernelRun run(nn_kernels(), "SparseSoftmaxCrossEntropyWithLogits",
                {{"T", DType::Float32}, {"Tlabels", labels.dtype()}});
  return run.input(kLogits).input(labels).run();
}

TEST(SparseSoftmaxCrossEntropy, GivesTensorFlowsValues) {
  const Tensor loss({3}, {0.407605946f, 2000.f, 1.09861231f});
  const Tensor grad(
      {3, 3}, {0.0900305733f, 0.244728476f, -0.334759057f, -1.f, 0.f, 1.f, 0.333333343f, -0.666666627f, 0.333333343f});
  for (const Tensor& labels : {Tensor({3}, {2, 0, 1}), Tensor({3}, std::vector<std::int64_t>{2, 0, 1})}) {
    const auto y = sparse(labels);
    expect_near(y[0], loss, 1e-6);
    expect_near(y[1], grad, 1e-6);
  }
}

TEST(SparseSoftmaxCrossEntropy, RefusesLabelsOutsideTheClasses) {
  for (const int label : {-1, 3}) {
    SCOPED_TRACE(label);
    expect_says(error_of([&] { sparse(Tensor({3}, {2, label, 1})); }), Code::InvalidArgument,
                "outside the valid range of [0, 3)");
  }
}

TEST(L2Loss, IsHalfTheSumOfSquares) {
  expect_near(kernel("L2Loss").input(Tensor({2, 2}, {1.f, 2.f, 3.f, 4.f})).run()[0], Tensor(15.0f), 0);
  expect_near(kernel("L2Loss").input(Tensor(DType::Float32, {0})).run()[0], Tensor(0.0f), 0);
  const Tensor x = random_values({100003}, 1);
  double sum = 0;
  for (float value : x.flat<float>()) sum += static_cast<double>(value) * value;
  expect_near(kernel("L2Loss").input(x).run()[0], Tensor(static_cast<float>(sum / 2)), 1e-6);
}

}  // namespace
}  // namespace tenon
