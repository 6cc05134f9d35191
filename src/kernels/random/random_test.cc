#include "kernels/random/random_kernels.h"

#include <cmath>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "formats/npz/npz.h"
#include "kernels/elements.h"
#include "kernels/kernel_test_harness.h"

namespace tenon {
namespace {

KernelRun::Attrs seeds(std::int64_t seed, std::int64_t seed2, DType type) {
  return {{"seed", seed}, {"seed2", seed2}, {"dtype", type}};
}

Tensor shape_tensor(std::vector<std::int32_t> sizes) { return Tensor(sizes); }

template <typename T>
double difference(const Tensor& expected, const Tensor& found, std::int64_t at, std::int64_t i) {
  return std::fabs(static_cast<double>(load(expected.at<T>(i))) - static_cast<double>(load(found.at<T>(at))));
}

// Every 4,099th number and the last nine are in the fixture: tools/oracle/random_numbers.py.
double largest_difference(const Tensor& expected, const Tensor& all) {
  double most = 0;
  const bool known = visit<RealTypes>(all.dtype(), [&]<typename T>() {
    std::int64_t i = 0;
    for (std::int64_t at = 0; at < all.elements(); at += 4099) {
      most = std::max(most, difference<T>(expected, all, at, i++));
    }
    for (std::int64_t at = all.elements() - 9; at < all.elements(); ++at) {
      most = std::max(most, difference<T>(expected, all, at, i++));
    }
    EXPECT_EQ(i, expected.elements());
  });
  EXPECT_TRUE(known);
  return most;
}

double allowed(const std::string& op, DType type) {
  if (op == "RandomUniform" || op == "RandomUniformInt") return 0;
  switch (type) {
    case DType::Float64: return 1e-14;
    case DType::Float32: return 1e-6;
    case DType::Float16: return 4e-3;
    default: return 4e-2;
  }
}

Tensor bound(DType type, std::int64_t value) {
  return type == DType::Int32 ? Tensor(static_cast<std::int32_t>(value)) : Tensor(value);
}

TEST(RandomKernels, DrawTensorFlowsNumbersInLargeOutputsRunAfterRun) {
  const auto fixture = read_npz(TENON_FIXTURES "/random/numbers.npz");
  int number = 0;
  for (const std::string& line : fixture.at("cases").flat<std::string>()) {
    SCOPED_TRACE(line);
    std::string op, dtype;
    std::int64_t seed = 0, seed2 = 0;
    std::int32_t count = 0;
    std::istringstream(line) >> op >> dtype >> seed >> seed2 >> count;
    const DType type = dtype_from_name(dtype);
    KernelRun::Attrs attrs = seeds(seed, seed2, type);
    if (op == "RandomUniformInt") attrs.back().first = "Tout";
    KernelRun run(random_kernels(), op, attrs);
    run.input(shape_tensor({count}));
    if (op == "RandomUniformInt") run.input(bound(type, -7)).input(bound(type, 1000));
    for (int r = 0; r < 3; ++r) {
      EXPECT_LE(largest_difference(fixture.at(fmt::format("{}/{}", number, r)), run.run()[0]), allowed(op, type)) << r;
    }
    ++number;
  }
}

struct Initialiser {
  const char* name;
  const char* op;
  std::int64_t seed2;
  float scale, offset;
};

// A graph with seed 42.
TEST(RandomKernels, DrawTheNumbersOfInitialisers) {
  const auto expected = read_npz(TENON_FIXTURES "/random/philox_initialisers.npz");
  const Initialiser initialisers[] = {
      {"u/Initializer/random_uniform:0", "RandomUniform", 0, 2.f, -1.f},
      {"n/Initializer/random_normal:0", "RandomStandardNormal", 1, 1.f, 0.f},
      {"t/Initializer/truncated_normal:0", "TruncatedNormal", 2, .1f, 0.f},
      {"gu/Initializer/random_uniform:0", "RandomUniform", 3, .35355338f * 2, -.35355338f},
      {"gn/Initializer/truncated_normal:0", "TruncatedNormal", 4, .23205797f, 0.f},
      {"v/Initializer/truncated_normal:0", "TruncatedNormal", 5, .18689653f, 0.f},
  };
  for (const auto& [name, op, seed2, scale, offset] : initialisers) {
    KernelRun run(random_kernels(), op, seeds(42, seed2, DType::Float32));
    const Tensor found = run.input(shape_tensor({37, 11})).run()[0];
    const Tensor& wanted = expected.at(name);
    ASSERT_EQ(found.shape(), wanted.shape());
    for (std::int64_t i = 0; i < wanted.elements(); ++i) {
      const float value = found.at<float>(i) * scale + offset;
      ASSERT_NEAR(value, wanted.at<float>(i), 1e-6 * std::fabs(wanted.at<float>(i)) + 1e-7) << name << " " << i;
    }
  }
}

TEST(RandomKernels, DrawTheChoicesOfASeededGraph) {
  const auto expected = read_npz(TENON_FIXTURES "/random/philox_initialisers.npz");
  KernelRun integers(random_kernels(), "RandomUniformInt", {{"seed", 42}, {"seed2", 3}});
  integers.input(shape_tensor({9})).input(Tensor(0)).input(Tensor(100));
  EXPECT_TRUE(integers.run()[0].equals(expected.at("random_uniform:0")));
  KernelRun choices(random_kernels(), "Multinomial", {{"seed", 42}, {"seed2", 4}});
  choices.input(Tensor({1, 3}, {std::log(.2f), std::log(.3f), std::log(.5f)})).input(Tensor(6));
  EXPECT_TRUE(choices.run()[0].equals(expected.at("multinomial/Multinomial:0")));
  KernelRun shuffle(random_kernels(), "RandomShuffle", {{"seed", 42}, {"seed2", 5}});
  shuffle.input(Tensor({8}, {0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_TRUE(shuffle.run()[0].equals(expected.at("RandomShuffle:0")));
}

TEST(RandomKernels, DifferWithoutASeed) {
  const auto draw = [] {
    KernelRun run(random_kernels(), "RandomUniform", seeds(0, 0, DType::Float32));
    return run.input(shape_tensor({16})).run()[0];
  };
  EXPECT_FALSE(draw().equals(draw()));
}

TEST(RandomKernels, ContinueWhereTheSessionsNodeStopped) {
  // Two kernels of one node, as two plans of a session have them.
  KernelRun run(random_kernels(), "RandomUniform", seeds(1, 2, DType::Float32));
  run.input(shape_tensor({5}));
  const Tensor first = run.run()[0], second = run.run()[0];
  KernelRun again(random_kernels(), "RandomUniform", seeds(1, 2, DType::Float32));
  again.input(shape_tensor({5}));
  EXPECT_TRUE(again.run()[0].equals(first));
  const std::unique_ptr<Kernel> other = random_kernels()[3].make({again.node(), {}, again.state()});
  Slot in{shape_tensor({5})}, out{Tensor(DType::Float32, {5})};
  Slot* const ins[] = {&in};
  Slot* const outs[] = {&out};
  RunContext context(again.node(), ins, outs);
  other->run(context);
  EXPECT_TRUE(out.tensor.equals(second));
}

}  // namespace
}  // namespace tenon
