// From a GraphDef to nodes of a graph: tf.import_graph_def.
//
//   import_graph_def(graph, graph_def);                          // under the file's own names
//   import_graph_def(graph, graph_def, {.prefix = "imported"});  // "imported/x", the next time "imported_1/x"
//
// Nothing of a file is lost: attributes and fields that are not understood stay with the node, and so do operations
// that nobody registered (they are "opaque": present, but without a signature). If anything is wrong, the graph is as
// it was.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "graph/graph_impl.h"

namespace tenon {

struct ImportOptions {
  // A name scope for all nodes, made unique; "x/" re-enters the scope x; "" is the current scope.
  std::string prefix;
  // Values that take the place of the file's: "x" and "x:0" for an output, "^x" for control edges from x.
  std::map<std::string, Edge> input_map;
  // Names in the file, "op" or "op:1", that ImportedGraph::returned lists under their new names.
  std::vector<std::string> return_elements;
  bool clear_devices = false;
  // Signatures that come with the file, for operations that nobody registered.
  const proto::OpList* file_ops = nullptr;
};

struct ImportedGraph {
  std::string scope;                                  // "" or "imported/"
  std::vector<Node*> nodes;                           // in the order of the graph
  std::unordered_map<std::string, std::string> names;  // from the file's node names to the graph's
  std::vector<std::variant<Node*, Edge>> returned;
  bool renamed = false;                               // some name differs from the file's
};

// Throws InvalidArgument, naming the node, for everything that TensorFlow refuses except unknown operations.
ImportedGraph import_graph_def(GraphImpl& graph, const proto::GraphDef& file, const ImportOptions& options = {});

}  // namespace tenon
