// tf.train.init_from_checkpoint: initializers that read from a checkpoint.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/nearest_names.h"
#include "formats/checkpoint/checkpoint_reader.h"
#include "graph/export_collections.h"
#include "graph/graph_extra.h"
#include "graph/variable_scope.h"
#include "ops/builder.h"
#include "saver/checkpoint_files.h"
#include "saver/saved_object.h"
#include "tenon/error.h"
#include "tenon/initialize.h"

namespace tenon {
namespace {

// One variable, or a piece of one, and the tensor that it starts with.
struct Assignment {
  Variable variable;
  std::string tensor, slice;
};

// Variables by the names that scopes and maps go by; pieces under the name of the whole.
using Store = std::map<std::string, std::vector<Variable>>;

Store variables_by_name(GraphImpl& graph) {
  Store store;
  std::vector<Variable> variables;
  for (const auto& [name, variable] : graph.variable_scopes().shared) variables.push_back(variable);
  if (variables.empty()) variables = graph.variables("variables");
  for (const Variable& variable : variables) {
    const auto slice = save_slice_info(variable);
    store[slice ? slice->full_name : variable.handle.op().name()].push_back(variable);
  }
  return store;
}

class AssignmentReader {
 public:
  AssignmentReader(GraphImpl& graph, const CheckpointReader& source)
      : graph_(graph), source_(source), store_(variables_by_name(graph)) {}

  std::vector<Assignment> read(AssignmentMap map) {
    std::stable_sort(map.begin(), map.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [tensor, target] : map) {
      if (const auto* variables = std::get_if<std::vector<Variable>>(&target.value())) add(tensor, *variables);
      else read_name(tensor, std::get<std::string>(target.value()));
    }
    return std::move(assignments_);
  }

 private:
  void read_name(const std::string& tensor, const std::string& name) {
    if (const auto* variables = find(name)) return add(tensor, *variables);
    const bool scope = name.empty() || name.ends_with('/');
    if (scope && (tensor.empty() || tensor.ends_with('/'))) return add_scope(tensor, name);
    if (scope || tensor.ends_with('/')) {
      throw Error(Code::InvalidArgument,
                  fmt::format("Assignment map with scope only name {} should map to scope only {}. Should be 'scope/': "
                              "'other_scope/'.",
                              scope ? name : tensor, scope ? tensor : name));
    }
    std::vector<std::string> names;
    for (const auto& [known, variables] : store_) names.push_back(known);
    throw Error(Code::NotFound, fmt::format("tensor {} of {} is mapped to {}, which is no variable of the graph{}",
                                            tensor, source_.prefix(), name, nearest_phrase(name, names)));
  }

  const std::vector<Variable>* find(const std::string& name) {
    if (const auto found = store_.find(name); found != store_.end()) return &found->second;
    for (const Variable& variable : graph_.variables("variables")) {
      if (variable.handle.op().name() == name) return &(store_[name] = {variable});
    }
    return nullptr;
  }

  void add_scope(const std::string& stored_scope, const std::string& scope) {
    const std::string front = scope == "/" ? "" : scope, stored_front = stored_scope == "/" ? "" : stored_scope;
    for (const auto& [name, variables] : store_) {
      if (name.starts_with(front)) add(stored_front + name.substr(front.size()), variables);
    }
  }

  void add(const std::string& tensor, const std::vector<Variable>& variables) {
    const auto entry = source_.find(tensor);
    if (!entry) {
      throw Error(Code::NotFound, fmt::format("Tensor {} is not found in {} checkpoint{}", tensor, source_.prefix(),
                                              nearest_phrase(tensor, source_.keys())));
    }
    std::string whole;
    for (const Variable& variable : variables) {
      if (&variable.handle.graph() != &graph_) {
        throw Error(Code::InvalidArgument, fmt::format("variable {} is of another graph", variable.name()));
      }
      const auto slice = save_slice_info(variable);
      if (variables.size() > 1 && !slice) {
        throw Error(Code::InvalidArgument, fmt::format("Slices must all be slices: {} is none", variable.name()));
      }
      if (slice && whole.empty()) whole = slice->full_name;
      if (slice && slice->full_name != whole) {
        throw Error(Code::InvalidArgument,
                    fmt::format("Slices must all be from the same tensor: {} != {}", whole, slice->full_name));
      }
      check(variable, slice ? PartialShape(slice->full_shape) : variable.shape(), tensor, *entry);
      assignments_.push_back({variable, tensor, slice ? slice->spec() : ""});
    }
  }

  void check(const Variable& variable, const PartialShape& shape, const std::string& tensor,
             const CheckpointEntry& entry) {
    if (!shape.compatible_with(entry.shape)) {
      throw Error(
          Code::InvalidArgument,
          fmt::format("Shape of variable {} ({}) doesn't match with shape of tensor {} ({}) from checkpoint reader "
                      "of {}",
                      variable.name(), shape.to_string(), tensor, entry.shape.to_string(), source_.prefix()));
    }
    if (variable.dtype() != entry.dtype) {
      throw Error(
          Code::InvalidArgument,
          fmt::format("Type of variable {} ({}) doesn't match with type of tensor {} ({}) in {}", variable.name(),
                      dtype_name(variable.dtype()), tensor, dtype_name(entry.dtype), source_.prefix()));
    }
  }

  GraphImpl& graph_;
  const CheckpointReader& source_;
  Store store_;
  std::vector<Assignment> assignments_;
};

Output restored_value(GraphImpl& graph, const Assignment& assignment, const std::string& prefix) {
  const Scope device = graph.device(assignment.variable.handle.op().device());
  const Scope cpu = graph.device("/cpu:0");
  const Scope scope = graph.name_scope("checkpoint_initializer");
  const Output file = constant(graph, Tensor(prefix), "prefix");
  const Output names = constant(graph, Tensor(std::vector<std::string>{assignment.tensor}), "tensor_names");
  const Output slices = constant(graph, Tensor(std::vector<std::string>{assignment.slice}), "shape_and_slices");
  return add_op(graph, "RestoreV2", scope.name(), {file, names, slices},
                {{"dtypes", std::vector<DType>{assignment.variable.dtype()}}});
}

// Everywhere that the graph keeps the variable.
void replace_initializer(GraphImpl& graph, const Variable& changed) {
  const auto replace = [&](Variable& variable) {
    if (!(variable.handle == changed.handle)) return;
    variable.initializer = changed.initializer;
    variable.initial_value = changed.initial_value;
  };
  for (const auto& [name, variables] : GraphAccess::variable_collections(graph)) {
    for (Variable& variable : graph.variables(name)) replace(variable);
  }
  for (auto& [name, variable] : graph.variable_scopes().shared) replace(variable);
  for (auto& [name, pieces] : graph.variable_scopes().partitioned) {
    for (Variable& variable : pieces) replace(variable);
  }
  proto::VariableDef def = variable_to_proto(graph, changed);
  // TensorFlow has the output of an Assign here, where it has the operation otherwise.
  def.set_initializer_name(changed.is_resource ? changed.initializer.name() : changed.initializer.output(0).name());
  def.set_initial_value_name(changed.initial_value.name());
  GraphAccess::extra(graph).variable_defs[changed.name()] = def;
}

}  // namespace

void init_from_checkpoint(GraphImpl& graph, const std::string& path, const AssignmentMap& assignment_map) {
  graph.check_not_finalized();
  const std::string prefix = resolve_checkpoint(path);
  const auto source = CheckpointReader::open(prefix);
  for (Assignment& assignment : AssignmentReader(graph, *source).read(assignment_map)) {
    Variable& variable = assignment.variable;
    variable.initial_value = restored_value(graph, assignment, prefix);
    variable.initializer = to_operation(restore_variable(variable, variable.initial_value, {}));
    set_shape(variable.initial_value, variable.shape());
    replace_initializer(graph, variable);
  }
}

}  // namespace tenon
