#include "kernels/optimizer/optimizer_kernels.h"

#include <cmath>
#include <map>
#include <sstream>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "formats/npz/npz.h"
#include "graph.pb.h"
#include "graph/op_signatures.h"
#include "kernels/elements.h"
#include "kernels/kernel_test_harness.h"
#include "testing/errors.h"

namespace tenon {
namespace {

std::vector<std::int64_t> numbers(const std::string& text) {
  std::vector<std::int64_t> values;
  if (text == "-") return values;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, ',');) values.push_back(std::stoll(part));
  return values;
}

// One line of tests/fixtures/optimizers/steps.npz.
struct Step {
  std::string op, dtype, shape, indices, flags, scalars;
  bool resource() const { return op.starts_with("Resource"); }
};

Step parse_step(const std::string& line) {
  Step step;
  std::istringstream(line) >> step.op >> step.dtype >> step.shape >> step.indices >> step.flags >> step.scalars;
  return step;
}

KernelRun::Attrs attrs_of(const Step& step) {
  KernelRun::Attrs attrs;
  std::istringstream in(step.flags == "-" ? "" : step.flags);
  for (std::string flag; std::getline(in, flag, ',');) {
    const std::size_t equals = flag.find('=');
    attrs.emplace_back(flag.substr(0, equals), flag.substr(equals + 1) == "1");
  }
  return attrs;
}

// Takes tensors off the recorded numbers, one after the other.
class Reader {
 public:
  explicit Reader(Tensor numbers) : numbers_(std::move(numbers)) {}
  Tensor next(const Shape& shape) {
    const std::int64_t begin = at_;
    at_ += shape.elements();
    return numbers_.slice0(begin, at_).reshaped(shape);
  }

 private:
  Tensor numbers_;
  std::int64_t at_ = 0;
};

bool is_variable(const Step& step, const proto::OpDef::ArgDef& arg) {
  return step.resource() ? arg.type() == proto::DT_RESOURCE : arg.is_ref();
}

// In units in the last place, which are those of 0.25 for smaller numbers: the rules add and subtract numbers near 1.
template <typename T>
double distance(T expected, T found) {
  const double a = load(expected), b = load(found);
  if (std::isnan(a) || std::isnan(b)) return INFINITY;
  if (a == b) return 0;
  const int digits = std::is_same_v<T, double> ? 52 : std::is_same_v<T, float> ? 23 : std::is_same_v<T, Half> ? 10 : 7;
  return std::fabs(a - b) / std::ldexp(1.0, std::ilogb(std::max(std::fabs(a), 0.25)) - digits);
}

double largest_distance(const Tensor& expected, const Tensor& found) {
  double most = expected.shape() == found.shape() ? 0 : INFINITY;
  visit<FloatTypes>(expected.dtype(), [&]<typename T>() {
    for (std::int64_t i = 0; i < expected.elements(); ++i) {
      most = std::max(most, distance(expected.at<T>(i), found.at<T>(i)));
    }
  });
  return most;
}

std::string play(const Step& step, Reader& reader, double allowed) {
  KernelRun run(optimizer_kernels(), step.op, attrs_of(step));
  const Shape shape{Dims(numbers(step.shape))};
  const std::vector<std::int64_t> indices = numbers(step.indices);
  Shape gradient = shape;
  if (!indices.empty()) gradient[0] = static_cast<std::int64_t>(indices.size());
  int variables = 0;
  for (const auto& arg : find_op_def(step.op)->input_arg()) {
    if (is_variable(step, arg)) {
      run.variable(reader.next(shape), {}, step.resource());
      ++variables;
    } else if (arg.name() == "indices") {
      run.input(Tensor(std::vector<std::int32_t>(indices.begin(), indices.end())));
    } else if (arg.name() == "global_step") {
      reader.next({});
      run.input(Tensor(std::int64_t{3}));
    } else {
      run.input(reader.next(arg.name() == "grad" || arg.name() == "delta" ? gradient : Shape{}).clone());
    }
  }
  run.run();
  std::string problems;
  for (int v = 0; v < variables; ++v) {
    const Tensor expected = reader.next(shape), found = run.variable_at(v).read();
    const double distance = largest_distance(expected, found);
    if (distance > allowed) {
      problems += fmt::format("variable {} is off by {} units in the last place\n  expected {}\n  found    {}\n", v,
                              distance, expected.to_string(37), found.to_string(37));
    }
  }
  return problems;
}

TEST(OptimizerKernels, StepAsTensorFlowDoes) {
  const auto fixture = read_npz(TENON_FIXTURES "/optimizers/steps.npz");
  const std::map<std::string, double> allowed = {{"float32", 4}, {"float64", 4}, {"float16", 4}, {"bfloat16", 1}};
  std::map<std::string, Reader> readers;
  for (const auto& [dtype, unused] : allowed) readers.emplace(dtype, Reader(fixture.at(dtype)));
  for (const std::string& line : fixture.at("cases").flat<std::string>()) {
    const Step step = parse_step(line);
    // TensorFlow takes powers by an approximation of its own, and the step is ten times their difference.
    const double factor = step.scalars.starts_with("lr_power") ? 20 : 1;
    EXPECT_EQ(play(step, readers.at(step.dtype), factor * allowed.at(step.dtype)), "") << line;
  }
}

Tensor zeros(const Shape& shape) { return Tensor::zeros(DType::Float32, shape); }

Error momentum_error(Tensor var, Tensor accum, Tensor lr, Tensor gradient) {
  KernelRun run(optimizer_kernels(), "ApplyMomentum");
  run.variable(std::move(var)).variable(std::move(accum)).input(std::move(lr)).input(std::move(gradient));
  run.input(Tensor(.9f));
  return error_of([&] { run.run(); });
}

TEST(OptimizerKernels, RefuseShapesThatDoNotFitWithTensorFlowsWords) {
  expect_says(momentum_error(zeros({5}), zeros({5}), Tensor(.1f), zeros({2})), Code::InvalidArgument,
              "var and grad do not have the same shape[5] [2]");
  expect_says(momentum_error(zeros({5}), zeros({4}), Tensor(.1f), zeros({5})), Code::InvalidArgument,
              "var and accum do not have the same shape[5] [4]");
  expect_says(momentum_error(zeros({5}), zeros({5}), zeros({2}), zeros({5})), Code::InvalidArgument,
              "lr is not a scalar: [2]");
  expect_says(momentum_error(zeros({5}), Tensor(), Tensor(.1f), zeros({5})), Code::FailedPrecondition,
              "Attempting to use uninitialized value in1");
}

Error sparse_error(Tensor var, Tensor gradient, Tensor indices) {
  KernelRun run(optimizer_kernels(), "SparseApplyMomentum");
  run.variable(var).variable(var).input(Tensor(.1f)).input(std::move(gradient)).input(std::move(indices));
  run.input(Tensor(.9f));
  const Error error = error_of([&] { run.run(); });
  EXPECT_TRUE(run.variable_at(0).read().equals(var)) << "nothing may have changed";
  return error;
}

TEST(OptimizerKernels, RefuseSparseGradientsThatDoNotFitWithTensorFlowsWords) {
  expect_says(sparse_error(zeros({5, 2}), zeros({2, 2}), Tensor({2}, {1, 7})), Code::InvalidArgument,
              "Index 7 at offset 1 in indices is out of range");
  expect_says(sparse_error(zeros({5, 2}), zeros({2, 2}), Tensor({1}, {1})), Code::InvalidArgument,
              "grad must be the same size as indices in the first dimension.");
  expect_says(sparse_error(zeros({5, 2}), zeros({1, 2}), Tensor({1, 1}, {1})), Code::InvalidArgument,
              "indices must be one-dimensional");
  expect_says(sparse_error(zeros({5, 2}), zeros({1, 3}), Tensor({1}, {1})), Code::InvalidArgument,
              "var and grad must match in dimension 1");
  expect_says(sparse_error(zeros({}), zeros({1, 3}), Tensor({1}, {1})), Code::InvalidArgument,
              "var must be at least 1 dimensional");
}

TEST(OptimizerKernels, ChangeVariablesInPlaceUnlessSomeoneHoldsThem) {
  KernelRun run(optimizer_kernels(), "ApplyGradientDescent");
  run.variable(zeros({3})).input(Tensor(1.f)).input(Tensor({3}, {1.f, 2.f, 3.f}));
  const std::byte* memory = run.variable_at(0).read().raw();
  run.run();
  EXPECT_EQ(run.variable_at(0).read().raw(), memory);
  const Tensor snapshot = run.variable_at(0).read();
  run.run();
  EXPECT_TRUE(snapshot.equals(Tensor({3}, {-1.f, -2.f, -3.f})));
  EXPECT_TRUE(run.variable_at(0).read().equals(Tensor({3}, {-2.f, -4.f, -6.f})));
}

TEST(OptimizerKernels, StepManyElementsAsFew) {
  constexpr std::int64_t kCount = 100003;
  std::vector<float> start(kCount), gradient(kCount);
  for (std::int64_t i = 0; i < kCount; ++i) {
    start[i] = static_cast<float>(i % 17) - 8;
    gradient[i] = static_cast<float>(i % 29) - 14;
  }
  const auto adam = [&](std::int64_t begin, std::int64_t end) {
    const auto part = [&](const std::vector<float>& all) {
      return Tensor(std::vector<float>(all.begin() + begin, all.begin() + end));
    };
    KernelRun run(optimizer_kernels(), "ApplyAdam");
    run.variable(part(start)).variable(zeros({end - begin})).variable(zeros({end - begin}));
    for (float scalar : {.9f, .999f, .001f, .9f, .999f, 1e-8f}) run.input(Tensor(scalar));
    run.input(part(gradient)).run();
    return run.variable_at(0).read();
  };
  const Tensor all = adam(0, kCount);
  for (std::int64_t begin : {0L, 16384L, 50001L, 99900L}) {
    EXPECT_TRUE(all.slice0(begin, begin + 101).equals(adam(begin, begin + 101))) << begin;
  }
}

// Rows that come several times get their gradients in order, also where several threads share the work.
TEST(OptimizerKernels, ApplyRepeatedRowsInOrder) {
  constexpr std::int64_t kRows = 4000, kWidth = 8;
  std::vector<std::int32_t> indices(kRows);
  std::vector<float> gradient(kRows * kWidth);
  for (std::int64_t i = 0; i < kRows; ++i) indices[i] = static_cast<std::int32_t>(i * 7 % 5);
  for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] = static_cast<float>(i % 13) - 6;
  KernelRun run(optimizer_kernels(), "SparseApplyMomentum");
  run.variable(zeros({5, kWidth})).variable(zeros({5, kWidth})).input(Tensor(.125f));
  run.input(Tensor({kRows, kWidth}, gradient)).input(Tensor(indices)).input(Tensor(.5f)).run();
  std::vector<float> var(5 * kWidth), accum(5 * kWidth);
  for (std::int64_t i = 0; i < kRows; ++i) {
    for (std::int64_t j = 0; j < kWidth; ++j) {
      const std::int64_t at = indices[i] * kWidth + j;
      accum[at] = accum[at] * .5f + gradient[i * kWidth + j];
      var[at] -= accum[at] * .125f;
    }
  }
  EXPECT_EQ(largest_distance(Tensor({5, kWidth}, var), run.variable_at(0).read()), 0);
}

TEST(VariableState, UpdatesOfSeveralVariablesDoNotWaitForEachOtherForEver) {
  VariableState a("a", DType::Float32, {}, false), b("b", DType::Float32, {}, false);
  a.assign(Tensor(0.f));
  b.assign(Tensor(0.f));
  const auto add = [](VariableState* first, VariableState* second) {
    for (int i = 0; i < 2000; ++i) {
      VariableState* const both[] = {first, second, first};
      VariableState::update_all(both, [](std::span<Tensor* const> values) {
        for (Tensor* value : values) value->at<float>(0) += 1;
      });
    }
  };
  std::thread other(add, &b, &a);
  add(&a, &b);
  other.join();
  EXPECT_EQ(a.read().scalar<float>(), 6000);
  EXPECT_EQ(b.read().scalar<float>(), 6000);
}

}  // namespace
}  // namespace tenon
