#include "cli/feed_conversion.h"

#include <fmt/format.h>

#include "tenon/error.h"

namespace tenon {
namespace {

// Calls fn with a value of the C++ type; false for types that are no plain numbers.
template <typename Fn>
bool with_number_type(DType type, Fn&& fn) {
  switch (type) {
    case DType::Float32: return fn(float()), true;
    case DType::Float64: return fn(double()), true;
    case DType::Int8: return fn(std::int8_t()), true;
    case DType::Int16: return fn(std::int16_t()), true;
    case DType::Int32: return fn(std::int32_t()), true;
    case DType::Int64: return fn(std::int64_t()), true;
    case DType::UInt8: return fn(std::uint8_t()), true;
    case DType::UInt16: return fn(std::uint16_t()), true;
    case DType::UInt32: return fn(std::uint32_t()), true;
    case DType::UInt64: return fn(std::uint64_t()), true;
    case DType::Bool: return fn(bool()), true;
    case DType::Float16: return fn(Half()), true;
    case DType::BFloat16: return fn(BFloat16()), true;
    default: return false;
  }
}

template <typename To, typename From>
To convert(From value) {
  if constexpr (std::is_same_v<From, Half> || std::is_same_v<From, BFloat16>) {
    return convert<To>(static_cast<float>(value));
  } else if constexpr (std::is_same_v<To, Half> || std::is_same_v<To, BFloat16>) {
    return To(static_cast<float>(value));
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To> && !std::is_same_v<To, bool>) {
    // Out of range is undefined in C++; NumPy gives what the processor does.
    return value >= -9.2e18 && value <= 9.2e18 ? static_cast<To>(static_cast<std::int64_t>(value)) : To();
  } else {
    return static_cast<To>(value);
  }
}

}  // namespace

Tensor convert_feed(const Tensor& value, DType type, const std::string& name) {
  if (value.dtype() == type) return value;
  Tensor converted(type, value.shape());
  const bool done = with_number_type(type, [&]<typename To>(To) {
    const bool known = with_number_type(value.dtype(), [&]<typename From>(From) {
      for (std::int64_t i = 0; i < value.elements(); ++i) converted.at<To>(i) = convert<To>(value.at<From>(i));
    });
    if (!known) converted = Tensor();
  });
  if (!done || !converted.defined()) {
    throw Error(Code::InvalidArgument, fmt::format("the feed of \"{}\" is {}, {} is needed", name,
                                                   dtype_name(value.dtype()), dtype_name(type)));
  }
  return converted;
}

}  // namespace tenon
