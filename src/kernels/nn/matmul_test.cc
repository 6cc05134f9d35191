#include <array>
#include <complex>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/kernel_test_harness.h"
#include "kernels/nn/nn_kernels.h"
#include "reference/values.h"

namespace tenon {
namespace {

using namespace reference;

Tensor transposed(const Tensor& t) {
  const std::int64_t rows = t.shape()[0], columns = t.shape()[1];
  Tensor out(DType::Float32, {columns, rows});
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j) out.at<float>(j * rows + i) = t.at<float>(i * columns + j);
  return out;
}

Tensor product(const Tensor& a, const Tensor& b) {
  const std::int64_t m = a.shape()[0], k = a.shape()[1], n = b.shape()[1];
  Tensor out(DType::Float32, {m, n});
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j) {
      double sum = 0;
      for (std::int64_t x = 0; x < k; ++x) sum += static_cast<double>(a.at<float>(i * k + x)) * b.at<float>(x * n + j);
      out.at<float>(i * n + j) = static_cast<float>(sum);
    }
  return out;
}

KernelRun matmul(DType type, bool ta, bool tb) {
  return KernelRun(nn_kernels(), "MatMul", {{"T", type}, {"transpose_a", ta}, {"transpose_b", tb}});
}

TEST(MatMul, EqualsPlainLoopsInEveryOrientation) {
  for (const auto& [m, k, n] : std::vector<std::array<std::int64_t, 3>>{
           {64, 3136, 51}, {1, 1, 1}, {3, 5, 7}, {64, 10, 512}, {1, 100, 33}, {33, 100, 1}, {17, 64, 10}}) {
    const Tensor a = random_values({m, k}, 1), b = random_values({k, n}, 2), expected = product(a, b);
    for (const bool ta : {false, true})
      for (const bool tb : {false, true}) {
        SCOPED_TRACE(fmt::format("{}x{}x{} {} {}", m, k, n, ta, tb));
        KernelRun run = matmul(DType::Float32, ta, tb);
        run.input(ta ? transposed(a) : a).input(tb ? transposed(b) : b);
        expect_near(run.run()[0], expected, 1e-4);
      }
  }
}

TEST(MatMul, WorksInOtherTypes) {
  const Tensor a = random_integers({5, 9}, 1), b = random_integers({9, 4}, 2), expected = product(a, b);
  const auto check = [&]<typename T>(T) {
    for (const bool ta : {false, true}) {
      KernelRun run = matmul(dtype_of<T>(), ta, !ta);
      run.input(cast<T>(ta ? transposed(a) : a)).input(cast<T>(ta ? b : transposed(b)));
      expect_near(to_float<T>(run.run()[0]), expected, 0);
    }
  };
  check(double{});
  check(std::int32_t{});
  check(std::int64_t{});
  check(Half{});
  check(BFloat16{});
}

TEST(MatMul, EmptySidesGiveEmptyOrZeroResults) {
  const auto run = [](Shape a, Shape b) {
    return matmul(DType::Float32, false, false)
        .input(Tensor::zeros(DType::Float32, a))
        .input(Tensor::zeros(DType::Float32, b))
        .run()[0];
  };
  expect_near(run({2, 0}, {0, 3}), Tensor::zeros(DType::Float32, {2, 3}), 0);
  EXPECT_EQ(run({0, 4}, {4, 3}).shape(), (Shape{0, 3}));
  EXPECT_EQ(run({2, 4}, {4, 0}).shape(), (Shape{2, 0}));
}

TEST(MatMul, PacksWeightsThatStayAndNoticesWhenTheyChange) {
  const Tensor a = random_values({8, 128}, 1), first = random_values({128, 64}, 2),
               second = random_values({128, 64}, 3);
  KernelRun run = matmul(DType::Float32, false, false);
  run.input(a).input(first, 5);
  for (int i = 0; i < 3; ++i) expect_near(run.run()[0], product(a, first), 1e-5);
  run.set_input(1, second, 6);
  for (int i = 0; i < 3; ++i) expect_near(run.run()[0], product(a, second), 1e-5);
  run.set_input(1, first, 0);
  expect_near(run.run()[0], product(a, first), 1e-5);
}

TEST(MatMul, RefusesMatricesThatDoNotFit) {
  EXPECT_THROW(
      matmul(DType::Float32, false, false).input(random_values({2, 3}, 1)).input(random_values({2, 3}, 1)).run(),
      Error);
  EXPECT_THROW(matmul(DType::Float32, false, false).input(random_values({3}, 1)).input(random_values({3, 3}, 1)).run(),
               Error);
}

// x [.., m, k] and y [.., k, n] with batch shapes that broadcast; the result's batch is `batch`.
void expect_batch(const Shape& x_batch, const Shape& y_batch, const Shape& batch, bool adjoint_x, bool adjoint_y) {
  const std::int64_t m = 3, k = 5, n = 4;
  const auto whole = [](Shape s, std::int64_t r, std::int64_t c) {
    s.push_back(r);
    s.push_back(c);
    return s;
  };
  const Tensor x = random_values(whole(x_batch, adjoint_x ? k : m, adjoint_x ? m : k), 1);
  const Tensor y = random_values(whole(y_batch, adjoint_y ? n : k, adjoint_y ? k : n), 2);
  KernelRun run(nn_kernels(), "BatchMatMulV2", {{"T", DType::Float32}, {"adj_x", adjoint_x}, {"adj_y", adjoint_y}});
  const Tensor out = run.input(x).input(y).run()[0];
  ASSERT_EQ(out.shape().to_string(), whole(batch, m, n).to_string());
  const auto matrix = [&](const Tensor& t, const Shape& of, std::int64_t i, bool adjoint) {
    std::int64_t index = 0, step = 1, rest = i;
    for (int d = batch.rank() - 1; d >= 0; --d) {
      const int own = d - (batch.rank() - of.rank());
      if (own >= 0) {
        if (of[own] != 1) index += rest % batch[d] * step;
        step *= of[own];
      }
      rest /= batch[d];
    }
    const Tensor flat = t.reshaped({of.elements(), t.shape()[t.rank() - 2], t.shape()[t.rank() - 1]});
    const Tensor one = flat.slice0(index, index + 1).reshaped({flat.shape()[1], flat.shape()[2]});
    return adjoint ? transposed(one) : one.clone();
  };
  for (std::int64_t i = 0; i < batch.elements(); ++i) {
    expect_near(out.reshaped({batch.elements(), m, n}).slice0(i, i + 1).reshaped({m, n}).clone(),
                product(matrix(x, x_batch, i, adjoint_x), matrix(y, y_batch, i, adjoint_y)), 1e-5);
  }
}

TEST(BatchMatMul, BroadcastsBatches) {
  for (const bool ax : {false, true})
    for (const bool ay : {false, true}) {
      expect_batch({2, 3}, {2, 3}, {2, 3}, ax, ay);
      expect_batch({2, 1}, {3}, {2, 3}, ax, ay);
      expect_batch({4}, {}, {4}, ax, ay);
      expect_batch({4}, {1}, {4}, ax, ay);
      expect_batch({}, {2, 2}, {2, 2}, ax, ay);
      expect_batch({}, {}, {}, ax, ay);
    }
}

TEST(BatchMatMul, AdjointConjugatesComplexNumbers) {
  using C = std::complex<float>;
  const Tensor x({1, 2, 1}, std::vector<C>{{1, 2}, {3, -1}}), y({1, 2, 1}, std::vector<C>{{1, 1}, {0, 2}});
  KernelRun run(nn_kernels(), "BatchMatMulV2", {{"T", DType::Complex64}, {"adj_x", true}, {"adj_y", false}});
  const C expected = std::conj(C(1, 2)) * C(1, 1) + std::conj(C(3, -1)) * C(0, 2);
  EXPECT_EQ(run.input(x).input(y).run()[0].scalar<C>(), expected);
}

}  // namespace
}  // namespace tenon
