// The head of a .npy file.
#pragma once

#include <string>
#include <string_view>

#include "base/byte_reader.h"
#include "tenon/tensor.h"

namespace tenon {

struct NpyHeader {
  char kind = 0;          // b, i, u, f, c, S, U, V
  std::size_t size = 0;   // of an element in the file, in bytes
  DType dtype = DType::Invalid;
  bool big_endian = false;
  bool fortran_order = false;
  Shape shape;
};

// Leaves `reader` at the first element.
NpyHeader read_npy_header(ByteReader& reader);

// Up to the first element; `descr` as "<f4".
std::string npy_header_bytes(const std::string& descr, const Shape& shape);

}  // namespace tenon
