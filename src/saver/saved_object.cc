#include "saver/saved_object.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <set>

#include "graph/graph_extra.h"
#include "ops/builder.h"
#include "tenon/error.h"

namespace tenon {
namespace {

constexpr const char* kCpu = "/device:CPU:0";

[[noreturn]] void fail(const std::string& message) { throw Error(Code::InvalidArgument, message); }

// A piece of a resource variable is read anew, and brought to the CPU.
Output read_piece(const Variable& variable) {
  GraphImpl& graph = variable.handle.graph();
  const std::string& device = variable.handle.op().device();
  Output read;
  {
    const Scope placed = graph.device(device);
    const Scope scope = graph.name_scope("Read");
    add_node(graph, "DisableCopyOnRead", "DisableCopyOnRead", {variable.handle});
    read = add_op(graph, "ReadVariableOp", "ReadVariableOp", {variable.handle}, {{"dtype", variable.dtype()}});
  }
  {
    const Scope placed = graph.device(device);
    read = add_op(graph, "Identity", "Identity", {read});
  }
  const Scope cpu = graph.device(kCpu);
  return add_op(graph, "Identity", "Identity", {read});
}

Output value_of(const Variable& variable, bool piece) {
  if (variable.is_resource) return piece ? read_piece(variable) : variable.snapshot;
  return piece ? variable.snapshot : variable.handle;
}

SavedObject from_variable(const std::string& key, const Variable& variable, const std::string& slice, bool piece) {
  SavedObject object{
      .name = key, .op = variable.handle.op().node(), .tensors = {}, .variable = variable, .restore = {}};
  object.tensors.push_back({.key = key,
                            .slice = slice,
                            .dtype = variable.dtype(),
                            .device = variable.handle.op().device(),
                            .value = [variable, piece] { return value_of(variable, piece); }});
  object.restore = [variable](const std::vector<Output>& restored, const std::vector<Ints>& shapes) {
    return restore_variable(variable, restored[0], shapes);
  };
  return object;
}

SavedObject from_object(const std::shared_ptr<const SaveableObject>& given) {
  SavedObject object{.name = given->name,
                     .op = given->op.bound() ? given->op.op().node() : nullptr,
                     .tensors = {},
                     .variable = std::nullopt,
                     .restore = {}};
  if (given->specs.empty() || !given->restore) {
    fail(fmt::format("saveable object '{}' needs specs and a restore function", given->name));
  }
  for (const SaveSpec& spec : given->specs) {
    if (spec.name.empty()) fail(fmt::format("a spec of saveable object '{}' has no name", given->name));
    object.tensors.push_back({.key = spec.name,
                              .slice = spec.slice_spec,
                              .dtype = spec.tensor.dtype(),
                              .device = spec.tensor.op().device(),
                              .value = [tensor = spec.tensor] { return tensor; }});
  }
  object.restore = [given](const std::vector<Output>& restored, const std::vector<Ints>& shapes) {
    return given->restore(restored, shapes).node();
  };
  return object;
}

// The variable that an Output is of; nothing for other Outputs.
std::optional<Variable> variable_of(const Output& output) {
  const std::string& type = output.op().type();
  Variable variable;
  variable.snapshot = output;
  if (type == "VariableV2" || type == "Variable") variable.handle = output;
  else if (type == "ReadVariableOp") variable.handle = output.op().input(0);
  else if (type == "VarHandleOp") variable.handle = output;
  else return std::nullopt;
  variable.is_resource = variable.handle.op().type() == "VarHandleOp";
  if (type == "VarHandleOp") {
    const std::string read = output.op().name() + "/Read/ReadVariableOp";
    if (Node* node = output.graph().find(read)) variable.snapshot = to_output({node, 0});
    else return std::nullopt;
  }
  return variable;
}

void add_slices(const std::string& key, const std::vector<Variable>& slices, std::vector<SavedObject>& objects) {
  std::string whole;
  for (const Variable& variable : slices) {
    const auto info = save_slice_info(variable);
    if (!info) fail(fmt::format("Slices must all be slices: {} is none", variable.name()));
    if (whole.empty()) whole = info->full_name;
    if (whole != info->full_name) {
      fail(fmt::format("Slices must all be from the same tensor: {} != {}", whole, info->full_name));
    }
    objects.push_back(from_variable(key, variable, info->spec(), true));
  }
}

// What stands under a key.
struct AddObjects {
  const std::string& key;
  std::vector<SavedObject>& objects;

  void operator()(const Variable& variable) const { objects.push_back(from_variable(key, variable, "", false)); }
  void operator()(const PartitionedVariable& variable) const { add_slices(key, variable.pieces(), objects); }
  void operator()(const std::vector<Variable>& slices) const { add_slices(key, slices, objects); }
  void operator()(const std::shared_ptr<const SaveableObject>& object) const { objects.push_back(from_object(object)); }
  void operator()(const Output& output) const {
    const auto variable = variable_of(output);
    if (!variable) {
      fail(
          fmt::format("names_to_saveables must be a dict mapping string names to Tensors/Variables. Not a variable: {} "
                      "({}), under the name {}",
                      output.name(), output.op().type(), key));
    }
    objects.push_back(from_variable(key, *variable, "", false));
  }
};

using Names = std::vector<std::pair<std::string, Saveable>>;

// Most lists are sorted already.
template <typename Pairs>
void sort_by_name(Pairs& pairs) {
  const auto before = [](const auto& a, const auto& b) { return a.first < b.first; };
  if (!std::is_sorted(pairs.begin(), pairs.end(), before)) std::stable_sort(pairs.begin(), pairs.end(), before);
}

// A list of one level, sorted by the variables' names, as TensorFlow goes through it; `pieces` holds what is in lists
// inside.
using Sorted = std::vector<std::pair<std::string, const Saveable*>>;
Sorted flat(const std::vector<Saveable>& items, std::deque<Saveable>& pieces) {
  Sorted sorted;
  for (const Saveable& item : items) {
    const auto& value = item.value();
    if (const auto* variable = std::get_if<Variable>(&value)) sorted.emplace_back(variable->name(), &item);
    if (const auto* whole = std::get_if<PartitionedVariable>(&value)) sorted.emplace_back(whole->name(), &item);
    if (const auto* object = std::get_if<std::shared_ptr<const SaveableObject>>(&value)) {
      sorted.emplace_back((*object)->name, &item);
    }
    if (const auto* output = std::get_if<Output>(&value)) sorted.emplace_back(output->name(), &item);
    if (const auto* list = std::get_if<std::vector<Variable>>(&value)) {
      for (const Variable& variable : *list) sorted.emplace_back(variable.name(), &pieces.emplace_back(variable));
    }
  }
  sort_by_name(sorted);
  return sorted;
}

// The names that the entries of a list have.
class ListNames {
 public:
  Names take(const std::vector<Saveable>& items) {
    std::deque<Saveable> pieces;
    for (const auto& [sorted_by, item] : flat(items, pieces)) {
      const auto& value = item->value();
      if (const auto* variable = std::get_if<Variable>(&value)) take_variable(*variable);
      else if (const auto* whole = std::get_if<PartitionedVariable>(&value)) take_new(whole->name(), *item);
      else if (const auto* output = std::get_if<Output>(&value)) take_output(*output);
      else take_new(std::get<std::shared_ptr<const SaveableObject>>(value)->name, *item);
    }
    Names names;
    for (auto& [name, item] : names_) names.emplace_back(name, std::move(item));
    return names;
  }

 private:
  void take_new(const std::string& name, const Saveable& item) {
    if (!names_.emplace(name, item).second) fail(fmt::format("At least two variables have the same name: {}", name));
  }

  void take_variable(const Variable& variable) {
    const auto slice = save_slice_info(variable);
    if (!slice) return take_new(variable.handle.op().name(), variable);
    const auto found = names_.find(slice->full_name);
    if (found == names_.end()) {
      names_.emplace(slice->full_name, std::vector<Variable>{variable});
      return;
    }
    const auto* slices = std::get_if<std::vector<Variable>>(&found->second.value());
    if (!slices) fail(fmt::format("Mixing slices and non-slices with the same name: {}", slice->full_name));
    std::vector<Variable> more = *slices;
    more.push_back(variable);
    found->second = Saveable(std::move(more));
  }

  void take_output(const Output& output) {
    const auto variable = variable_of(output);
    if (!variable) fail(fmt::format("Variable to save is not a Variable: {} ({})", output.name(), output.op().type()));
    take_new(variable->handle.op().name(), *variable);
  }

  std::map<std::string, Saveable> names_;
};

std::vector<SavedObject> objects_of(const VarList& list, bool several_of_one_name) {
  Names names = list.named() ? list.names() : ListNames().take(list.items());
  sort_by_name(names);
  std::vector<SavedObject> objects;
  std::set<const Node*> seen;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string& key = names[i].first;
    if (key.empty()) fail("names_to_saveables must be a dict mapping string names to variables: a name is empty");
    if (i > 0 && key == names[i - 1].first && !several_of_one_name) {
      fail(fmt::format("At least two variables have the same name: {}. A Saver writes one tensor under a name; "
                       "restore_variables() can give one tensor to several variables",
                       key));
    }
    const std::size_t first = objects.size();
    std::visit(AddObjects{key, objects}, names[i].second.value());
    for (std::size_t j = first; j < objects.size(); ++j) {
      if (objects[j].op && !seen.insert(objects[j].op).second) {
        fail(fmt::format("The same saveable will be restored with two names: {} ({})", objects[j].name,
                         objects[j].op->name));
      }
    }
  }
  return objects;
}

}  // namespace

Node* restore_variable(const Variable& variable, Output value, const std::vector<Ints>& shapes) {
  GraphImpl& graph = variable.handle.graph();
  if (!shapes.empty()) value = reshape(value, shapes[0]);
  if (variable.is_resource) {
    const Scope placed = graph.device(variable.handle.op().device());
    value = add_op(graph, "Identity", "Identity", {value});
    return add_node(graph, "AssignVariableOp", "AssignVariableOp", {variable.handle, value});
  }
  return add_node(graph, "Assign", "Assign", {variable.handle, value},
                  {{"validate_shape", shapes.empty() && variable.shape().fully_defined()}, {"use_locking", true}});
}

void add_saveable_object(GraphImpl& graph, SaveableObject object) {
  add_to_collection(graph, "saveable_objects", object.name);
  GraphAccess::extra(graph).saveable_objects.push_back(std::make_shared<const SaveableObject>(std::move(object)));
}

std::vector<SavedObject> all_saved_objects(GraphImpl& graph) {
  const std::vector<Variable>& variables = graph.variables("variables");
  std::vector<Saveable> items(variables.begin(), variables.end());
  for (const auto& object : GraphAccess::extra(graph).saveable_objects) items.emplace_back(object);
  return objects_of(VarList(std::move(items)), false);
}

std::vector<SavedObject> saved_objects(const VarList& list) { return objects_of(list, false); }
std::vector<SavedObject> wanted_objects(const VarList& list) { return objects_of(list, true); }

}  // namespace tenon
