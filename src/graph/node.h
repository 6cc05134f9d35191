// Node: one operation as the library holds it. A node owns its NodeDef (type, name, device, attributes with
// unknown fields and all), and knows its inputs as pointers.
//
// The library itself works on Node*; Operation and Output of tenon/graph.h are its public handles.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tenon/dtype.h"
#include "tenon/shape.h"
#include "tenon/tensor.h"

namespace tenon::proto {
class AttrValue;
class NodeDef;
class OpDef;
}  // namespace tenon::proto

namespace tenon {

class GraphImpl;
struct Node;

struct Edge {
  Node* node = nullptr;
  int index = 0;
  bool operator==(const Edge&) const = default;
};

struct Node {
  Node();
  ~Node();
  Node(const Node&) = delete;

  int id = 0;  // position in the graph
  std::string name;
  std::string type;
  std::vector<Edge> inputs;
  std::vector<Node*> control_inputs;
  std::vector<DType> input_types;   // as the signature has them, references included
  std::vector<DType> output_types;  // likewise; empty for an unknown op until someone uses an output
  const proto::OpDef* signature = nullptr;  // null: an op that nobody registered ("opaque")
  // Attributes, device, unknown fields. Its name, op and input fields are not kept up to date: see above.
  std::unique_ptr<proto::NodeDef> def;
  GraphImpl* graph = nullptr;

  // What shape inference found, one per output; filled on demand by the ops room.
  std::vector<PartialShape> output_shapes;
  bool shapes_inferred = false;

  int num_outputs() const { return static_cast<int>(output_types.size()); }
  const std::string& device() const;

  const proto::AttrValue* find_attr(std::string_view attr) const;  // null if absent; defaults are filled in on creation
  // T as for Operation::attr. Errors name the node, its type and the attribute.
  template <typename T>
  T attr(std::string_view attr) const;
  template <typename T>
  T attr_or(std::string_view name, T otherwise) const { return find_attr(name) ? attr<T>(name) : otherwise; }
};

// "{{node conv2d/Conv2D}} (Conv2D)": how a message names a node.
std::string describe(const Node& node);

}  // namespace tenon
