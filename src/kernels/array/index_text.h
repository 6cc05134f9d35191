// How messages name elements and rows of an index tensor.
#pragma once

#include <cstdint>
#include <string>

#include "tenon/tensor.h"

namespace tenon {

// "[1,0]" for element 2 of shape [2,2]; "" for a scalar.
std::string index_text(const Shape& shape, std::int64_t element);
// The same for a row: `shape` without its last dimension.
std::string row_text(const Shape& shape, std::int64_t row);
// "[5, 0]": the row's values.
std::string row_values(const Tensor& indices, std::int64_t row);

}  // namespace tenon
