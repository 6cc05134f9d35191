#include <cmath>
#include <complex>

#include <fmt/format.h>

#include "ops/builder.h"

namespace tenon {
namespace {

template <typename T>
Tensor scalar_of(T value) {
  return Tensor(value);
}

}  // namespace

Tensor Number::as(DType type) const {
  if (kind_ == Kind::Real && (is_integer(type) || type == DType::Bool))
    bad_argument("constant", fmt::format("{} cannot be a value of type {}", real_, dtype_name(type)));
  switch (type) {
    case DType::Float32: return scalar_of(static_cast<float>(real_));
    case DType::Float64: return scalar_of(real_);
    case DType::Float16: return scalar_of(Half(static_cast<float>(real_)));
    case DType::BFloat16: return scalar_of(BFloat16(static_cast<float>(real_)));
    case DType::Int8: return scalar_of(static_cast<std::int8_t>(integer_));
    case DType::Int16: return scalar_of(static_cast<std::int16_t>(integer_));
    case DType::Int32: return scalar_of(static_cast<std::int32_t>(integer_));
    case DType::Int64: return scalar_of(static_cast<std::int64_t>(integer_));
    case DType::UInt8: return scalar_of(static_cast<std::uint8_t>(integer_));
    case DType::UInt16: return scalar_of(static_cast<std::uint16_t>(integer_));
    case DType::UInt32: return scalar_of(static_cast<std::uint32_t>(integer_));
    case DType::UInt64: return scalar_of(static_cast<std::uint64_t>(integer_));
    case DType::Bool: return scalar_of(integer_ != 0);
    case DType::Complex64: return scalar_of(std::complex<float>(static_cast<float>(real_)));
    case DType::Complex128: return scalar_of(std::complex<double>(real_));
    // TensorFlow's zeros of strings are empty strings.
    case DType::String:
      if (is_whole(0)) return Tensor(std::string());
      [[fallthrough]];
    default: bad_argument("constant", fmt::format("a number cannot be a value of type {}", dtype_name(type)));
  }
}

Tensor Number::natural() const {
  if (kind_ == Kind::Bool) return as(DType::Bool);
  if (kind_ == Kind::Real) return as(DType::Float32);
  return as(integer_ == static_cast<std::int32_t>(integer_) ? DType::Int32 : DType::Int64);
}

Output Operand::in(GraphImpl& graph, DType like, std::string_view name) const {
  if (output_) return *output_;
  if (!number_) return constant(graph, tensor_, name);
  return constant(graph, like == DType::Invalid ? number_->natural() : number_->as(like), name);
}

Output Ints::in(GraphImpl& graph, std::string_view name, DType type) const {
  if (output_) return *output_;
  if (!given_) bad_argument(name, "no value was given");
  if (scalar_) return constant(graph, int_tensor(values_, Shape{}, type), name);
  return int_vector(graph, values_, name, type);
}

}  // namespace tenon
