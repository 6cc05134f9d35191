// Arrays large enough to be shared among threads, against plain loops.
#include <cmath>

#include <gtest/gtest.h>

#include "kernels/array/array_kernels.h"
#include "kernels/kernel_test_harness.h"
#include "kernels/math/math_kernels.h"

namespace tenon {
namespace {

Tensor waves(const Shape& shape) {
  Tensor tensor(DType::Float32, shape);
  for (std::int64_t i = 0; i < tensor.elements(); ++i)
    tensor.at<float>(i) = std::sin(static_cast<float>(i) * 0.37f) + 1;
  return tensor;
}

double sum_of(const Tensor& x, std::int64_t begin, std::int64_t count, std::int64_t step) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += static_cast<double>(x.at<float>(begin + i * step));
  return sum;
}

TEST(LargeArrays, AddElementByElementRowsAndScalars) {
  const Tensor a = waves({700, 301});
  const Tensor row = waves({301});
  const Tensor column = waves({700, 1});
  const Tensor same = KernelRun(math_kernels(), "AddV2").input(a).input(a).run()[0];
  const Tensor rows = KernelRun(math_kernels(), "AddV2").input(a).input(row).run()[0];
  const Tensor columns = KernelRun(math_kernels(), "Sub").input(column).input(a).run()[0];
  for (std::int64_t i = 0; i < a.elements(); ++i) {
    ASSERT_EQ(same.at<float>(i), a.at<float>(i) * 2);
    ASSERT_EQ(rows.at<float>(i), a.at<float>(i) + row.at<float>(i % 301));
    ASSERT_EQ(columns.at<float>(i), column.at<float>(i / 301) - a.at<float>(i));
  }
}

TEST(LargeArrays, SumWithoutLosingDigits) {
  const Tensor x = waves({1234567});
  const Tensor sum = KernelRun(math_kernels(), "Sum").input(x).input(Tensor({1}, {0})).run()[0];
  EXPECT_EQ(sum.scalar<float>(), static_cast<float>(sum_of(x, 0, x.elements(), 1)));
}

TEST(LargeArrays, SumAlongEitherAxis) {
  const Tensor x = waves({5003, 37});
  const Tensor columns = KernelRun(math_kernels(), "Sum").input(x).input(Tensor({1}, {0})).run()[0];
  const Tensor rows = KernelRun(math_kernels(), "Sum").input(x).input(Tensor({1}, {1})).run()[0];
  for (std::int64_t i = 0; i < 37; ++i) {
    EXPECT_EQ(columns.at<float>(i), static_cast<float>(sum_of(x, i, 5003, 37)));
  }
  for (std::int64_t i = 0; i < 5003; ++i) {
    ASSERT_FLOAT_EQ(rows.at<float>(i), static_cast<float>(sum_of(x, i * 37, 37, 1)));
  }
}

TEST(LargeArrays, SumOverTheOuterAndInnerAxisTogether) {
  const Tensor x = waves({30, 40, 500});
  const Tensor sums = KernelRun(math_kernels(), "Sum").input(x).input(Tensor({2}, {0, 2})).run()[0];
  for (std::int64_t j = 0; j < 40; ++j) {
    double sum = 0;
    for (std::int64_t i = 0; i < 30; ++i) sum += sum_of(x, (i * 40 + j) * 500, 500, 1);
    EXPECT_FLOAT_EQ(sums.at<float>(j), static_cast<float>(sum));
  }
}

TEST(LargeArrays, FindTheLargestInAnyPlace) {
  for (const std::int64_t place : {0, 65535, 65536, 199999}) {
    Tensor x = waves({200000});
    x.at<float>(place) = 7;
    EXPECT_EQ(KernelRun(math_kernels(), "Max").input(x).input(Tensor({1}, {0})).run()[0].scalar<float>(), 7);
    EXPECT_EQ(KernelRun(math_kernels(), "ArgMax").input(x).input(Tensor(0)).run()[0].scalar<std::int64_t>(), place);
    x.at<float>(place) = NAN;
    EXPECT_TRUE(std::isnan(KernelRun(math_kernels(), "Max").input(x).input(Tensor({1}, {0})).run()[0].scalar<float>()));
  }
}

TEST(LargeArrays, TransposeToAndFro) {
  const Tensor x = waves({9, 70, 130});
  const Tensor y = KernelRun(array_kernels(), "Transpose").input(x).input(Tensor({3}, {2, 0, 1})).run()[0];
  ASSERT_EQ(y.shape(), (Shape{130, 9, 70}));
  for (std::int64_t i = 0; i < x.elements(); ++i) {
    const std::int64_t a = i / (70 * 130), b = i / 130 % 70, c = i % 130;
    ASSERT_EQ(y.at<float>((c * 9 + a) * 70 + b), x.at<float>(i));
  }
  const Tensor back = KernelRun(array_kernels(), "Transpose").input(y).input(Tensor({3}, {1, 2, 0})).run()[0];
  EXPECT_TRUE(back.equals(x));
}

TEST(LargeArrays, JoinAndSplitAgain) {
  const Tensor a = waves({300, 200});
  const Tensor b = waves({300, 57});
  const Tensor joined = KernelRun(array_kernels(), "ConcatV2").input(a).input(b).input(Tensor(1)).run()[0];
  KernelRun split(array_kernels(), "SplitV", {{"num_split", std::int64_t{2}}});
  const std::vector<Tensor> parts = split.input(joined).input(Tensor({2}, {200, 57})).input(Tensor(1)).run();
  EXPECT_TRUE(parts[0].equals(a));
  EXPECT_TRUE(parts[1].equals(b));
}

TEST(LargeArrays, RefuseShapesThatCannotBe) {
  const Tensor huge({2}, {std::int64_t{1} << 40, std::int64_t{1} << 40});
  EXPECT_THROW(KernelRun(array_kernels(), "Fill").input(huge).input(Tensor(1.0f)).run(), Error);
  EXPECT_THROW(KernelRun(array_kernels(), "BroadcastTo").input(Tensor(1.0f)).input(huge).run(), Error);
  EXPECT_THROW(KernelRun(array_kernels(), "Tile").input(Tensor({2, 2}, {1, 2, 3, 4})).input(huge).run(), Error);
  EXPECT_THROW(KernelRun(math_kernels(), "Range").input(Tensor(0.0)).input(Tensor(1e300)).input(Tensor(1.0)).run(),
               Error);
}

TEST(LargeArrays, PrepareOnlyWhenShapesChange) {
  KernelRun add(math_kernels(), "AddV2");
  add.input(waves({3})).input(waves({3}));
  add.run();
  add.run();
  EXPECT_EQ(add.times_prepared(), 1);
  add.set_input(0, waves({2, 3}));
  EXPECT_EQ(add.run()[0].shape(), (Shape{2, 3}));
  EXPECT_EQ(add.times_prepared(), 2);
}

}  // namespace
}  // namespace tenon
