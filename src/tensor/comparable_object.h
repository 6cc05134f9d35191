// Objects in tensors that are equal by what they hold, not only to themselves.
#pragma once

#include "tenon/tensor.h"

namespace tenon {

class ComparableObject : public Object {
 public:
  virtual bool same_as(const Object& other) const = 0;  // for Tensor::equals
};

}  // namespace tenon
