#include "tenon/dtype.h"

#include <bit>

#include <fmt/format.h>

namespace tenon {
namespace {

struct TypeRow {
  DType type;
  const char* name;       // Python's name
  const char* enum_name;  // types.proto's name
  std::size_t size;
};

// In the order of their numbers, so that row i is type i.
constexpr TypeRow kTypes[] = {
    {DType::Invalid, "invalid", "DT_INVALID", 0},
    {DType::Float32, "float32", "DT_FLOAT", 4},
    {DType::Float64, "float64", "DT_DOUBLE", 8},
    {DType::Int32, "int32", "DT_INT32", 4},
    {DType::UInt8, "uint8", "DT_UINT8", 1},
    {DType::Int16, "int16", "DT_INT16", 2},
    {DType::Int8, "int8", "DT_INT8", 1},
    {DType::String, "string", "DT_STRING", 0},
    {DType::Complex64, "complex64", "DT_COMPLEX64", 8},
    {DType::Int64, "int64", "DT_INT64", 8},
    {DType::Bool, "bool", "DT_BOOL", 1},
    {DType::QInt8, "qint8", "DT_QINT8", 1},
    {DType::QUInt8, "quint8", "DT_QUINT8", 1},
    {DType::QInt32, "qint32", "DT_QINT32", 4},
    {DType::BFloat16, "bfloat16", "DT_BFLOAT16", 2},
    {DType::QInt16, "qint16", "DT_QINT16", 2},
    {DType::QUInt16, "quint16", "DT_QUINT16", 2},
    {DType::UInt16, "uint16", "DT_UINT16", 2},
    {DType::Complex128, "complex128", "DT_COMPLEX128", 16},
    {DType::Float16, "float16", "DT_HALF", 2},
    {DType::Resource, "resource", "DT_RESOURCE", 0},
    {DType::Variant, "variant", "DT_VARIANT", 0},
    {DType::UInt32, "uint32", "DT_UINT32", 4},
    {DType::UInt64, "uint64", "DT_UINT64", 8},
    {DType::Float8E5M2, "float8_e5m2", "DT_FLOAT8_E5M2", 1},
    {DType::Float8E4M3FN, "float8_e4m3fn", "DT_FLOAT8_E4M3FN", 1},
    {DType::Float8E4M3FNUZ, "float8_e4m3fnuz", "DT_FLOAT8_E4M3FNUZ", 1},
    {DType::Float8E4M3B11FNUZ, "float8_e4m3b11fnuz", "DT_FLOAT8_E4M3B11FNUZ", 1},
    {DType::Float8E5M2FNUZ, "float8_e5m2fnuz", "DT_FLOAT8_E5M2FNUZ", 1},
    {DType::Int4, "int4", "DT_INT4", 1},
    {DType::UInt4, "uint4", "DT_UINT4", 1},
    {DType::Int2, "int2", "DT_INT2", 1},
    {DType::UInt2, "uint2", "DT_UINT2", 1},
};

struct Alias {
  std::string_view name;
  DType type;
};
constexpr Alias kAliases[] = {{"float", DType::Float32}, {"double", DType::Float64}, {"half", DType::Float16},
                              {"int", DType::Int32},     {"boolean", DType::Bool}};

const TypeRow* row_of(DType type) {
  const int number = static_cast<int>(type);
  return number >= 0 && number < static_cast<int>(std::size(kTypes)) ? &kTypes[number] : nullptr;
}

bool ends_with_any(std::string_view& name, std::initializer_list<std::string_view> endings) {
  for (std::string_view ending : endings) {
    if (!name.ends_with(ending)) continue;
    name.remove_suffix(ending.size());
    return true;
  }
  return false;
}

}  // namespace

std::string dtype_name(DType type) {
  const TypeRow* row = row_of(base_dtype(type));
  if (row == nullptr) return fmt::format("unknown({})", static_cast<int>(type));
  return is_ref(type) ? std::string(row->name) + "_ref" : row->name;
}

std::string dtype_enum_name(DType type) {
  const TypeRow* row = row_of(base_dtype(type));
  if (row == nullptr) return fmt::format("unknown({})", static_cast<int>(type));
  return fmt::format("{}{}", row->enum_name, is_ref(type) ? "_REF" : "");
}

DType dtype_from_name(std::string_view name) {
  const bool ref = ends_with_any(name, {"_ref", "_REF"});
  const auto found = [&](DType type) { return ref && type != DType::Invalid ? ref_dtype(type) : type; };
  for (const TypeRow& row : kTypes) {
    if (name == row.name || name == row.enum_name) return found(row.type);
  }
  for (const Alias& alias : kAliases) {
    if (name == alias.name) return found(alias.type);
  }
  return DType::Invalid;
}

std::size_t dtype_size(DType type) {
  const TypeRow* row = row_of(base_dtype(type));
  return row == nullptr ? 0 : row->size;
}

bool is_floating(DType type) {
  switch (base_dtype(type)) {
    case DType::Float16:
    case DType::BFloat16:
    case DType::Float32:
    case DType::Float64:
    case DType::Float8E5M2:
    case DType::Float8E4M3FN:
    case DType::Float8E4M3FNUZ:
    case DType::Float8E4M3B11FNUZ:
    case DType::Float8E5M2FNUZ:
      return true;
    default:
      return false;
  }
}

bool is_integer(DType type) {
  switch (base_dtype(type)) {
    case DType::Int8:
    case DType::Int16:
    case DType::Int32:
    case DType::Int64:
    case DType::UInt8:
    case DType::UInt16:
    case DType::UInt32:
    case DType::UInt64:
    case DType::Int4:
    case DType::UInt4:
    case DType::Int2:
    case DType::UInt2:
      return true;
    default:
      return false;
  }
}

bool is_complex(DType type) {
  return base_dtype(type) == DType::Complex64 || base_dtype(type) == DType::Complex128;
}

Half::Half(float value) {
  const std::uint32_t wide = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (wide >> 16) & 0x8000u;
  const std::uint32_t magnitude = wide & 0x7fffffffu;
  std::uint32_t narrow;
  if (magnitude >= 0x47800000u) {  // 65536 and above, infinities, NaNs
    narrow = magnitude > 0x7f800000u ? 0x7e00u : 0x7c00u;
  } else if (magnitude < 0x38800000u) {  // subnormal half: let the adder round at the right bit
    const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
    narrow = std::bit_cast<std::uint32_t>(shifted) - 0x3f000000u;
  } else {
    const std::uint32_t odd = (magnitude >> 13) & 1u;
    narrow = (magnitude - 0x38000000u + 0xfffu + odd) >> 13;
  }
  bits = static_cast<std::uint16_t>(narrow | sign);
}

Half::operator float() const {
  const std::uint32_t sign = (bits & 0x8000u) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1fu;
  const std::uint32_t fraction = bits & 0x3ffu;
  if (exponent == 0x1f) return std::bit_cast<float>(sign | 0x7f800000u | (fraction << 13));
  if (exponent != 0) return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (fraction << 13));
  const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
  return sign ? -magnitude : magnitude;
}

BFloat16::BFloat16(float value) {
  const std::uint32_t wide = std::bit_cast<std::uint32_t>(value);
  if ((wide & 0x7fffffffu) > 0x7f800000u) {
    bits = static_cast<std::uint16_t>(wide >> 31 ? 0xffc0u : 0x7fc0u);
  } else {
    bits = static_cast<std::uint16_t>((wide + 0x7fffu + ((wide >> 16) & 1u)) >> 16);
  }
}

BFloat16::operator float() const { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

}  // namespace tenon
