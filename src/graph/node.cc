#include "graph/node.h"

#include <fmt/format.h>

namespace tenon {

std::string describe(const Node& node) { return fmt::format("{{{{node {}}}}} ({})", node.name, node.type); }

}  // namespace tenon
