#include "graph/variable_scope.h"

#include <fmt/format.h>

#include "base/nearest_names.h"
#include "tenon/error.h"

namespace tenon {
namespace {

std::string joined(const std::string& outer, std::string_view name) {
  return outer.empty() ? std::string(name) : fmt::format("{}/{}", outer, name);
}

int count_of(const GraphImpl::VariableScopes& scopes, const std::string& name) {
  const auto found = scopes.counts.find(name);
  return found == scopes.counts.end() ? 0 : found->second;
}

std::string unique_scope(const GraphImpl::VariableScopes& scopes, const std::string& prefix) {
  const std::string full = joined(scopes.current.name, prefix);
  if (count_of(scopes, full) == 0) return prefix;
  int i = 1;
  while (count_of(scopes, fmt::format("{}_{}", full, i)) > 0) ++i;
  return fmt::format("{}_{}", prefix, i);
}

// The counters of inner scopes start again when their parent is left.
void forget_inner_counts(GraphImpl::VariableScopes& scopes, const std::string& name) {
  const std::string prefix = name + "/";
  for (auto at = scopes.counts.lower_bound(prefix); at != scopes.counts.end() && at->first.starts_with(prefix); ++at) {
    at->second = 0;
  }
}

Scope open_name_scope(GraphImpl& graph, const VariableScopeOptions& options, const std::string& name) {
  if (!options.auxiliary_name_scope) return graph.name_scope(graph.scope());
  if (!options.scope) return graph.name_scope(name);
  // A scope that is entered again opens a name scope by its last part.
  return graph.name_scope(name.substr(name.rfind('/') == std::string::npos ? 0 : name.rfind('/') + 1));
}

const char* reuse_text(Reuse reuse) {
  return reuse == Reuse::Auto ? "tf.AUTO_REUSE" : reuse == Reuse::Reuse ? "True" : "None";
}

void check_shared(const Variable& variable, const std::string& name, const PartialShape& shape, DType dtype) {
  const PartialShape found = variable.handle.op().has_attr("shape") ? variable.handle.op().attr<PartialShape>("shape")
                                                                    : PartialShape::unknown();
  if (!shape.compatible_with(found)) {
    throw Error(Code::InvalidArgument,
                fmt::format("Trying to share variable {}, but specified shape {} and found shape {}.", name,
                            shape.to_string(), found.to_string()));
  }
  const DType type = variable.dtype();
  if (dtype != DType::Invalid && dtype != type) {
    throw Error(Code::InvalidArgument,
                fmt::format("Trying to share variable {}, but specified dtype {} and found dtype {}.", name,
                            dtype_name(dtype), dtype_name(type)));
  }
}

}  // namespace

VariableScope enter_variable_scope(GraphImpl& graph, const VariableScopeOptions& options) {
  auto& scopes = graph.variable_scopes();
  if (options.name.empty() && options.default_name.empty() && !options.scope) {
    throw Error(Code::InvalidArgument, "If default_name is None then name_or_scope is required");
  }
  const VariableScopeInfo old = scopes.current;
  VariableScopeInfo info = options.scope ? *options.scope : old;
  std::string own;
  if (!options.scope) {
    own = options.name.empty() ? unique_scope(scopes, options.default_name) : options.name;
    info.name = joined(old.name, own);
  }
  // A unique scope takes a name scope after its default name, made unique by the rules of name scopes.
  const std::string name_scope = options.scope ? info.name : options.name.empty() ? options.default_name : own;
  Scope names = open_name_scope(graph, options, name_scope);
  if (!options.scope || options.auxiliary_name_scope) info.original_name_scope = names.name();
  if (options.scope) info.original_name_scope = options.scope->original_name_scope;
  if (options.reuse != Reuse::Inherit) info.reuse = options.reuse;
  if (options.use_resource) info.use_resource = options.use_resource;
  if (options.dtype) info.dtype = options.dtype;

  ++scopes.counts[info.name];
  auto old_counts = scopes.counts;
  scopes.current = info;
  const bool again = options.scope != nullptr;
  Scope variables = graph.on_leave([&scopes, old, again, old_counts = std::move(old_counts), name = info.name] {
    if (again) scopes.counts = old_counts;
    else forget_inner_counts(scopes, name);
    scopes.current = old;
  });
  return VariableScope(std::move(names), std::move(variables), std::move(info));
}

Scope whole_shape_scope(GraphImpl& graph, const Shape& shape) {
  auto& scopes = graph.variable_scopes();
  scopes.whole_shape = shape;
  return graph.on_leave([&scopes] { scopes.whole_shape.reset(); });
}

std::string variable_scope_name(GraphImpl& graph, std::string_view name) {
  return joined(graph.variable_scopes().current.name, name);
}

Variable get_or_make_variable(GraphImpl& graph, std::string_view name, const PartialShape& shape, DType dtype,
                              const std::function<Variable(const std::string& full_name)>& make) {
  auto& scopes = graph.variable_scopes();
  const std::string full = variable_scope_name(graph, name);
  const auto found = scopes.shared.find(full);
  const Reuse reuse = scopes.current.reuse;
  if (scopes.partitioned.contains(full)) {
    throw Error(
        Code::InvalidArgument,
        fmt::format("No partitioner was provided, but a partitioned version of the variable was found: {}/part_0. "
                    "Perhaps a variable of the same name was already created with partitioning?",
                    full));
  }
  if (found != scopes.shared.end()) {
    if (reuse == Reuse::Inherit) {
      throw Error(Code::InvalidArgument,
                  fmt::format("Variable {} already exists, disallowed. Did you mean to set reuse=True or "
                              "reuse=tf.AUTO_REUSE in VarScope?",
                              full));
    }
    check_shared(found->second, full, shape, dtype);
    return found->second;
  }
  if (reuse == Reuse::Reuse) {
    std::vector<std::string> names;
    for (const auto& [other, variable] : scopes.shared) names.push_back(other);
    throw Error(Code::InvalidArgument,
                fmt::format("Variable {} does not exist, or was not created with tf.get_variable() (the scope has "
                            "reuse={}). Did you mean to set reuse=tf.AUTO_REUSE in VarScope?{}",
                            full, reuse_text(reuse), nearest_phrase(full, names)));
  }
  const Scope root = graph.name_scope("");
  return scopes.shared.emplace(full, make(full)).first->second;
}

}  // namespace tenon
