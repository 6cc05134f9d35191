// Node: one operation as the library holds it: what its NodeDef says, with unknown fields and all, and its inputs as
// pointers.
//
// The library itself works on Node*; Operation and Output of tenon/graph.h are its public handles.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/inline_vector.h"
#include "base/rare_string.h"
#include "graph/attr_bytes.h"
#include "graph/op_type.h"
#include "tenon/dtype.h"
#include "tenon/shape.h"
#include "tenon/tensor.h"

namespace tenon::proto {
class OpDef;
}  // namespace tenon::proto

namespace tenon {

class GraphImpl;
class NodeBlock;
struct Node;

struct Edge {
  Node* node = nullptr;
  int index = 0;
  bool operator==(const Edge&) const = default;
};

using DTypes = InlineVector<DType, 2>;
using PartialShapes = InlineVector<PartialShape, 1>;

struct Node {
  Node() = default;
  Node(const Node&) = delete;

  int id = 0;                    // position in the graph
  bool shapes_inferred = false;  // see output_shapes
  OpType type;
  std::string name;
  InlineVector<Edge, 2> inputs;
  InlineVector<Node*, 1> control_inputs;
  DTypes input_types;   // as the signature has them, references included
  DTypes output_types;  // likewise; empty for an unknown op until someone uses an output
  const proto::OpDef* signature = nullptr;  // null: an op that nobody registered ("opaque")
  AttrBytes attrs;  // defaults are filled in on creation
  RareString asked_device;  // "" if none was asked for
  RareString other_fields;  // of its NodeDef, as they lie in a file: debug information, type, unknown fields
  NodeBlock* block = nullptr;  // where it lies

  // What shape inference found, one per output; filled by the ops room when the node is added. See shape_of.
  PartialShapes output_shapes;

  GraphImpl& graph() const;
  int num_outputs() const { return static_cast<int>(output_types.size()); }
  const std::string& device() const { return asked_device.str(); }

  bool has_attr(std::string_view attr) const { return attrs.find(attr).has_value(); }
  // T as for Operation::attr. Errors name the node, its type and the attribute.
  template <typename T>
  T attr(std::string_view attr) const;
  template <typename T>
  T attr_or(std::string_view name, T otherwise) const {
    const auto bytes = attrs.find(name);
    return bytes ? read_attr<T>(name, *bytes) : std::move(otherwise);
  }
  // The shape of a tensor attribute, without making the tensor.
  PartialShape tensor_attr_shape(std::string_view attr) const;

 private:
  template <typename T>
  T read_attr(std::string_view name, std::string_view bytes) const;
};

// Four cache lines, none of them shared with a neighbour: graphs have very many nodes, and several threads work on
// them.
static_assert(sizeof(Node) <= 256);

// What is known of the shape of an output; unknown until shapes were inferred.
const PartialShape& shape_of(const Edge& edge);

// "{{node conv2d/Conv2D}} (Conv2D)": how a message names a node.
std::string describe(const Node& node);

}  // namespace tenon
