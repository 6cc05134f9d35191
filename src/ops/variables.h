// Builders of variables, for the other files of this room.
#pragma once

#include <string_view>

#include "tenon/ops.h"

namespace tenon {

// A new variable. REQUIRES: the name scope around is the one that it shall be in.
Variable initialized_variable(GraphImpl& graph, std::string_view name, const Shape& shape,
                              const VariableOptions& options);

}  // namespace tenon
