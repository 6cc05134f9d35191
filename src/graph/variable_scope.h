// tf.variable_scope and tf.get_variable: how variables get their names, and how scopes share them.
//
//   auto scope = enter_variable_scope(graph, {.default_name = "conv2d"});  // "conv2d", the next time "conv2d_1"
//   Variable* known = find_shared_variable(graph, "kernel");               // "conv2d/kernel" made before?
//
// A variable's name takes the names of the variable scopes; name scopes do not count.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph_impl.h"

namespace tenon {

enum class Reuse { Inherit, Reuse, Auto };

// One entered variable scope.
struct VariableScopeInfo {
  std::string name;                 // "outer/inner", "" at the root
  std::string original_name_scope;  // "outer/inner_1/": the name scope that was opened with it
  Reuse reuse = Reuse::Inherit;     // Inherit: making new variables
  std::optional<bool> use_resource;
  std::optional<DType> dtype;
};

struct GraphImpl::VariableScopes {
  VariableScopeInfo current;
  std::map<std::string, int> counts;       // how often a scope was opened since its parent was
  std::map<std::string, Variable> shared;  // what get_variable made, by the variable's name
  std::map<std::string, std::vector<Variable>>
      partitioned;                         // the pieces, which are in `shared` too, by the whole's name
  std::optional<Shape> whole_shape;        // of the variable whose pieces are being made
};

struct VariableScopeOptions {
  std::string name;          // as it is; empty: a unique one from default_name
  std::string default_name;
  Reuse reuse = Reuse::Inherit;
  bool auxiliary_name_scope = true;
  const VariableScopeInfo* scope = nullptr;  // re-enters a scope instead of opening one by name
  std::optional<bool> use_resource;
  std::optional<DType> dtype;
};

// Leaves both the variable scope and its name scope when destroyed.
class [[nodiscard]] VariableScope {
 public:
  VariableScope(VariableScope&&) noexcept = default;
  const VariableScopeInfo& info() const { return info_; }
  const std::string& name() const { return info_.name; }

 private:
  friend VariableScope enter_variable_scope(GraphImpl& graph, const VariableScopeOptions& options);
  VariableScope(Scope names, Scope variables, VariableScopeInfo info)
      : names_(std::move(names)), variables_(std::move(variables)), info_(std::move(info)) {}
  Scope names_;      // destroyed last
  Scope variables_;
  VariableScopeInfo info_;
};

// Throws InvalidArgument if neither a name nor a default name nor a scope is given.
VariableScope enter_variable_scope(GraphImpl& graph, const VariableScopeOptions& options);

// While it lives, initializers are for pieces of a variable of that shape.
Scope whole_shape_scope(GraphImpl& graph, const Shape& shape);

// "outer/inner/kernel" for "kernel" in the current variable scope.
std::string variable_scope_name(GraphImpl& graph, std::string_view name);

// tf.get_variable: the variable of that full name if the current scope reuses; otherwise what `make` makes, with the
// name scope cleared (the full name is the node's name). Throws InvalidArgument, with TensorFlow's sentences, when a
// variable exists and must not, the other way round, or has another shape or dtype.
Variable get_or_make_variable(GraphImpl& graph, std::string_view name, const PartialShape& shape, DType dtype,
                              const std::function<Variable(const std::string& full_name)>& make);

}  // namespace tenon
