// Under which name a session keeps the variable of a VariableV2, Variable or VarHandleOp node.
#pragma once

#include <string>

#include "graph/node.h"

namespace tenon {

// container/shared_name, or the node's own name where it has no shared_name.
inline std::string variable_key(const Node& node) {
  const std::string container = node.attr_or<std::string>("container", "");
  const std::string shared = node.attr_or<std::string>("shared_name", "");
  const std::string& name = shared.empty() ? node.name : shared;
  return container.empty() ? name : container + "/" + name;
}

}  // namespace tenon
