// Graph: TensorFlow's graph of operations, built by the functions of ops.h, layers.h, train.h and dataset.h
// or imported from a file.
//
//   tenon::Graph graph;
//   tenon::Output x = tenon::placeholder(graph, tenon::float32, {-1, 28, 28});
//   x.name();                                  // "Placeholder:0"
//   x.op().type();                             // "Placeholder"
//   {
//     auto scope = graph.name_scope("tower");
//     tenon::identity(x).name();               // "tower/Identity:0"
//   }
//   graph.tensor("tower/Identity:0").dtype();  // tenon::float32
//
// Operation and Output are small handles into a Graph, which must outlive them. Many threads may read a graph
// while none changes it. A graph only grows.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tenon/dtype.h"
#include "tenon/error.h"
#include "tenon/shape.h"
#include "tenon/source_location.h"
#include "tenon/tensor.h"

namespace tenon {

class Graph;
class GraphImpl;
class Output;
struct Node;

// Where an unbound handle was made, for the error it gives when it is used; see binding.h.
struct Origin {
  const char* function = nullptr;  // "Mnist::Mnist()" if the handle is a field of struct Mnist
  const char* file = nullptr;
  unsigned line = 0;
  unsigned ordinal = 0;  // how many handles the same function made before this one
};

// An operation of a graph. A default-made one is bound to none; using it throws FailedPrecondition, which says
// which field of which struct it is where the compiler tells.
class Operation {
 public:
  Operation(SourceLocation where = SourceLocation::current());
  explicit Operation(Node* node) : node_(node) {}

  bool bound() const { return made_in_ == nullptr; }
  const std::string& name() const;    // "conv2d/Conv2D"
  const std::string& type() const;    // "Conv2D"
  const std::string& device() const;  // "" if none was asked for
  int num_inputs() const;
  int num_outputs() const;
  Output input(int i) const;   // throws OutOfRange
  Output output(int i) const;  // throws OutOfRange
  std::vector<Output> inputs() const;
  std::vector<Output> outputs() const;
  std::vector<Operation> control_inputs() const;

  bool has_attr(std::string_view name) const;
  // T: std::string, std::int64_t, float, bool, DType, PartialShape, Tensor, or a std::vector of one of them.
  // Throws NotFound if there is no such attribute, InvalidArgument if it has another type.
  template <typename T>
  T attr(std::string_view name) const;

  bool operator==(const Operation& other) const { return node_or_null() == other.node_or_null(); }
  bool operator<(const Operation& other) const;  // the order of creation

  Node* node() const;  // for the library itself; throws if unbound
  GraphImpl& graph() const;

 private:
  Node* node_or_null() const { return bound() ? node_ : nullptr; }

  // A model may hold very many handles: one that is bound needs no Origin.
  const char* made_in_ = nullptr;  // Origin::function; null: bound
  union {
    Node* node_;
    const char* file_;
  };
  unsigned line_ = 0, ordinal_ = 0;
};

// One output of an operation: what TensorFlow calls a Tensor of the graph.
class Output {
 public:
  Output(SourceLocation where = SourceLocation::current()) : op_(where) {}
  Output(Node* node, int index) : op_(node), index_(index) {}

  bool bound() const { return op_.bound(); }
  std::string name() const;  // "conv2d/Conv2D:0"
  const Operation& op() const { return op_; }
  int index() const { return index_; }
  DType dtype() const;         // the value's type: float32 also for a reference to a float32 variable
  bool is_ref() const;         // true for the output of VariableV2, Assign, ...
  PartialShape shape() const;  // what shape inference knows
  GraphImpl& graph() const { return op_.graph(); }

  bool operator==(const Output& other) const { return op_ == other.op_ && index_ == other.index_; }
  bool operator<(const Output& other) const {
    return op_ == other.op_ ? index_ < other.index_ : op_ < other.op_;
  }

 private:
  Operation op_;
  int index_ = 0;
};

// A variable as TensorFlow's collections describe it: the handle, its initialiser and its "read" value.
// Converts to Output (the value to compute with), so it can stand wherever an Output can.
struct Variable {
  Output handle;         // VariableV2 or VarHandleOp output, "kernel:0"
  Operation initializer;  // "kernel/Assign"
  Output snapshot;       // "kernel/read:0"
  Output initial_value;  // "kernel/Initializer/..:0"
  bool trainable = true;
  bool is_resource = false;
  std::string name() const { return handle.name(); }
  DType dtype() const;         // of its value
  PartialShape shape() const;
  operator Output() const { return snapshot; }
};

// Leaves the scope when destroyed.
class [[nodiscard]] Scope {
 public:
  Scope(Scope&& other) noexcept : leave_(std::exchange(other.leave_, {})), name_(std::move(other.name_)) {}
  ~Scope() { if (leave_) leave_(); }
  const std::string& name() const { return name_; }  // "outer/inner/"; the form that name_scope re-enters

 private:
  friend class GraphImpl;
  Scope(std::function<void()> leave, std::string name) : leave_(std::move(leave)), name_(std::move(name)) {}
  std::function<void()> leave_;
  std::string name_;
};

class Graph {
 public:
  Graph();
  ~Graph();
  Graph(Graph&&) noexcept;
  Graph& operator=(Graph&&) noexcept;

  // Lookup by name, as get_tensor_by_name and get_operation_by_name. Throw NotFound (with the nearest names) or
  // InvalidArgument ("x" where "x:0" is meant, and the other way round).
  Output tensor(std::string_view name) const;
  Operation operation(std::string_view name) const;
  std::optional<Operation> find_operation(std::string_view name) const;
  std::vector<Operation> operations() const;  // in the order of creation
  int num_operations() const;

  // Operations made while the scope lives are named "scope/...". The name is made unique as TensorFlow does
  // ("scope_1"); one that ends in "/" is used as it is; "" goes back to the root.
  Scope name_scope(std::string_view name);
  // Operations made while the scope lives run after these.
  Scope control_dependencies(const std::vector<Operation>& operations);
  Scope device(std::string_view device);

  std::vector<Variable> global_variables() const;
  std::vector<Variable> trainable_variables() const;
  std::vector<Variable> local_variables() const;
  // Adds one NoOp, "init", that runs the initialiser of each global variable.
  Operation global_variables_initializer(std::string_view name = "init");

  // Nothing can be added from now on: what tries throws FailedPrecondition. Running, saving and restoring go on.
  void finalize();
  bool finalized() const;

  // The graph-level seed: tf.set_random_seed. Applies to operations made afterwards.
  void set_random_seed(std::int64_t seed);

  // Names of the collections, and the plain strings, numbers or node names in one.
  std::vector<std::string> collections() const;

  GraphImpl& impl() const { return *impl_; }
  operator GraphImpl&() const { return *impl_; }

 private:
  std::unique_ptr<GraphImpl> impl_;
};

}  // namespace tenon
