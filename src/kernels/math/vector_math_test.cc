#include "kernels/math/vector_math.h"

#include <bit>
#include <cmath>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/kernel_test_harness.h"
#include "kernels/math/math_kernels.h"

namespace tenon {
namespace {

// Distance of `found` from `exact` in steps of floats near exact.
double ulps(double exact, float found) {
  if (std::isnan(exact) || std::isnan(found)) return std::isnan(exact) && std::isnan(found) ? 0 : 1e9;
  const auto rounded = static_cast<float>(exact);
  if (std::isinf(rounded) || std::isinf(found)) return rounded == found ? 0 : 1e9;
  const float size = std::max(std::fabs(rounded), std::numeric_limits<float>::min());
  const double step = static_cast<double>(std::nextafter(size, INFINITY)) - static_cast<double>(size);
  return std::fabs(exact - static_cast<double>(found)) / step;
}

// Every 4099th float there is, and the ends.
std::vector<float> all_over() {
  std::vector<float> values{0.0f, -0.0f, INFINITY, -INFINITY, NAN};
  for (std::uint64_t bits = 0; bits < (1ull << 32); bits += 4099) {
    values.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  }
  return values;
}

struct Function {
  const char* op;
  float (*plain)(float);
  double (*exact)(double);
};

double exact_sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

const Function kFunctions[] = {{"Exp", vector_math::exp, std::exp},
                               {"Log", vector_math::log, std::log},
                               {"Tanh", vector_math::tanh, std::tanh},
                               {"Sigmoid", vector_math::sigmoid, exact_sigmoid}};

class VectorMath : public testing::TestWithParam<Function> {};

TEST_P(VectorMath, IsWithinTwoUnitsInTheLastPlace) {
  const Function& function = GetParam();
  const std::vector<float> x = all_over();
  const Tensor y = KernelRun(math_kernels(), function.op).input(Tensor(x)).run()[0];
  double worst = 0;
  double worst_plain = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double exact = function.exact(static_cast<double>(x[i]));
    const double error = ulps(exact, y.data<float>()[i]);
    const double error_plain = ulps(exact, function.plain(x[i]));
    ASSERT_LE(error, 2) << function.op << "(" << x[i] << ") = " << exact << ", not " << y.data<float>()[i];
    ASSERT_LE(error_plain, 2) << function.op << "(" << x[i] << ") = " << exact << ", not " << function.plain(x[i]);
    worst = std::max(worst, error);
    worst_plain = std::max(worst_plain, error_plain);
  }
  RecordProperty("worst", std::to_string(worst));
  RecordProperty("worst_plain", std::to_string(worst_plain));
}

INSTANTIATE_TEST_SUITE_P(Floats, VectorMath, testing::ValuesIn(kFunctions),
                         [](const auto& info) { return std::string(info.param.op); });

}  // namespace
}  // namespace tenon
