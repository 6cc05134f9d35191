// GraphImpl: what a tenon::Graph owns. Builders, import and the planner work on it.
//
// Names follow TensorFlow's Python (ops.py, unique_name): comparison without case, operations and name scopes
// share one namespace, a taken name gets "_1", "_2", ...
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "graph/name_table.h"
#include "graph/node_block.h"
#include "tenon/graph.h"

namespace tenon::proto {
class AttrValue;
class FunctionDefLibrary;
class CollectionDef;
class GraphDef;
class MetaGraphDef;
class NodeDef;
class OpDef;
class OpList;
class SaverDef;
class VariableDef;
class VersionDef;
}  // namespace tenon::proto

namespace tenon {

class PreparedOp;

// An attribute of any kind as it stands in another node or file.
using AnyAttr = std::shared_ptr<const proto::AttrValue>;
// An attribute of kind func, without attributes of its own.
struct FunctionName {
  std::string name;
};

using AttrVariant = std::variant<std::string, std::int64_t, float, bool, DType, PartialShape, Tensor, AnyAttr,
                                 FunctionName, std::vector<std::string>, std::vector<std::int64_t>, std::vector<float>,
                                 std::vector<bool>, std::vector<DType>, std::vector<PartialShape>>;
struct AttrInit : AttrVariant {
  using AttrVariant::AttrVariant;
  AttrInit(const char* value) : AttrVariant(std::string(value)) {}
};

// What a new node is made of. Attributes that are left out and can be derived from the inputs (T, N, ...) are;
// the rest take the signature's default.
struct NodeSpec {
  std::string type;
  std::string name;  // "" = the type; made unique and prefixed with the current scope. One that ends in "/" is final
  std::vector<Edge> inputs;
  std::vector<std::pair<std::string, AttrInit>> attrs;
  std::vector<Node*> control_inputs;  // besides those of the enclosing control_dependencies scopes
  std::string device;                 // "" = that of the enclosing device scope
  // Colocate with (adds the attribute _class = ["loc:@NAME"]).
  std::vector<Node*> colocate_with;
};

// Fills output_shapes of a node from those of its inputs, or throws.
using InferShapes = void(Node&);

class GraphImpl {
 public:
  GraphImpl();
  ~GraphImpl();
  GraphImpl(const GraphImpl&) = delete;

  // Adds a node. Checks the inputs against the signature: InvalidArgument / NotFound, naming the node.
  // Control dependencies of the scope are added as TensorFlow does: not those that an input already implies
  // (an operation made inside the same scope, or one whose inputs were). Shapes are inferred before the node joins the
  // graph; without a function they are unknown.
  Node* add(NodeSpec spec, InferShapes* infer_shapes = nullptr);

  const std::deque<NodePtr>& nodes() const { return nodes_; }
  Node* find(std::string_view name) const;  // null if absent
  Node* get(std::string_view name) const;   // throws NotFound with the nearest names
  Edge get_output(std::string_view name) const;  // "x:0"

  // Name scopes.
  std::string unique_name(std::string_view name, bool mark_as_used = true);
  const std::string& scope() const { return scope_; }  // "" or "outer/inner/"
  Scope name_scope(std::string_view name);
  Scope control_dependencies(std::vector<Node*> nodes);  // an empty list: TensorFlow's control_dependencies(None)
  Scope device(std::string device);
  // Null with ignore_existing: no colocation at all (TensorFlow's ignore_existing_colocations).
  Scope colocate_with(Node* node, bool ignore_existing = false);
  // Nodes made while the scope lives have the device scope of the root.
  Scope without_device();
  // Runs `leave` when the scope ends.
  Scope on_leave(std::function<void()> leave) { return make_scope(std::move(leave)); }
  // An edge added to a node that exists (loops, `Switch` pivots); control inputs stay sorted by name.
  void add_control_input(Node* node, Node* control);

  // Variable scopes: tf.variable_scope(name, default_name, reuse). A variable's name takes the scopes' names,
  // which name scopes do not affect. See variable_scope.h.
  struct VariableScopes;
  VariableScopes& variable_scopes();

  // Collections, in the order TensorFlow's dict would have them. Values are as in CollectionDef.
  using Collections = std::map<std::string, std::vector<std::string>>;
  Collections& bytes_collections() { return bytes_collections_; }  // any bytes
  const Collections& bytes_collections() const { return bytes_collections_; }
  Collections& node_collections() { return node_collections_; }    // names
  const Collections& node_collections() const { return node_collections_; }
  std::vector<Variable>& variables(std::string_view collection);  // "variables", "trainable_variables", ...

  // tf.set_random_seed and the per-operation seeds derived from it (random_seed.get_seed): {seed, seed2}.
  void set_random_seed(std::int64_t seed) { seed_ = seed; has_seed_ = true; }
  std::pair<std::int64_t, std::int64_t> op_seeds(std::optional<std::int64_t> op_seed) const;

  // tf.Graph.finalize: what would add a node throws FailedPrecondition from now on.
  void finalize() { finalized_ = true; }
  bool finalized() const { return finalized_; }
  void check_not_finalized() const;

  // Grows with every added node; plans remember it.
  std::uint64_t version() const { return nodes_.size(); }

  // What an op looks like: one that is registered, a function of this graph, or an op whose signature came with an
  // imported file. Null if none of them.
  const proto::OpDef* find_signature(std::string_view type) const;
  const PreparedOp& prepared(const proto::OpDef& signature);  // REQUIRES: one that find_signature returned
  proto::FunctionDefLibrary& library();
  proto::VersionDef& versions();

 private:
  friend class NodeMaker;
  friend class GraphImporter;
  friend class GraphRollback;
  friend struct GraphAccess;
  struct Extra;
  static void learn_type(const Edge& edge, DType type);  // of an opaque node's output, by its first use
  void index_name(const Node& node);
  Scope make_scope(std::function<void()> leave, std::string name = "");
  void use_name(std::string_view name);
  void use_imported_names();

  OpTypes op_types_;  // of all nodes
  std::deque<NodePtr> nodes_;
  NodePool new_nodes_{*this};
  NameTable by_name_;  // to positions in nodes_
  std::unordered_map<std::string, int> names_in_use_;  // lower-case
  std::size_t named_ = 0;  // the nodes before this one are in names_in_use_; imported ones follow when they matter
  std::string scope_;
  Collections bytes_collections_, node_collections_;
  std::map<std::string, std::vector<Variable>> variable_collections_;
  std::int64_t seed_ = 0;
  bool has_seed_ = false;
  bool finalized_ = false;
  std::unique_ptr<Extra> extra_;  // control-dependency, device and colocation stacks; library; versions
};

inline Output to_output(Edge edge) { return Output(edge.node, edge.index); }
inline Edge to_edge(const Output& output) { return {output.op().node(), output.index()}; }
inline Operation to_operation(Node* node) { return Operation(node); }

}  // namespace tenon
