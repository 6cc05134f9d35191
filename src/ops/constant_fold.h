// Folding of operations on small tensors of integers: the arithmetic that TensorFlow graphs do on shapes.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "ops/constant_value.h"

namespace tenon {

// The value of output `index`, from the values of all inputs.
using FoldFn = std::optional<IntArray>(const Node& node, int index, const std::vector<IntArray>& inputs);

FoldFn* find_fold_function(std::string_view op);  // null for an op that is not folded

// x[begin:end:stride] along the first dimension of a vector, with the node's masks. Nothing if it cannot be told.
std::optional<IntArray> strided_slice(const Node& node, const IntArray& x, const std::vector<std::int64_t>& begin,
                                      const std::vector<std::int64_t>& end, const std::vector<std::int64_t>& stride);

}  // namespace tenon
