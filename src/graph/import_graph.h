// From a graph in a file to nodes of a graph: tf.import_graph_def.
//
//   import_graph_def(graph, graph_def);                          // under the file's own names
//   import_graph_def(graph, graph_def, {.prefix = "imported"});  // "imported/x", the next time "imported_1/x"
//
// Nothing of a file is lost: attributes and fields that are not understood stay with the node, and so do operations
// that nobody registered (they are "opaque": present, but without a signature). If anything is wrong, the graph is as
// it was.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "formats/meta_graph/graph_file.h"
#include "graph/graph_impl.h"

namespace tenon {

// Finds a node of the file by its name there; null if there is none.
using FindNode = std::function<Node*(std::string_view name)>;

struct ImportOptions {
  // A name scope for all nodes, made unique; "x/" re-enters the scope x; "" is the current scope.
  std::string prefix;
  // Values that take the place of the file's: "x" and "x:0" for an output, "^x" for control edges from x. An output
  // that return_elements asks for is replaced, too.
  std::map<std::string, Edge> input_map;
  // Names in the file, "op" or "op:1", that ImportedGraph::returned lists under their new names.
  std::vector<std::string> return_elements;
  bool clear_devices = false;
  // Devices as TensorFlow's import leaves them: in its spelling, and a colocated node has that of the nodes it is with.
  // false: what the file says, so that an export gives the same file; open device scopes apply to nodes that are not
  // colocated.
  bool spread_devices = false;
  // The ops as the program that wrote the file knew them: signatures for operations that nobody registered; attributes
  // that are unknown here and have the default that they had there are dropped.
  const proto::OpList* file_ops = nullptr;
  // Infers the shapes of the new nodes and compares them with what the file says; throws where they contradict.
  std::function<void(std::span<Node> nodes)> infer_shapes;
  // Called with the new nodes complete and the graph not changed yet; may throw.
  std::function<void(const FindNode& find)> before_commit;
};

struct ImportedGraph {
  std::string scope;                // "" or "imported/"
  std::size_t first = 0;            // position of the first new node in the graph; they are its last ones
  bool renamed = false;             // some name differs from the file's
  // From the file's node names to the graph's, for those that are not scope + name.
  std::unordered_map<std::string, std::string> new_names;
  std::vector<std::variant<Node*, Edge>> returned;

  // The graph's name for a node of the file.
  std::string name_of(std::string_view name) const;
};

// Between what callers give and get, and what an import works with.
std::map<std::string, Edge> to_edges(const std::map<std::string, Output>& input_map);
std::vector<std::variant<Operation, Output>> to_elements(const std::vector<std::variant<Node*, Edge>>& returned);

// Throws InvalidArgument, naming the node, for everything that TensorFlow refuses except unknown operations.
ImportedGraph import_graph_file(GraphImpl& graph, const GraphFile& file, const ImportOptions& options = {});
ImportedGraph import_graph_def(GraphImpl& graph, const proto::GraphDef& file, const ImportOptions& options = {});

}  // namespace tenon
