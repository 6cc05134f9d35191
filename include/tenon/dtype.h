// Element types, numbered and named as in TensorFlow's types.proto.
//
//   tenon::DType t = tenon::float32;
//   tenon::dtype_name(t);            // "float32"
//   tenon::dtype_size(t);            // 4 bytes
//   tenon::dtype_of<std::int64_t>(); // tenon::int64
#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tenon {

enum class DType : int {
  Invalid = 0,
  Float32 = 1,
  Float64 = 2,
  Int32 = 3,
  UInt8 = 4,
  Int16 = 5,
  Int8 = 6,
  String = 7,
  Complex64 = 8,
  Int64 = 9,
  Bool = 10,
  QInt8 = 11,
  QUInt8 = 12,
  QInt32 = 13,
  BFloat16 = 14,
  QInt16 = 15,
  QUInt16 = 16,
  UInt16 = 17,
  Complex128 = 18,
  Float16 = 19,
  Resource = 20,
  Variant = 21,
  UInt32 = 22,
  UInt64 = 23,
  Float8E5M2 = 24,
  Float8E4M3FN = 25,
  Float8E4M3FNUZ = 26,
  Float8E4M3B11FNUZ = 27,
  Float8E5M2FNUZ = 28,
  Int4 = 29,
  UInt4 = 30,
  Int2 = 31,
  UInt2 = 32,
};

// The names that TensorFlow's Python uses (tf.float32 ...).
inline constexpr DType float16 = DType::Float16, bfloat16 = DType::BFloat16, float32 = DType::Float32,
                       float64 = DType::Float64, int8 = DType::Int8, int16 = DType::Int16, int32 = DType::Int32,
                       int64 = DType::Int64, uint8 = DType::UInt8, uint16 = DType::UInt16, uint32 = DType::UInt32,
                       uint64 = DType::UInt64, boolean = DType::Bool, string = DType::String,
                       complex64 = DType::Complex64, complex128 = DType::Complex128, resource = DType::Resource,
                       variant = DType::Variant;

// IEEE half and bfloat16 as storage; they convert to and from float with TensorFlow's rounding
// (to nearest, ties to even).
struct Half {
  std::uint16_t bits = 0;
  Half() = default;
  explicit Half(float value);
  explicit operator float() const;
};
struct BFloat16 {
  std::uint16_t bits = 0;
  BFloat16() = default;
  explicit BFloat16(float value);
  explicit operator float() const;
};

// "float32", "string", ...; "unknown(77)" for a number that TensorFlow does not define.
std::string dtype_name(DType type);

// "DT_FLOAT", "DT_STRING", ...: the enum names of the files.
std::string dtype_enum_name(DType type);

// Takes "float32", "float", "DT_FLOAT", "float32_ref"; Invalid if unknown.
DType dtype_from_name(std::string_view name);

// TensorFlow's reference types are the value type + 100.
constexpr bool is_ref(DType type) { return static_cast<int>(type) > 100; }
constexpr DType base_dtype(DType type) {
  return is_ref(type) ? static_cast<DType>(static_cast<int>(type) - 100) : type;
}
constexpr DType ref_dtype(DType type) { return is_ref(type) ? type : static_cast<DType>(static_cast<int>(type) + 100); }

// Bytes of one element in memory and in a checkpoint's .data file; int4, uint4, int2 and uint2 take one
// byte each, as in TensorFlow. 0 for string, resource, variant and unknown types.
std::size_t dtype_size(DType type);

bool is_floating(DType type);  // float16, bfloat16, float32, float64, the float8 kinds
bool is_integer(DType type);   // signed and unsigned integers, not bool and not quantised
bool is_complex(DType type);

template <typename T>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, float>) return DType::Float32;
  else if constexpr (std::is_same_v<T, double>) return DType::Float64;
  else if constexpr (std::is_same_v<T, std::int8_t>) return DType::Int8;
  else if constexpr (std::is_same_v<T, std::int16_t>) return DType::Int16;
  else if constexpr (std::is_same_v<T, std::int32_t>) return DType::Int32;
  else if constexpr (std::is_same_v<T, std::int64_t> || std::is_same_v<T, long long>) return DType::Int64;
  else if constexpr (std::is_same_v<T, std::uint8_t>) return DType::UInt8;
  else if constexpr (std::is_same_v<T, std::uint16_t>) return DType::UInt16;
  else if constexpr (std::is_same_v<T, std::uint32_t>) return DType::UInt32;
  else if constexpr (std::is_same_v<T, std::uint64_t>) return DType::UInt64;
  else if constexpr (std::is_same_v<T, bool>) return DType::Bool;
  else if constexpr (std::is_same_v<T, Half>) return DType::Float16;
  else if constexpr (std::is_same_v<T, BFloat16>) return DType::BFloat16;
  else if constexpr (std::is_same_v<T, std::complex<float>>) return DType::Complex64;
  else if constexpr (std::is_same_v<T, std::complex<double>>) return DType::Complex128;
  else if constexpr (std::is_same_v<T, std::string>) return DType::String;
  else return DType::Invalid;
}

}  // namespace tenon
