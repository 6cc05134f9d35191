// Arrays in MNIST's idx format, plain or compressed with gzip.
//
//   Tensor images = read_idx("t10k-images-idx3-ubyte.gz");   // uint8 [1000,28,28]
//
//   00 00, element type, number of dimensions
//   u32 big-endian for each dimension
//   elements, big-endian
//   types: 08 uint8, 09 int8, 0b int16, 0c int32, 0d float32, 0e float64
#pragma once

#include <string>
#include <string_view>

#include "tenon/tensor.h"

namespace tenon {

// Throws the errors of base/files.h and DataLoss for a file that is damaged, too short, too long or of another kind.
Tensor read_idx(const std::string& path);
// Bytes 0..255 as float32 0..1; throws InvalidArgument for a file of another type.
Tensor read_images(const std::string& path);
Tensor parse_idx(std::string_view bytes, const std::string& name);

}  // namespace tenon
