// Whether variables have values, as part of a graph.
#include "ops/builder.h"
#include "tenon/initialize.h"

namespace tenon {

Output is_variable_initialized(const Variable& variable, std::string_view name) {
  const char* type = variable.is_resource ? "VarIsInitializedOp" : "IsVariableInitialized";
  return add_op(type, name.empty() ? type : name, {variable.handle}, {});
}

Output report_uninitialized_variables(GraphImpl& graph, std::string_view name) {
  std::vector<Variable> variables = graph.variables("variables");
  const std::vector<Variable>& local = graph.variables("local_variables");
  variables.insert(variables.end(), local.begin(), local.end());
  return report_uninitialized_variables(graph, variables, name);
}

Output report_uninitialized_variables(GraphImpl& graph, const std::vector<Variable>& variables, std::string_view name) {
  const Scope scope = graph.name_scope(name);
  std::vector<Output> initialized;
  std::vector<std::string> names;
  for (const Variable& variable : variables) {
    initialized.push_back(is_variable_initialized(variable));
    names.push_back(variable.handle.op().name());
  }
  const Scope device = graph.device("/cpu:0");
  if (variables.empty()) return constant(graph, Tensor(names));
  const Output without = logical_not(stack(initialized));
  return boolean_mask(constant(graph, Tensor(names)), without);
}

}  // namespace tenon
