// Feeds as TensorFlow takes them: numbers of another type become the placeholder's, as numpy.asarray(value, dtype)
// does.
#pragma once

#include "tenon/tensor.h"

namespace tenon {

// `value` if it has the type already. Throws InvalidArgument for types that cannot be converted; `name` is the feed's.
Tensor convert_feed(const Tensor& value, DType type, const std::string& name);

}  // namespace tenon
