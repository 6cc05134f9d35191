// Builders of variables and of their changes. A variable is four nodes: its initial value, VariableV2, Assign, read.
#include <algorithm>

#include <fmt/format.h>

#include "graph.pb.h"
#include "graph/group.h"
#include "graph/variable_scope.h"
#include "ops/builder.h"
#include "tenon/initializers.h"

namespace tenon {
namespace {

std::string without_slash(const std::string& scope_name) { return scope_name.substr(0, scope_name.size() - 1); }

void collect(GraphImpl& graph, const Variable& variable) {
  graph.variables("variables").push_back(variable);
  if (variable.trainable) graph.variables("trainable_variables").push_back(variable);
}

// What comes after the initial value. REQUIRES: the current name scope is the variable's.
Variable finish(GraphImpl& graph, const std::string& scope_name, const Output& initial_value, bool trainable,
                Attrs attrs) {
  const std::optional<Shape> shape = initial_value.shape().try_shape();
  if (!shape)
    bad_argument("variable", fmt::format("the initial value {} of variable '{}' must have a fully defined shape, but "
                                         "it is {}",
                                         initial_value.name(), without_slash(scope_name),
                                         initial_value.shape().to_string()));
  attrs.push_back({"shape", PartialShape(*shape)});
  attrs.push_back({"dtype", initial_value.dtype()});
  Variable variable;
  variable.trainable = trainable;
  variable.initial_value = initial_value;
  variable.handle = add_op(graph, "VariableV2", scope_name, {}, std::move(attrs));
  variable.initializer =
      add_op("Assign", "Assign", {variable.handle, initial_value}, {{"validate_shape", true}}).op();
  Scope beside = graph.colocate_with(variable.handle.op().node());
  variable.snapshot = identity(variable.handle, "read");
  collect(graph, variable);
  return variable;
}

// Nodes made while a variable does not exist yet are colocated with it by name.
void colocate_by_name(GraphImpl& graph, std::size_t first, const std::string& name) {
  for (std::size_t i = first; i < graph.nodes().size(); ++i) {
    Node& node = *graph.nodes()[i];
    if (node.find_attr("_class")) continue;
    (*node.def->mutable_attr())["_class"].mutable_list()->add_s("loc:@" + name);
  }
}

Initializer default_initializer(DType dtype) {
  return is_floating(dtype) ? glorot_uniform_initializer() : zeros_initializer();
}

// REQUIRES: the name scope around is the one the variable shall be in.
Variable initialized(GraphImpl& graph, std::string_view name, const Shape& shape, const VariableOptions& options) {
  // Neither the control dependencies around nor the devices are the variable's.
  Scope unconditional = graph.control_dependencies({});
  Scope scope = graph.name_scope(name);
  const std::string own = without_slash(scope.name());
  const std::size_t first = graph.nodes().size();
  Output initial_value;
  {
    Scope inner = graph.name_scope("Initializer");
    const Initializer& given = options.initializer;
    initial_value = given ? given(graph, shape, options.dtype)
                          : default_initializer(options.dtype)(graph, shape, options.dtype);
  }
  colocate_by_name(graph, first, own);
  return finish(graph, scope.name(), initial_value, options.trainable,
                {{"_class", std::vector<std::string>{"loc:@" + own}}});
}

Output updated(std::string_view type, const Variable& variable, const Operand& value, std::string_view name) {
  GraphImpl& graph = variable.handle.graph();
  Scope scope = op_scope(graph, name, type);
  return add_op(type, scope.name(), {variable.handle, value.in(graph, variable.handle.dtype(), "value")});
}

// A resource variable's new value is read again after the change.
Output updated_resource(std::string_view type, const Variable& variable, const Operand& value,
                        std::string_view name) {
  GraphImpl& graph = variable.handle.graph();
  const DType dtype = variable.handle.op().attr<DType>("dtype");
  Scope scope = op_scope(graph, name, type);
  Node* change =
      add_node(graph, type, scope.name(), {variable.handle, value.in(graph, dtype, "value")}, {{"dtype", dtype}});
  Scope after = graph.control_dependencies({change});
  return add_op(graph, "ReadVariableOp", "ReadVariableOp", {variable.handle}, {{"dtype", dtype}});
}

}  // namespace

Variable variable(const Output& initial_value, std::string_view name, bool trainable) {
  GraphImpl& graph = initial_value.graph();
  Scope unconditional = graph.control_dependencies({});
  Scope scope = op_scope(graph, name, "Variable");
  return finish(graph, scope.name(), initial_value, trainable, {});
}

Variable variable(GraphImpl& graph, const Tensor& initial_value, std::string_view name, bool trainable) {
  Scope unconditional = graph.control_dependencies({});
  Scope scope = op_scope(graph, name, "Variable");
  return finish(graph, scope.name(), constant(graph, initial_value, "initial_value"), trainable, {});
}

Variable variable(GraphImpl& graph, std::string_view name, const Shape& shape, const VariableOptions& options) {
  return initialized(graph, name.empty() ? "Variable" : name, shape, options);
}

Variable get_variable(GraphImpl& graph, std::string_view name, const Shape& shape, const VariableOptions& options) {
  return get_or_make_variable(graph, name, shape, options.dtype, [&](const std::string& full_name) {
    return initialized(graph, full_name, shape, options);
  });
}

Output assign(const Variable& variable, const Operand& value, std::string_view name) {
  if (variable.is_resource) return updated_resource("AssignVariableOp", variable, value, name);
  return updated("Assign", variable, value, name);
}

Output assign_add(const Variable& variable, const Operand& value, std::string_view name) {
  if (variable.is_resource) return updated_resource("AssignAddVariableOp", variable, value, name);
  return updated("AssignAdd", variable, value, name);
}

Output assign_sub(const Variable& variable, const Operand& value, std::string_view name) {
  if (variable.is_resource) return updated_resource("AssignSubVariableOp", variable, value, name);
  return updated("AssignSub", variable, value, name);
}

Operation no_op(GraphImpl& graph, std::string_view name) { return to_operation(add_node(graph, "NoOp", name, {})); }

Operation group(const std::vector<Operation>& operations, std::string_view name) {
  if (operations.empty()) bad_argument("group", "no operations were given");
  std::vector<Node*> nodes;
  for (const Operation& operation : operations) nodes.push_back(operation.node());
  return to_operation(group(operations[0].graph(), nodes, name.empty() ? "group_deps" : name));
}

std::vector<Output> tuple(const std::vector<Output>& outputs, std::string_view name) {
  if (outputs.empty()) bad_argument("tuple", "no outputs were given");
  GraphImpl& graph = outputs[0].graph();
  Scope scope = op_scope(graph, name, "tuple");
  std::vector<Node*> nodes;
  for (const Output& output : outputs) nodes.push_back(output.op().node());
  std::sort(nodes.begin(), nodes.end(), [](const Node* a, const Node* b) { return a->id < b->id; });
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  Node* gate = group(graph, nodes, "group_deps");
  std::vector<Output> gated;
  for (const Output& output : outputs) {
    Scope dependency = graph.name_scope("control_dependency");
    Scope beside = graph.colocate_with(output.op().node());
    Scope after = graph.control_dependencies({gate});
    gated.push_back(add_op(output.is_ref() ? "RefIdentity" : "Identity", dependency.name(), {output}));
  }
  return gated;
}

}  // namespace tenon
