#include "graph/node.h"

#include <fmt/format.h>

#include "graph/node_block.h"

namespace tenon {

GraphImpl& Node::graph() const { return block->graph(); }

const PartialShape& shape_of(const Edge& edge) {
  static const PartialShape unknown;
  const PartialShapes& known = edge.node->output_shapes;
  const bool ready = edge.node->shapes_inferred && edge.index < static_cast<int>(known.size());
  return ready ? known[edge.index] : unknown;
}

std::string describe(const Node& node) { return fmt::format("{{{{node {}}}}} ({})", node.name, node.type); }

}  // namespace tenon
