#include "tenon/graph.h"

#include <fmt/format.h>

#include "graph.pb.h"
#include "graph/graph_extra.h"
#include "graph/graph_impl.h"
#include "graph/group.h"
#include "graph/names.h"
#include "graph/unbound.h"

namespace tenon {

Operation::Operation(SourceLocation where) {
  const Origin origin = make_origin(where);
  made_in_ = origin.function;
  file_ = origin.file;
  line_ = origin.line;
  ordinal_ = origin.ordinal;
}

Node* Operation::node() const {
  if (!bound()) throw Error(Code::FailedPrecondition, describe_unbound({made_in_, file_, line_, ordinal_}));
  return node_;
}

GraphImpl& Operation::graph() const { return node()->graph(); }
const std::string& Operation::name() const { return node()->name; }
const std::string& Operation::type() const { return node()->type; }
const std::string& Operation::device() const { return node()->device(); }
int Operation::num_inputs() const { return static_cast<int>(node()->inputs.size()); }
int Operation::num_outputs() const { return node()->num_outputs(); }

Output Operation::input(int i) const {
  if (i < 0 || i >= num_inputs()) {
    throw Error(Code::OutOfRange,
                fmt::format("{} has {} inputs; there is no input {}", describe(*node_), num_inputs(), i));
  }
  return to_output(node_->inputs[i]);
}

Output Operation::output(int i) const {
  if (i < 0 || i >= num_outputs()) {
    throw Error(Code::OutOfRange,
                fmt::format("{} has {} outputs; there is no output {}", describe(*node_), num_outputs(), i));
  }
  return Output(node_, i);
}

std::vector<Output> Operation::inputs() const {
  std::vector<Output> result;
  for (const Edge& edge : node()->inputs) result.push_back(to_output(edge));
  return result;
}

std::vector<Output> Operation::outputs() const {
  std::vector<Output> result;
  for (int i = 0; i < num_outputs(); ++i) result.emplace_back(node_, i);
  return result;
}

std::vector<Operation> Operation::control_inputs() const {
  std::vector<Operation> result;
  for (Node* control : node()->control_inputs) result.push_back(to_operation(control));
  return result;
}

bool Operation::has_attr(std::string_view name) const { return node()->has_attr(name); }
bool Operation::operator<(const Operation& other) const {
  if (!bound() || !other.bound()) return !bound() && other.bound();
  return node_->id < other.node_->id;
}

std::string Output::name() const {
  const std::string& node = op_.name();
  std::string name;
  name.reserve(node.size() + 2);
  return name.append(node).append(1, ':').append(std::to_string(index_));
}

namespace {

DType output_type(const Node& node, int index) {
  return index < node.num_outputs() ? node.output_types[index] : DType::Invalid;
}

}  // namespace

DType Output::dtype() const { return base_dtype(output_type(*op_.node(), index_)); }
bool Output::is_ref() const { return tenon::is_ref(output_type(*op_.node(), index_)); }
PartialShape Output::shape() const { return shape_of(to_edge(*this)); }

DType Variable::dtype() const { return is_resource ? handle.op().attr<DType>("dtype") : handle.dtype(); }

PartialShape Variable::shape() const {
  return is_resource ? handle.op().attr<PartialShape>("shape") : handle.shape();
}

Graph::Graph() : impl_(std::make_unique<GraphImpl>()) {}
Graph::~Graph() = default;
Graph::Graph(Graph&&) noexcept = default;
Graph& Graph::operator=(Graph&&) noexcept = default;

Output Graph::tensor(std::string_view name) const { return to_output(impl_->get_output(name)); }
Operation Graph::operation(std::string_view name) const { return to_operation(impl_->get(name)); }

std::optional<Operation> Graph::find_operation(std::string_view name) const {
  Node* node = impl_->find(name);
  return node ? std::optional(to_operation(node)) : std::nullopt;
}

std::vector<Operation> Graph::operations() const {
  std::vector<Operation> result;
  result.reserve(impl_->nodes().size());
  for (const auto& node : impl_->nodes()) result.push_back(to_operation(node.get()));
  return result;
}

int Graph::num_operations() const { return static_cast<int>(impl_->nodes().size()); }

Scope Graph::name_scope(std::string_view name) { return impl_->name_scope(name); }

Scope Graph::control_dependencies(const std::vector<Operation>& operations) {
  std::vector<Node*> nodes;
  for (const Operation& operation : operations) nodes.push_back(operation.node());
  return impl_->control_dependencies(std::move(nodes));
}

Scope Graph::device(std::string_view device) { return impl_->device(std::string(device)); }

std::vector<Variable> Graph::global_variables() const { return impl_->variables("variables"); }
std::vector<Variable> Graph::trainable_variables() const { return impl_->variables("trainable_variables"); }

std::vector<Variable> Graph::local_variables() const { return impl_->variables("local_variables"); }

Operation Graph::global_variables_initializer(std::string_view name) {
  std::vector<Node*> initializers;
  for (const Variable& variable : impl_->variables("variables")) initializers.push_back(variable.initializer.node());
  return to_operation(group(*impl_, initializers, name));
}

void Graph::finalize() { impl_->finalize(); }
bool Graph::finalized() const { return impl_->finalized(); }

void Graph::set_random_seed(std::int64_t seed) { impl_->set_random_seed(seed); }

std::vector<std::string> Graph::collections() const { return collection_names(*impl_); }

}  // namespace tenon
