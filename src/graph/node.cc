#include "graph/node.h"

#include <fmt/format.h>

#include "graph/node_block.h"

namespace tenon {

GraphImpl& Node::graph() const { return block->graph(); }

std::string describe(const Node& node) { return fmt::format("{{{{node {}}}}} ({})", node.name, node.type); }

}  // namespace tenon
