#include "kernels/recorded_cases.h"

#include <cmath>

#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/array/array_kernels.h"
#include "kernels/elements.h"
#include "kernels/kernel_test_harness.h"
#include "kernels/math/math_kernels.h"
#include "kernels/random/random_kernels.h"

namespace tenon {
namespace {

std::vector<KernelRow> all_rows() {
  std::vector<KernelRow> rows;
  for (const auto family : {math_kernels(), array_kernels(), random_kernels()}) {
    rows.insert(rows.end(), family.begin(), family.end());
  }
  return rows;
}

KernelRun::Attrs attrs_of(const RecordedCase& recorded) {
  KernelRun::Attrs attrs;
  for (const auto& [name, value] : recorded.node.attr()) {
    attrs.emplace_back(name, std::make_shared<const proto::AttrValue>(value));
  }
  return attrs;
}

double tolerance_of(DType type) {
  switch (type) {
    case DType::Float32:
    case DType::Complex64: return 1e-6;
    case DType::Float64:
    case DType::Complex128: return 1e-14;
    case DType::Float16: return 1e-3;
    case DType::BFloat16: return 8e-3;
    default: return 0;
  }
}

bool near(double expected, double found, double rtol, double atol) {
  if (std::isnan(expected) || std::isnan(found)) return std::isnan(expected) && std::isnan(found);
  if (expected == found) return true;
  return std::fabs(expected - found) <= atol + rtol * std::fabs(expected);
}

// "" if they agree, otherwise where they do not.
std::string difference(const Tensor& expected, const Tensor& found, double rtol, double atol) {
  if (expected.dtype() != found.dtype() || expected.shape() != found.shape()) {
    return fmt::format("expected {} {}, found {} {}", dtype_name(expected.dtype()), expected.shape().to_string(),
                       dtype_name(found.dtype()), found.shape().to_string());
  }
  rtol *= tolerance_of(expected.dtype());
  std::string text;
  visit<Join<PlainTypes, Types<std::string>>>(expected.dtype(), [&]<typename T>() {
    for (std::int64_t i = 0; i < expected.elements() && text.empty(); ++i) {
      const T& a = expected.data<T>()[i];
      const T& b = found.data<T>()[i];
      bool same = false;
      if constexpr (is_complex_type<T>) {
        const double size = std::isfinite(std::abs(a)) ? rtol * std::abs(a) : 0;
        same = near(a.real(), b.real(), rtol, atol + size) && near(a.imag(), b.imag(), rtol, atol + size);
      } else if constexpr (is_real_float<T>) {
        same = near(load(a), load(b), rtol, atol);
      } else {
        same = a == b;
      }
      if (!same)
        text = fmt::format("element {}:\n  expected {}\n  found {}", i, expected.to_string(40), found.to_string(40));
    }
  });
  return text;
}

std::string describe_case(const RecordedCase& recorded, const RecordedRun& run) {
  std::string text = recorded.node.op();
  for (const Tensor& input : run.inputs) text += " " + input.to_string(12);
  for (const auto& [name, value] : recorded.node.attr())
    text += fmt::format("\n  {}: {}", name, value.ShortDebugString());
  return text;
}

void check_outputs(const RecordedCase& recorded, const RecordedRun& run, const std::vector<Tensor>& outputs) {
  ASSERT_EQ(outputs.size(), run.outputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const std::string text = difference(run.outputs[i], outputs[i], recorded.rtol, recorded.atol);
    EXPECT_EQ(text, "") << "output " << i;
  }
}

void play(const RecordedCase& recorded, const std::vector<KernelRow>& rows) {
  KernelRun kernel(rows, recorded.node.op(), attrs_of(recorded));
  // The next run of a random operation gives other numbers.
  const bool draws = recorded.node.attr().contains("seed2");
  for (std::size_t r = 0; r < recorded.runs.size(); ++r) {
    const RecordedRun& run = recorded.runs[r];
    SCOPED_TRACE(fmt::format("run {} of {}", r, describe_case(recorded, run)));
    if (r == 0) {
      for (const Tensor& input : run.inputs) kernel.input(input);
    }
    try {
      check_outputs(recorded, run, kernel.run());
      EXPECT_TRUE(run.fine) << "but TensorFlow says: " << run.message;
      if (!draws) check_outputs(recorded, run, kernel.run_in_place());
    } catch (const Error& error) {
      EXPECT_FALSE(run.fine) << error.what();
      if (run.fine) continue;
      EXPECT_EQ(error.code(), run.code) << error.what() << "\nTensorFlow: " << run.message;
      EXPECT_THAT(error.what(), testing::HasSubstr(run.message));
    }
  }
}

class RecordedKernels : public testing::TestWithParam<const char*> {};

TEST_P(RecordedKernels, GiveWhatTensorFlowGives) {
  const std::vector<KernelRow> rows = all_rows();
  const std::vector<RecordedCase> cases =
      RecordedCases::read(fmt::format("{}/kernels/{}.cases", TENON_FIXTURES, GetParam()));
  EXPECT_FALSE(cases.empty());
  for (const RecordedCase& recorded : cases) play(recorded, rows);
}

INSTANTIATE_TEST_SUITE_P(All, RecordedKernels, testing::Values("elementwise", "reductions", "array", "random"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace tenon
