// Builders of what changes variables, and of the order of operations.
#include <algorithm>

#include "graph/group.h"
#include "ops/builder.h"

namespace tenon {
namespace {

Output updated(std::string_view type, const Variable& variable, const Operand& value, std::string_view name) {
  GraphImpl& graph = variable.handle.graph();
  Scope scope = op_scope(graph, name, type);
  return add_op(type, scope.name(), {variable.handle, value.in(graph, variable.handle.dtype(), "value")});
}

// A resource variable's new value is read again after the change.
Output updated_resource(std::string_view type, const Variable& variable, const Operand& value, std::string_view name,
                        Attrs attrs = {}) {
  GraphImpl& graph = variable.handle.graph();
  attrs.push_back({"dtype", variable.dtype()});
  Node* change = add_node(graph, type, name, {variable.handle, value.in(graph, variable.dtype(), "Const")}, attrs);
  Scope after = graph.control_dependencies({change});
  return add_op(graph, "ReadVariableOp", "ReadVariableOp", {variable.handle}, {{"dtype", variable.dtype()}});
}

}  // namespace

Output assign(const Variable& variable, const Operand& value, std::string_view name) {
  if (variable.is_resource) {
    return updated_resource("AssignVariableOp", variable, value, name,
                            {{"validate_shape", variable.shape().fully_defined()}});
  }
  return updated("Assign", variable, value, name);
}

Output assign_add(const Variable& variable, const Operand& value, std::string_view name) {
  if (variable.is_resource) return updated_resource("AssignAddVariableOp", variable, value, {});
  return updated("AssignAdd", variable, value, name);
}

Output assign_sub(const Variable& variable, const Operand& value, std::string_view name) {
  if (variable.is_resource) return updated_resource("AssignSubVariableOp", variable, value, {});
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
