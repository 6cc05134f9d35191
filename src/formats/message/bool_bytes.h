// Bools out of files: any byte may stand there, but a bool in memory must be 0 or 1.
#pragma once

#include <algorithm>

#include "tenon/tensor.h"

namespace tenon {

inline void make_bools_valid(Tensor& tensor) {
  if (tensor.dtype() != DType::Bool) return;
  std::byte* bytes = tensor.raw();
  std::transform(bytes, bytes + tensor.bytes(), bytes, [](std::byte b) { return std::byte{b != std::byte{0}}; });
}

}  // namespace tenon
