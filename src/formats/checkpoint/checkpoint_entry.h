// What a checkpoint of any format says of one tensor.
#pragma once

#include <vector>

#include "formats/bundle/tensor_slice.h"
#include "tenon/dtype.h"
#include "tenon/shape.h"

namespace tenon {

struct CheckpointEntry {
  DType dtype = DType::Invalid;
  Shape shape;                      // of the whole tensor
  std::vector<TensorSlice> slices;  // the pieces of a partitioned tensor; empty: stored as a whole
};

}  // namespace tenon
