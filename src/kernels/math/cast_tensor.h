// Numbers of one type as numbers of another, as the operation Cast converts them.
#pragma once

#include "tenon/tensor.h"

namespace tenon {

// False for strings, quantised types and the like. True for equal types of numbers.
bool can_cast(DType from, DType to);
// REQUIRES: can_cast(value.dtype(), to).
Tensor cast_tensor(const Tensor& value, DType to);
// The same numbers; NaN equals NaN. REQUIRES: equal types of numbers.
bool same_values(const Tensor& a, const Tensor& b);

}  // namespace tenon
