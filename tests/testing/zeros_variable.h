// A variable of get_variable, where its values do not matter.
//
//   Variable v = zeros_variable(graph, "v", {2, 3}, {.dtype = int32});
#pragma once

#include <string_view>

#include "tenon/initializers.h"
#include "tenon/ops.h"

namespace tenon {

inline Variable zeros_variable(Graph& graph, std::string_view name, const Shape& shape, VariableOptions options = {}) {
  options.initializer = zeros_initializer();
  return get_variable(graph, name, shape, options);
}

}  // namespace tenon
