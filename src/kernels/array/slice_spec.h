// What x[1:, ..., None, ::-1, 3] means: the five masks and three vectors of StridedSlice, resolved against a shape.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/elements.h"

namespace tenon {

struct SliceMasks {
  std::int64_t begin = 0, end = 0, ellipsis = 0, new_axis = 0, shrink_axis = 0;
  explicit SliceMasks(const Node& node);
};

struct SliceSpec {
  Shape shape;                        // of the result, new axes in and shrunk ones out
  std::vector<std::int64_t> sizes;    // of the result in the input's dimensions
  std::vector<std::int64_t> strides;  // in elements of the input; may be negative
  std::int64_t offset = 0;            // of the first element
  bool identity = false;              // all of the input, in order
};

// Throws InvalidArgument through c.
SliceSpec resolve_slice(const PrepareContext& c, const Shape& input, const Tensor& begin, const Tensor& end,
                        const Tensor& strides, const SliceMasks& masks);

}  // namespace tenon
