#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/kernel_test_harness.h"
#include "kernels/nn/nn_kernels.h"
#include "reference/images.h"
#include "reference/values.h"

namespace tenon {
namespace {

using namespace reference;

// The example that TensorFlow's values below were recorded with.
const Tensor kX({1, 2, 3, 2}, {1.f, 2.f, 4.f, -1.f, 0.5f, 3.f, 2.f, 2.f, -2.f, 1.f, 1.5f, 0.f});
const Tensor kScale({2}, {1.5f, 0.5f}), kOffset({2}, {0.1f, -0.2f}), kMean({2}, {0.3f, 0.7f}),
    kVariance({2}, {1.2f, 0.8f});
const Tensor kGrad({1, 2, 3, 2}, {-0.3f, -0.2f, -0.1f, 0.f, 0.1f, 0.2f, 2.f, 0.4f, 0.5f, 0.6f, 0.7f, 0.8f});

KernelRun batch_norm(bool training, float factor = 1.0f, bool nchw = false,
                     const std::string& op = "FusedBatchNormV3") {
  KernelRun::Attrs attrs{{"T", DType::Float32},
                         {"epsilon", 0.001f},
                         {"is_training", training},
                         {"data_format", std::string(nchw ? "NCHW" : "NHWC")},
                         {"exponential_avg_factor", factor}};
  if (op != "FusedBatchNorm") attrs.push_back({"U", DType::Float32});
  return KernelRun(nn_kernels(), op, attrs);
}

KernelRun batch_norm_grad(bool training, bool nchw = false) {
  return KernelRun(nn_kernels(), "FusedBatchNormGradV3",
                   {{"T", DType::Float32},
                    {"U", DType::Float32},
                    {"epsilon", 0.001f},
                    {"is_training", training},
                    {"data_format", std::string(nchw ? "NCHW" : "NHWC")}});
}

const Tensor kTrained({1, 2, 3, 2},
                      {-0.0392498597f, 0.110001013f, 2.46724844f, -1.00600255f, -0.45699957f, 0.482002199f,
                       0.796249568f, 0.110001013f, -2.545748f, -0.262000203f, 0.378499836f, -0.634001374f});
const Tensor kInferred({1, 2, 3, 2},
                       {1.05811524f, 0.526268303f, 5.16432381f, -1.14973557f, 0.3737472f, 1.08493626f, 2.42685151f,
                        0.526268303f, -3.04809308f, -0.03239961f, 1.7424835f, -0.591067553f});

TEST(FusedBatchNorm, TrainingGivesTensorFlowsOutputs) {
  const auto y = batch_norm(true).input(kX).input(kScale).input(kOffset).input(kMean).input(kVariance).run();
  ASSERT_EQ(y.size(), 6u);
  expect_near(y[0], kTrained, 1e-6);
  expect_near(y[1], Tensor({2}, {1.16666663f, 1.16666663f}), 1e-6);
  expect_near(y[2], Tensor({2}, {3.86666656f, 2.16666675f}), 1e-6);
  expect_near(y[3], Tensor({2}, {1.16666663f, 1.16666663f}), 1e-6);
  expect_near(y[4], Tensor({2}, {3.22222209f, 1.80555546f}), 1e-6);
  EXPECT_EQ(y[5].shape(), (Shape{0}));
  // The running mean and variance are not looked at, and may be empty.
  const Tensor none(DType::Float32, {0});
  expect_near(batch_norm(true).input(kX).input(kScale).input(kOffset).input(none).input(none).run()[2], y[2], 0);
}

TEST(FusedBatchNorm, MixesRunningStatisticsByTheAverageFactor) {
  const auto y = batch_norm(true, 0.9f).input(kX).input(kScale).input(kOffset).input(kMean).input(kVariance).run();
  expect_near(y[0], kTrained, 1e-6);
  expect_near(y[1], Tensor({2}, {1.07999992f, 1.12f}), 1e-6);
  expect_near(y[2], Tensor({2}, {3.60000014f, 2.02999997f}), 1e-6);
  expect_near(y[3], Tensor({2}, {1.16666663f, 1.16666663f}), 1e-6);
  expect_near(y[4], Tensor({2}, {3.22222209f, 1.80555546f}), 1e-6);
}

TEST(FusedBatchNorm, InferenceGivesTensorFlowsOutputs) {
  for (const char* op : {"FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"}) {
    KernelRun run = batch_norm(false, 1.0f, false, op);
    const auto y = run.input(kX).input(kScale).input(kOffset).input(kMean).input(kVariance).run();
    expect_near(y[0], kInferred, 1e-6);
    for (int i = 1; i < 5; ++i) expect_near(y[i], i % 2 ? kMean : kVariance, 0);
    expect_near(run.run_in_place()[0], kInferred, 1e-6);
  }
}

TEST(FusedBatchNorm, OneElementPerChannelHasNoVariance) {
  const Tensor none(DType::Float32, {0});
  const auto y = batch_norm(true)
                     .input(Tensor({1, 1, 1, 2}, {1.f, 2.f}))
                     .input(kScale)
                     .input(kOffset)
                     .input(none)
                     .input(none)
                     .run();
  expect_near(y[0], kOffset.reshaped({1, 1, 1, 2}), 0);
  expect_near(y[2], Tensor({2}, {0.f, 0.f}), 0);
}

TEST(FusedBatchNorm, AnEmptyBatchGivesNaNStatisticsAsTensorFlowDoes) {
  const float nan = std::nanf("");
  for (const bool training : {true, false}) {
    const auto y = batch_norm(training)
                       .input(Tensor(DType::Float32, {0, 2, 3, 2}))
                       .input(kScale)
                       .input(kOffset)
                       .input(kMean)
                       .input(kVariance)
                       .run();
    EXPECT_EQ(y[0].shape(), (Shape{0, 2, 3, 2}));
    for (int i : {1, 2}) expect_near(y[i], Tensor({2}, {nan, nan}), 0);
    for (int i : {3, 4}) expect_near(y[i], Tensor({2}, {0.f, 0.f}), 0);
  }
}

TEST(FusedBatchNorm, TakesChannelsFirst) {
  const auto y = batch_norm(true, 1.0f, true)
                     .input(channels_first(kX))
                     .input(kScale)
                     .input(kOffset)
                     .input(kMean)
                     .input(kVariance)
                     .run();
  expect_near(y[0], channels_first(kTrained), 1e-6);
  const auto g = batch_norm_grad(true, true)
                     .input(channels_first(kGrad))
                     .input(channels_first(kX))
                     .input(kScale)
                     .input(y[3])
                     .input(y[4])
                     .input(y[5])
                     .run();
  const auto h = batch_norm_grad(true).input(kGrad).input(kX).input(kScale).input(y[3]).input(y[4]).input(y[5]).run();
  expect_near(g[0], channels_first(h[0]), 1e-6);
  expect_near(g[1], h[1], 1e-6);
}

TEST(FusedBatchNormGrad, TrainingGivesTensorFlowsOutputs) {
  const auto y = batch_norm(true).input(kX).input(kScale).input(kOffset).input(kMean).input(kVariance).run();
  const auto g = batch_norm_grad(true).input(kGrad).input(kX).input(kScale).input(y[3]).input(y[4]).input(y[5]).run();
  ASSERT_EQ(g.size(), 5u);
  expect_near(
      g[0],
      Tensor({1, 2, 3, 2}, {-0.654354513f, -0.171700776f, -0.489414781f, -0.148779884f, -0.319794744f, -0.00574052287f,
                            1.26657414f, 0.0514999405f, 0.0162051283f, 0.108740412f, 0.180784866f, 0.165980861f}),
      1e-6);
  expect_near(g[1], Tensor({2}, {0.00928339269f, -0.372001201f}), 1e-6);
  expect_near(g[2], Tensor({2}, {2.9f, 1.8f}), 1e-6);
  for (int i : {3, 4}) expect_near(g[i], Tensor(0.0f), 0);
}

TEST(FusedBatchNormGrad, InferenceGivesTensorFlowsOutputs) {
  const Tensor none(DType::Float32, {0});
  const auto g =
      batch_norm_grad(false).input(kGrad).input(kX).input(kScale).input(kMean).input(kVariance).input(none).run();
  expect_near(g[0],
              Tensor({1, 2, 3, 2}, {-0.410620868f, -0.1117336f, -0.136873633f, 0.f, 0.136873603f, 0.111733586f,
                                    2.7374723f, 0.223467171f, 0.684368074f, 0.335200787f, 0.95811528f, 0.446934372f}),
              1e-6);
  expect_near(g[1], Tensor({2}, {2.30860186f, 0.379894048f}), 1e-6);
  expect_near(g[2], Tensor({2}, {2.9f, 1.8f}), 1e-6);
}

TEST(FusedBatchNormGrad, AnEmptyBatchGivesZeros) {
  const Tensor none(DType::Float32, {0}), empty(DType::Float32, {0, 2, 3, 2});
  const auto g =
      batch_norm_grad(true).input(empty).input(empty).input(kScale).input(kMean).input(kVariance).input(none).run();
  EXPECT_EQ(g[0].shape(), (Shape{0, 2, 3, 2}));
  for (int i : {1, 2}) expect_near(g[i], Tensor({2}, {0.f, 0.f}), 0);
}

TEST(FusedBatchNorm, KeepsPrecisionFarFromZeroInManyRows) {
  Tensor x = random_values({8, 33, 17, 5}, 1);
  for (float& value : x.flat<float>()) value = value * 0.01f + 100.0f;
  const Tensor one({5}, {1.f, 1.f, 1.f, 1.f, 1.f}), zero({5}, {0.f, 0.f, 0.f, 0.f, 0.f});
  const auto y = batch_norm(true).input(x).input(one).input(zero).input(zero).input(one).run();
  for (int c = 0; c < 5; ++c) {
    double mean = 0, variance = 0;
    const std::int64_t n = x.elements() / 5;
    for (std::int64_t i = 0; i < n; ++i) mean += x.at<float>(i * 5 + c);
    mean /= n;
    for (std::int64_t i = 0; i < n; ++i) variance += std::pow(x.at<float>(i * 5 + c) - mean, 2);
    EXPECT_NEAR(y[3].at<float>(c), mean, 1e-5);
    EXPECT_NEAR(y[4].at<float>(c) / (variance / n), 1, 1e-4);
  }
}

TEST(FusedBatchNorm, CalculatesHalfAsFloat) {
  KernelRun run(nn_kernels(), "FusedBatchNormV3", {{"T", DType::Float16}, {"U", DType::Float32}, {"epsilon", 0.001f}});
  const auto y = run.input(cast<Half>(kX)).input(kScale).input(kOffset).input(kMean).input(kVariance).run();
  expect_near(to_float<Half>(y[0]), kTrained, 1e-3);
  expect_near(y[4], Tensor({2}, {3.22222209f, 1.80555546f}), 1e-6);
}

}  // namespace
}  // namespace tenon
