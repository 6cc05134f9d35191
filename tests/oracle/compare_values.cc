#include "oracle/compare_values.h"

#include <fmt/format.h>

#include <cmath>
#include <complex>
#include <optional>

namespace tenon {
namespace {

// Element i as a complex number, if the type is a floating-point or complex one.
std::optional<std::complex<double>> floating_at(const Tensor& tensor, std::int64_t i) {
  switch (tensor.dtype()) {
    case DType::Float32: return tensor.at<float>(i);
    case DType::Float64: return tensor.at<double>(i);
    case DType::Float16: return static_cast<float>(tensor.at<Half>(i));
    case DType::BFloat16: return static_cast<float>(tensor.at<BFloat16>(i));
    case DType::Complex64: return std::complex<double>(tensor.at<std::complex<float>>(i));
    case DType::Complex128: return tensor.at<std::complex<double>>(i);
    default: return std::nullopt;
  }
}

template <typename T>
std::int64_t raw_at(const Tensor& tensor, std::int64_t i) {
  return static_cast<std::int64_t>(reinterpret_cast<const T*>(tensor.raw())[i]);
}

// Integers, quantised ones too; uint64 keeps its bits.
std::int64_t integer_at(const Tensor& tensor, std::int64_t i) {
  switch (tensor.dtype()) {
    case DType::Int8: case DType::QInt8: return raw_at<std::int8_t>(tensor, i);
    case DType::UInt8: case DType::QUInt8: case DType::Bool: return raw_at<std::uint8_t>(tensor, i);
    case DType::Int16: case DType::QInt16: return raw_at<std::int16_t>(tensor, i);
    case DType::UInt16: case DType::QUInt16: return raw_at<std::uint16_t>(tensor, i);
    case DType::Int32: case DType::QInt32: return raw_at<std::int32_t>(tensor, i);
    case DType::UInt32: return raw_at<std::uint32_t>(tensor, i);
    default: return raw_at<std::int64_t>(tensor, i);
  }
}

bool close(std::complex<double> found, std::complex<double> expected, double rtol, double atol) {
  const auto nan = [](std::complex<double> x) { return std::isnan(x.real()) || std::isnan(x.imag()); };
  if (nan(found) || nan(expected)) return nan(found) && nan(expected);
  if (found == expected) return true;
  if (!std::isfinite(std::abs(found)) || !std::isfinite(std::abs(expected))) return false;
  return std::abs(found - expected) <= atol + rtol * std::abs(expected);
}

std::string compare_floating(const Tensor& found, const Tensor& expected, double rtol, double atol) {
  std::int64_t wrong = 0, worst = -1;
  double error = -1;
  for (std::int64_t i = 0; i < expected.elements(); ++i) {
    const auto f = floating_at(found, i), e = floating_at(expected, i);
    if (close(*f, *e, rtol, atol)) continue;
    ++wrong;
    const double difference = std::abs(*f - *e);
    if (worst < 0 || !(difference <= error)) error = difference, worst = i;
  }
  if (wrong == 0) return "";
  return fmt::format("{} of {} elements, the worst by {:.3g} at {}: {:.9g} expected, found {:.9g}", wrong,
                     expected.elements(), error, worst, floating_at(expected, worst)->real(),
                     floating_at(found, worst)->real());
}

std::string compare_exactly(const Tensor& found, const Tensor& expected) {
  for (std::int64_t i = 0; i < expected.elements(); ++i) {
    if (expected.dtype() == DType::String) {
      if (found.at<std::string>(i) == expected.at<std::string>(i)) continue;
      return fmt::format("element {}: \"{}\" expected, found \"{}\"", i, expected.at<std::string>(i),
                         found.at<std::string>(i));
    }
    const std::int64_t f = integer_at(found, i), e = integer_at(expected, i);
    if (f != e) return fmt::format("element {}: {} expected, found {}", i, e, f);
  }
  return "";
}

}  // namespace

std::string compare_values(const Tensor& found, const Tensor& expected, double rtol, double atol) {
  if (!(found.shape() == expected.shape())) {
    return fmt::format("shape {} expected, found {}", expected.shape().to_string(), found.shape().to_string());
  }
  const auto floats = [](const Tensor& t) { return is_floating(t.dtype()) || is_complex(t.dtype()); };
  const bool comparable = floats(found) == floats(expected) &&
                          (found.dtype() == DType::String) == (expected.dtype() == DType::String);
  if (!comparable) {
    return fmt::format("type {} expected, found {}", dtype_name(expected.dtype()), dtype_name(found.dtype()));
  }
  return floats(expected) ? compare_floating(found, expected, rtol, atol) : compare_exactly(found, expected);
}

}  // namespace tenon
