#include <gtest/gtest.h>

#include "kernels/kernel_test_harness.h"
#include "kernels/nn/nn_kernels.h"
#include "reference/images.h"
#include "reference/values.h"
#include "testing/errors.h"

namespace tenon {
namespace {

using namespace reference;
using Ints = std::vector<std::int64_t>;

struct Case {
  Shape image, filter;
  Geometry geometry;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {{2, 5, 6, 1}, {2, 3, 1, 1}, {}},
      {{3, 28, 28, 1}, {5, 5, 1, 32}, {}},
      {{2, 14, 14, 32}, {5, 5, 32, 64}, {}},
      {{2, 7, 9, 3}, {3, 3, 3, 5}, {.stride = {2, 2}}},
      {{1, 8, 7, 4}, {2, 2, 4, 6}, {.stride = {3, 2}}},
      {{2, 9, 9, 3}, {3, 3, 3, 8}, {.padding = "VALID"}},
      {{1, 10, 11, 2}, {3, 4, 2, 3}, {.stride = {2, 3}, .padding = "VALID"}},
      {{1, 9, 10, 3}, {3, 3, 3, 4}, {.dilation = {2, 2}}},
      {{1, 12, 10, 3}, {3, 2, 3, 4}, {.dilation = {3, 2}, .padding = "VALID"}},
      {{2, 5, 6, 2}, {2, 3, 2, 3}, {.stride = {2, 1}, .padding = "EXPLICIT", .explicit_pads = {2, 1, 0, 3}}},
      {{2, 6, 6, 8}, {1, 1, 8, 16}, {}},
      {{2, 7, 7, 8}, {1, 1, 8, 4}, {.stride = {2, 2}}},
      {{1, 4, 5, 16}, {3, 3, 16, 16}, {}},
      {{2, 5, 5, 4}, {3, 3, 2, 6}, {}},  // two groups
      {{1, 1, 2, 4}, {1, 1, 2, 4}, {.padding = "VALID"}},
      {{1, 3, 3, 2}, {5, 5, 2, 3}, {}},  // a window larger than the image
  };
  return all;
}

KernelRun::Attrs attrs(const Geometry& g, bool nchw = false, DType type = DType::Float32) {
  const auto four = [&](const std::array<std::int64_t, 2>& hw) {
    return nchw ? Ints{1, 1, hw[0], hw[1]} : Ints{1, hw[0], hw[1], 1};
  };
  KernelRun::Attrs attrs{{"T", type},
                         {"strides", four(g.stride)},
                         {"dilations", four(g.dilation)},
                         {"padding", g.padding},
                         {"data_format", std::string(nchw ? "NCHW" : "NHWC")}};
  if (g.padding == "EXPLICIT") {
    const auto& p = g.explicit_pads;
    attrs.push_back({"explicit_paddings",
                     nchw ? Ints{0, 0, 0, 0, p[0], p[1], p[2], p[3]} : Ints{0, 0, p[0], p[1], p[2], p[3], 0, 0}});
  }
  return attrs;
}

Tensor sizes(const Shape& shape) { return Tensor(std::vector<std::int32_t>(shape.begin(), shape.end())); }

TEST(Conv2D, EqualsPlainLoops) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.image.to_string() + c.filter.to_string() + c.geometry.padding);
    const Tensor image = random_values(c.image, 1), filter = random_values(c.filter, 2);
    const Tensor expected = conv2d(image, filter, c.geometry);
    KernelRun run(nn_kernels(), "Conv2D", attrs(c.geometry));
    expect_near(run.input(image).input(filter).run()[0], expected, 5e-5);
    KernelRun nchw(nn_kernels(), "Conv2D", attrs(c.geometry, true));
    expect_near(nchw.input(channels_first(image)).input(filter).run()[0], channels_first(expected), 5e-5);
  }
}

TEST(Conv2D, GradientsEqualPlainLoops) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.image.to_string() + c.filter.to_string() + c.geometry.padding);
    const Tensor image = random_values(c.image, 1), filter = random_values(c.filter, 2);
    const Tensor grad = random_values(conv_out(c.image, c.filter, c.geometry), 3);
    const Tensor to_image = conv2d_input_grad(c.image, filter, grad, c.geometry);
    const Tensor to_filter = conv2d_filter_grad(image, c.filter, grad, c.geometry);
    KernelRun input(nn_kernels(), "Conv2DBackpropInput", attrs(c.geometry));
    expect_near(input.input(sizes(c.image)).input(filter).input(grad).run()[0], to_image, 5e-5);
    KernelRun backprop(nn_kernels(), "Conv2DBackpropFilter", attrs(c.geometry));
    expect_near(backprop.input(image).input(sizes(c.filter)).input(grad).run()[0], to_filter, 5e-5);

    const Tensor image2 = channels_first(image), grad2 = channels_first(grad);
    KernelRun input2(nn_kernels(), "Conv2DBackpropInput", attrs(c.geometry, true));
    expect_near(input2.input(sizes(image2.shape())).input(filter).input(grad2).run()[0], channels_first(to_image),
                5e-5);
    KernelRun backprop2(nn_kernels(), "Conv2DBackpropFilter", attrs(c.geometry, true));
    expect_near(backprop2.input(image2).input(sizes(c.filter)).input(grad2).run()[0], to_filter, 5e-5);
  }
}

template <typename T>
void expect_type_works(double tolerance) {
  for (const Case& c : cases()) {
    if (c.image.elements() > 2000) continue;
    SCOPED_TRACE(c.image.to_string() + c.filter.to_string() + dtype_name(dtype_of<T>()));
    const auto with_type = attrs(c.geometry, false, dtype_of<T>());
    const Tensor image = random_integers(c.image, 1), filter = random_integers(c.filter, 2);
    const Tensor out = conv2d(image, filter, c.geometry);
    const Tensor grad = random_integers(out.shape(), 3);
    KernelRun forward(nn_kernels(), "Conv2D", with_type);
    expect_near(to_float<T>(forward.input(cast<T>(image)).input(cast<T>(filter)).run()[0]), out, tolerance);
    if constexpr (std::is_integral_v<T>) continue;  // TensorFlow has no gradients of these
    KernelRun input(nn_kernels(), "Conv2DBackpropInput", with_type);
    expect_near(to_float<T>(input.input(sizes(c.image)).input(cast<T>(filter)).input(cast<T>(grad)).run()[0]),
                conv2d_input_grad(c.image, filter, grad, c.geometry), tolerance);
    KernelRun to_filter(nn_kernels(), "Conv2DBackpropFilter", with_type);
    expect_near(to_float<T>(to_filter.input(cast<T>(image)).input(sizes(c.filter)).input(cast<T>(grad)).run()[0]),
                conv2d_filter_grad(image, c.filter, grad, c.geometry), tolerance);
  }
}

TEST(Conv2D, WorksInOtherTypes) {
  expect_type_works<double>(0);
  expect_type_works<std::int32_t>(0);
  expect_type_works<Half>(1e-3);
  expect_type_works<BFloat16>(1e-2);
}

TEST(Conv2D, GivesTensorFlowsValuesWithUnevenPadding) {
  const Tensor image({1, 5, 6, 1}, std::vector<float>{0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14,
                                                      15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29});
  const Tensor filter({2, 3, 1, 1}, {0.f, 1.f, 2.f, 3.f, 4.f, 5.f});
  KernelRun same(nn_kernels(), "Conv2D", attrs({.stride = {2, 2}}));
  expect_near(same.input(image).input(filter).run()[0],
              Tensor({1, 3, 3, 1}, {91.f, 121.f, 79.f, 271.f, 301.f, 175.f, 77.f, 83.f, 29.f}), 0);
  KernelRun wide(nn_kernels(), "Conv2D", attrs({.stride = {3, 3}}));
  expect_near(wide.input(image).input(filter).run()[0], Tensor({1, 2, 2, 1}, {91.f, 136.f, 361.f, 406.f}), 0);
}

TEST(Conv2D, DepthwiseGivesTensorFlowsValues) {
  const Tensor image({1, 2, 2, 2}, {0.f, 1.f, 2.f, 3.f, 4.f, 5.f, 6.f, 7.f});
  const Tensor filter({2, 2, 2, 2}, {0.f, 1.f, 2.f, 3.f, 4.f, 5.f, 6.f, 7.f, 0.f, 1.f, 2.f, 3.f, 4.f, 5.f, 6.f, 7.f});
  KernelRun run(nn_kernels(), "DepthwiseConv2dNative", attrs({}));
  const Tensor y = run.input(image).input(filter).run()[0];
  ASSERT_EQ(y.shape(), (Shape{1, 2, 2, 4}));
  // As a grouped convolution: the same memory seen as a filter of depth 1.
  KernelRun grouped(nn_kernels(), "Conv2D", attrs({}));
  expect_near(y, grouped.input(image).input(filter.reshaped({2, 2, 1, 4})).run()[0], 1e-6);
  expect_near(y, conv2d(image, filter.reshaped({2, 2, 1, 4}), {}), 1e-6);
}

TEST(Conv2D, AnEmptyBatchHasAnEmptyResultAndAZeroFilterGradient) {
  const Tensor image(DType::Float32, {0, 5, 6, 1}), filter = random_values({2, 3, 1, 4}, 1),
                                                    grad(DType::Float32, {0, 5, 6, 4});
  KernelRun forward(nn_kernels(), "Conv2D", attrs({}));
  EXPECT_EQ(forward.input(image).input(filter).run()[0].shape(), (Shape{0, 5, 6, 4}));
  KernelRun input(nn_kernels(), "Conv2DBackpropInput", attrs({}));
  EXPECT_EQ(input.input(sizes({0, 5, 6, 1})).input(filter).input(grad).run()[0].shape(), (Shape{0, 5, 6, 1}));
  KernelRun to_filter(nn_kernels(), "Conv2DBackpropFilter", attrs({}));
  expect_near(to_filter.input(image).input(sizes({2, 3, 1, 4})).input(grad).run()[0],
              Tensor::zeros(DType::Float32, {2, 3, 1, 4}), 0);
}

TEST(Conv2D, PackedWeightsFollowTheVariablesVersion) {
  const Tensor image = random_values({2, 8, 8, 16}, 1), first = random_values({3, 3, 16, 32}, 2),
               second = random_values({3, 3, 16, 32}, 3);
  KernelRun run(nn_kernels(), "Conv2D", attrs({}));
  run.input(image).input(first, 7);
  expect_near(run.run()[0], conv2d(image, first, {}), 1e-5);
  expect_near(run.run()[0], conv2d(image, first, {}), 1e-5);
  run.set_input(1, second, 8);
  expect_near(run.run()[0], conv2d(image, second, {}), 1e-5);
  run.set_input(1, first, 0);
  expect_near(run.run()[0], conv2d(image, first, {}), 1e-5);
  EXPECT_EQ(run.times_prepared(), 1);
}

TEST(Conv2D, NamesTheNodeWhenShapesDoNotFit) {
  KernelRun depth(nn_kernels(), "Conv2D", attrs({}));
  depth.input(random_values({1, 2, 2, 3}, 1)).input(random_values({1, 1, 2, 3}, 1));
  expect_says(error_of([&] { depth.run(); }), Code::InvalidArgument, {"under_test", "[1,2,2,3]"});
  KernelRun small(nn_kernels(), "Conv2D", attrs({.padding = "VALID"}));
  small.input(random_values({1, 2, 2, 3}, 1)).input(random_values({5, 5, 3, 3}, 1));
  expect_code(error_of([&] { small.run(); }), Code::InvalidArgument);
  KernelRun grad(nn_kernels(), "Conv2DBackpropInput", attrs({}));
  grad.input(sizes({1, 4, 4, 3})).input(random_values({3, 3, 3, 2}, 1)).input(random_values({1, 4, 5, 2}, 1));
  expect_code(error_of([&] { grad.run(); }), Code::InvalidArgument);
}

}  // namespace
}  // namespace tenon
