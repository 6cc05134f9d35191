#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "formats/message/bool_bytes.h"
#include "formats/npz/npy_header.h"
#include "formats/npz/npz.h"

namespace tenon {
namespace {

// Calls visit(position in the file, number of the element) with positions in the order of the file.
template <typename Visit>
void for_each_element(const NpyHeader& header, Visit visit) {
  const std::int64_t count = header.shape.elements();
  if (!header.fortran_order || header.shape.rank() < 2) {
    for (std::int64_t i = 0; i < count; ++i) visit(i, i);
    return;
  }
  // The first index runs fastest in the file, the last one in memory.
  const int rank = header.shape.rank();
  std::vector<std::int64_t> strides(rank, 1), index(rank, 0);
  for (int i = rank - 2; i >= 0; --i) strides[i] = strides[i + 1] * header.shape[i + 1];
  std::int64_t target = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    visit(i, target);
    for (int dim = 0; dim < rank; ++dim) {
      target += strides[dim];
      if (++index[dim] < header.shape[dim]) break;
      target -= strides[dim] * header.shape[dim];
      index[dim] = 0;
    }
  }
}

void append_utf8(std::string& out, std::uint32_t point, const ByteReader& at) {
  if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) {
    at.fail(fmt::format("a text with the character number {:#x}, which does not exist", point));
  }
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += {static_cast<char>(0xc0 | point >> 6), static_cast<char>(0x80 | (point & 0x3f))};
  } else if (point < 0x10000) {
    out += {static_cast<char>(0xe0 | point >> 12), static_cast<char>(0x80 | (point >> 6 & 0x3f)),
            static_cast<char>(0x80 | (point & 0x3f))};
  } else {
    out += {static_cast<char>(0xf0 | point >> 18), static_cast<char>(0x80 | (point >> 12 & 0x3f)),
            static_cast<char>(0x80 | (point >> 6 & 0x3f)), static_cast<char>(0x80 | (point & 0x3f))};
  }
}

std::string text_of(std::string_view bytes, bool big_endian, const ByteReader& at) {
  std::vector<std::uint32_t> points(bytes.size() / 4);
  if (!points.empty()) std::memcpy(points.data(), bytes.data(), points.size() * 4);
  while (!points.empty() && points.back() == 0) points.pop_back();
  std::string text;
  for (const std::uint32_t point : points) append_utf8(text, big_endian ? __builtin_bswap32(point) : point, at);
  return text;
}

Tensor read_strings(const NpyHeader& header, std::string_view data, const ByteReader& at) {
  Tensor tensor(DType::String, header.shape);
  for_each_element(header, [&](std::int64_t from, std::int64_t to) {
    std::string_view bytes = data.substr(static_cast<std::size_t>(from) * header.size, header.size);
    if (header.kind == 'U') {
      tensor.at<std::string>(to) = text_of(bytes, header.big_endian, at);
    } else {
      tensor.at<std::string>(to) = bytes.substr(0, bytes.find_last_not_of('\0') + 1);
    }
  });
  return tensor;
}

Tensor read_numbers(const NpyHeader& header, std::string_view data) {
  Tensor tensor(header.dtype, header.shape);
  char* out = reinterpret_cast<char*>(tensor.raw());
  const std::size_t size = header.size;
  if (header.fortran_order && header.shape.rank() > 1) {
    for_each_element(header, [&](std::int64_t from, std::int64_t to) {
      std::memcpy(out + to * size, data.data() + from * size, size);
    });
  } else if (!data.empty()) {
    std::memcpy(out, data.data(), data.size());
  }
  const std::size_t word = header.kind == 'c' ? size / 2 : size;
  for (std::size_t i = 0; header.big_endian && i < data.size(); i += word) std::reverse(out + i, out + i + word);
  make_bools_valid(tensor);
  return tensor;
}

std::string descr_of(DType type, const std::string& name) {
  switch (type) {
    case DType::Bool: return "|b1";
    case DType::Int8:
    case DType::QInt8:
    case DType::Int4:
    case DType::Int2: return "|i1";
    case DType::UInt8:
    case DType::QUInt8:
    case DType::UInt4:
    case DType::UInt2: return "|u1";
    case DType::Int16:
    case DType::QInt16: return "<i2";
    case DType::UInt16:
    case DType::QUInt16: return "<u2";
    case DType::Int32:
    case DType::QInt32: return "<i4";
    case DType::UInt32: return "<u4";
    case DType::Int64: return "<i8";
    case DType::UInt64: return "<u8";
    case DType::Float16: return "<f2";
    case DType::BFloat16: return "<V2";
    case DType::Float32: return "<f4";
    case DType::Float64: return "<f8";
    case DType::Complex64: return "<c8";
    case DType::Complex128: return "<c16";
    default: break;
  }
  throw Error(Code::Unimplemented, fmt::format("\"{}\": a {} tensor has no form in NumPy", name, dtype_name(type)));
}

std::string string_array_bytes(const Tensor& tensor, const std::string& name) {
  std::size_t width = 1;
  for (const std::string& value : tensor.flat<std::string>()) {
    width = std::max(width, value.size());
    if (value.ends_with('\0')) {
      throw Error(Code::InvalidArgument,
                  fmt::format("\"{}\": a string that ends with a zero byte, which NumPy would cut off", name));
    }
  }
  std::string bytes = npy_header_bytes(fmt::format("|S{}", width), tensor.shape());
  for (const std::string& value : tensor.flat<std::string>()) {
    bytes += value;
    bytes.append(width - value.size(), '\0');
  }
  return bytes;
}

}  // namespace

Tensor parse_npy(std::string_view bytes, const std::string& name) {
  ByteReader reader(bytes, name);
  const NpyHeader header = read_npy_header(reader);
  std::uint64_t expected = 0;
  const bool overflow =
      __builtin_mul_overflow(static_cast<std::uint64_t>(header.shape.elements()), header.size, &expected);
  if (overflow || expected != reader.remaining()) {
    reader.fail(fmt::format("{}{} takes {} bytes, {} follow the header", dtype_name(header.dtype),
                            header.shape.to_string(), overflow ? "too many" : fmt::format("{}", expected),
                            reader.remaining()));
  }
  // Elements without bytes are no reason to make any number of them.
  if (header.size == 0 && header.shape.elements() > 1'000'000) reader.fail("too many strings of width 0");
  const ByteReader at = reader;
  const std::string_view data = reader.bytes(expected, "elements");
  return header.dtype == DType::String ? read_strings(header, data, at) : read_numbers(header, data);
}

Tensor read_npy(const std::string& path) { return parse_npy(read_file(path), path); }

std::string npy_bytes(const Tensor& tensor, const std::string& name) {
  if (tensor.dtype() == DType::String) return string_array_bytes(tensor, name);
  std::string bytes = npy_header_bytes(descr_of(tensor.dtype(), name), tensor.shape());
  bytes.append(reinterpret_cast<const char*>(tensor.raw()), tensor.bytes());
  return bytes;
}

}  // namespace tenon
