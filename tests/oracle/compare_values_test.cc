#include "oracle/compare_values.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>

namespace tenon {
namespace {

TEST(CompareValues, AllowsRelativeAndAbsoluteError) {
  EXPECT_EQ(compare_values(Tensor({2}, {1.001f, 0.0001f}), Tensor({2}, {1.f, 0.f}), 0.002, 0.0002), "");
  EXPECT_EQ(compare_values(Tensor({2}, {1.f, 1.5f}), Tensor({2}, {1.f, 1.f}), 0.01, 0),
            "1 of 2 elements, the worst by 0.5 at 1: 1 expected, found 1.5");
}

TEST(CompareValues, TakesNanForNanAndInfinityForItself) {
  EXPECT_EQ(compare_values(Tensor(NAN), Tensor(NAN), 0, 0), "");
  EXPECT_NE(compare_values(Tensor(NAN), Tensor(1.f), 1, 1), "");
  EXPECT_EQ(compare_values(Tensor(INFINITY), Tensor(INFINITY), 0, 0), "");
  EXPECT_NE(compare_values(Tensor(1.f), Tensor(INFINITY), 1, 1), "");
}

TEST(CompareValues, SeesTypesAndShapes) {
  EXPECT_EQ(compare_values(Tensor({2}, {1, 2}), Tensor({1}, {1}), 0, 0), "shape [1] expected, found [2]");
  EXPECT_EQ(compare_values(Tensor(1), Tensor(1.f), 0, 0), "type float32 expected, found int32");
  EXPECT_EQ(compare_values(Tensor(1), Tensor(std::int64_t{1}), 0, 0), "");
  EXPECT_EQ(compare_values(Tensor("a"), Tensor("b"), 0, 0), "element 0: \"b\" expected, found \"a\"");
  EXPECT_NE(compare_values(Tensor(std::complex<float>(1, 2)), Tensor(std::complex<float>(1, 3)), 0, 0), "");
}

}  // namespace
}  // namespace tenon
