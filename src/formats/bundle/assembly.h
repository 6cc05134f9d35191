// Puts a tensor, or a part of one, together from the pieces in which it is stored.
//
//   Assembly whole(float32, box_of(TensorSlice::whole(2), shape));
//   for (...) whole.add(piece, box_of(slice, shape));
//   if (whole.complete()) use(whole.tensor());
#pragma once

#include <vector>

#include "formats/bundle/tensor_slice.h"
#include "tenon/tensor.h"

namespace tenon {

class Assembly {
 public:
  // Takes the memory for `part` of a tensor: what the file claims must have been checked before.
  Assembly(DType type, Box part);

  bool wants(const Box& where) const { return intersection(where, part_).has_value(); }
  // What `values`, which lie at `where`, have of the part. REQUIRES: type and shape fit.
  void add(const Tensor& values, const Box& where);
  bool complete() const;
  const Tensor& tensor() const { return tensor_; }

 private:
  Box part_;
  Tensor tensor_;
  std::vector<bool> filled_;
};

}  // namespace tenon
