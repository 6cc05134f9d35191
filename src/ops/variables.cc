// Builders of variables. A reference variable is four nodes: its initial value, VariableV2, Assign, read. A resource
// variable is five: its initial value, VarHandleOp, VarIsInitializedOp, AssignVariableOp, ReadVariableOp.
#include "ops/variables.h"

#include <algorithm>

#include <fmt/format.h>

#include "graph.pb.h"
#include "graph/attr_value.h"
#include "graph/group.h"
#include "graph/import_meta_graph.h"
#include "graph/names.h"
#include "graph/variable_scope.h"
#include "ops/builder.h"
#include "tenon/initializers.h"

namespace tenon {
namespace {

std::string without_slash(const std::string& scope_name) { return scope_name.substr(0, scope_name.size() - 1); }

void collect(GraphImpl& graph, const Variable& variable, std::vector<std::string> collections) {
  const std::string trainable = "trainable_variables";
  if (variable.trainable && std::find(collections.begin(), collections.end(), trainable) == collections.end()) {
    collections.push_back(trainable);
  }
  for (const std::string& name : collections) {
    if (is_variable_collection(name)) graph.variables(name).push_back(variable);
    else add_to_collection(graph, name, variable.name());
  }
}

bool is_resource(GraphImpl& graph, const std::optional<bool>& asked) {
  return asked.value_or(graph.variable_scopes().current.use_resource.value_or(false));
}

std::vector<std::string> location(const std::string& name) { return {std::string(kColocationPrefix) + name}; }

PartialShape variable_shape(const std::string& scope_name, const Output& initial_value, bool validate_shape) {
  const PartialShape shape = initial_value.shape();
  if (!validate_shape) return PartialShape::unknown();
  if (shape.fully_defined()) return shape;
  bad_argument("variable",
               fmt::format("the initial value {} of variable '{}' must have a fully defined shape, but it is "
                           "{}",
                           initial_value.name(), without_slash(scope_name), shape.to_string()));
}

// What comes after the initial value. REQUIRES: the current name scope is the variable's. `own_class`: the node itself
// has the attribute _class, as those have whose initial value was made for them.
Variable finish(GraphImpl& graph, const std::string& scope_name, const Output& initial_value,
                const InitialValueOptions& options, bool own_class) {
  Attrs attrs;
  if (own_class) attrs.push_back({"_class", location(without_slash(scope_name))});
  attrs.push_back({"shape", variable_shape(scope_name, initial_value, options.validate_shape)});
  attrs.push_back({"dtype", initial_value.dtype()});
  Variable variable;
  variable.trainable = options.trainable;
  variable.initial_value = initial_value;
  variable.handle = add_op(graph, "VariableV2", scope_name, {}, std::move(attrs));
  variable.initializer =
      add_op("Assign", "Assign", {variable.handle, initial_value}, {{"validate_shape", options.validate_shape}}).op();
  Scope beside = graph.colocate_with(variable.handle.op().node());
  variable.snapshot = identity(variable.handle, "read");
  collect(graph, variable, options.collections);
  return variable;
}

Variable finish_resource(GraphImpl& graph, const std::string& scope_name, const Output& initial_value,
                         const InitialValueOptions& options) {
  const std::string own = without_slash(scope_name);
  const DType dtype = initial_value.dtype();
  Variable variable;
  variable.trainable = options.trainable;
  variable.is_resource = true;
  variable.initial_value = initial_value;
  variable.handle = add_op(graph, "VarHandleOp", scope_name, {},
                           {{"_class", location(own)},
                            {"shape", initial_value.shape()},
                            {"dtype", dtype},
                            {"shared_name", own},
                            {"debug_name", scope_name}});
  {
    Scope inner = graph.name_scope("IsInitialized");
    add_op("VarIsInitializedOp", "VarIsInitializedOp", {variable.handle}, {});
  }
  const std::string device = variable.handle.op().device();
  {
    Scope inner = graph.name_scope("Assign");
    Scope anywhere = graph.colocate_with(nullptr, true);
    Scope placed = graph.device(device);
    variable.initializer =
        to_operation(add_node(graph, "AssignVariableOp", inner.name(), {variable.handle, initial_value}));
  }
  {
    Scope inner = graph.name_scope("Read");
    Scope placed = graph.device(device);
    variable.snapshot = add_op("ReadVariableOp", "ReadVariableOp", {variable.handle}, {{"dtype", dtype}});
  }
  collect(graph, variable, options.collections);
  return variable;
}

// Nodes made while a variable does not exist yet are colocated with it by name.
void colocate_by_name(GraphImpl& graph, std::size_t first, const std::string& name) {
  for (std::size_t i = first; i < graph.nodes().size(); ++i) {
    Node& node = *graph.nodes()[i];
    if (!node.has_attr("_class")) set_attr(node, "_class", location(name));
  }
}

// What `make` makes in the name scope "Initializer", on no device.
Output made_initial_value(GraphImpl& graph, const std::string& own, const std::function<Output()>& make) {
  const std::size_t first = graph.nodes().size();
  Output value;
  {
    Scope inner = graph.name_scope("Initializer");
    Scope anywhere = graph.without_device();
    value = make();
  }
  colocate_by_name(graph, first, own);
  return value;
}

Initializer default_initializer(DType dtype) {
  return is_floating(dtype) ? glorot_uniform_initializer() : zeros_initializer();
}

}  // namespace

Variable initialized_variable(GraphImpl& graph, std::string_view name, const Shape& shape,
                              const VariableOptions& options) {
  // Neither the control dependencies around nor the devices are the variable's.
  Scope unconditional = graph.control_dependencies({});
  Scope scope = graph.name_scope(name);
  const Initializer initializer = options.initializer ? options.initializer : default_initializer(options.dtype);
  const Output initial_value = made_initial_value(graph, without_slash(scope.name()),
                                                  [&] { return initializer(graph, shape, options.dtype); });
  const InitialValueOptions rest{.trainable = options.trainable, .collections = options.collections};
  return is_resource(graph, options.use_resource) ? finish_resource(graph, scope.name(), initial_value, rest)
                                                  : finish(graph, scope.name(), initial_value, rest, true);
}

Variable variable(const Output& initial_value, std::string_view name, const InitialValueOptions& options) {
  GraphImpl& graph = initial_value.graph();
  Scope unconditional = graph.control_dependencies({});
  Scope scope = op_scope(graph, name, "Variable");
  return is_resource(graph, options.use_resource) ? finish_resource(graph, scope.name(), initial_value, options)
                                                  : finish(graph, scope.name(), initial_value, options, false);
}

Variable variable(GraphImpl& graph, const Tensor& initial_value, std::string_view name,
                  const InitialValueOptions& options) {
  Scope unconditional = graph.control_dependencies({});
  Scope scope = op_scope(graph, name, "Variable");
  const auto value = [&] { return constant(graph, initial_value, "initial_value"); };
  if (!is_resource(graph, options.use_resource)) return finish(graph, scope.name(), value(), options, false);
  const Output made = made_initial_value(graph, without_slash(scope.name()), value);
  return finish_resource(graph, scope.name(), made, options);
}

Variable variable(const Output& initial_value, std::string_view name, bool trainable) {
  return variable(initial_value, name, InitialValueOptions{.trainable = trainable});
}

Variable variable(GraphImpl& graph, const Tensor& initial_value, std::string_view name, bool trainable) {
  return variable(graph, initial_value, name, InitialValueOptions{.trainable = trainable});
}

Variable variable(GraphImpl& graph, std::string_view name, const Shape& shape, const VariableOptions& options) {
  return initialized_variable(graph, name.empty() ? "Variable" : name, shape, options);
}

Variable get_variable(GraphImpl& graph, std::string_view name, const Shape& shape, const VariableOptions& options) {
  return get_or_make_variable(graph, name, shape, options.dtype, [&](const std::string& full_name) {
    return initialized_variable(graph, full_name, shape, options);
  });
}

Operation variables_initializer(GraphImpl& graph, const std::vector<Variable>& variables, std::string_view name) {
  std::vector<Node*> initializers;
  for (const Variable& variable : variables) initializers.push_back(variable.initializer.node());
  return to_operation(group(graph, initializers, name));
}

}  // namespace tenon
