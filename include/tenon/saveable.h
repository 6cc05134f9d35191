// What a Saver can save, and under which names.
//
//   tenon::Saver saver(graph, {v, w});                         // a list: each under its own name
//   tenon::Saver saver(graph, {{"old/v", v}, {"table", t}});   // names in the checkpoint; t may be in pieces
//
// Besides variables there are SaveableObjects: things whose state is one or more tensors, such as lookup tables. They
// say which tensors, and how to put restored ones back:
//
//   tenon::add_saveable_object(graph, {
//       .name = "words",
//       .op = table,
//       .specs = {{"words-keys", keys}, {"words-values", values}},
//       .restore = [=](const std::vector<tenon::Output>& restored, const std::vector<tenon::Ints>&) {
//         return insert_all(table, restored[0], restored[1]);     // an operation
//       }});
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tenon/graph.h"
#include "tenon/ops.h"
#include "tenon/partitioned_variable.h"

namespace tenon {

// One tensor of a checkpoint.
struct SaveSpec {
  std::string name;                // its key
  Output tensor;                   // its value when saved
  std::string slice_spec = {};     // "" for a whole tensor; see SaveSliceInfo::spec()
};

struct SaveableObject {
  std::string name;
  Output op;                       // whose state it is: nothing else of one Saver may save it. May be unbound
  std::vector<SaveSpec> specs;
  // Adds the operation that puts restored values back, one for each spec. `shapes` is empty unless the Saver reshapes.
  std::function<Operation(const std::vector<Output>& restored, const std::vector<Ints>& shapes)> restore;
};

// Adds it to the collection "saveable_objects", from which Savers without a list take theirs.
void add_saveable_object(GraphImpl& graph, SaveableObject object);

// One entry of a list or of a map.
class Saveable {
 public:
  Saveable(const Variable& variable) : value_(variable) {}
  Saveable(const PartitionedVariable& variable) : value_(variable) {}
  Saveable(std::initializer_list<Variable> variables) : value_(std::vector<Variable>(variables)) {}
  Saveable(std::vector<Variable> variables) : value_(std::move(variables)) {}  // of a map: the slices of one tensor
  Saveable(const SaveableObject& object) : value_(std::make_shared<const SaveableObject>(object)) {}
  Saveable(std::shared_ptr<const SaveableObject> object) : value_(std::move(object)) {}
  Saveable(const Output& output) : value_(output) {}  // of a variable

  using Value =
      std::variant<Variable, PartitionedVariable, std::vector<Variable>, std::shared_ptr<const SaveableObject>, Output>;
  const Value& value() const { return value_; }

 private:
  Value value_;
};

// A list, each entry under its own name, or names with what they stand for.
class VarList {
 public:
  using Named = std::pair<const std::string, Saveable>;

  VarList(std::initializer_list<Saveable> items) : items_(items) {}
  VarList(std::vector<Saveable> items) : items_(std::move(items)) {}
  VarList(const std::vector<Variable>& variables) : items_(variables.begin(), variables.end()) {}
  VarList(std::initializer_list<Named> named) : named_(true), names_(named.begin(), named.end()) {}
  template <typename T>
    requires std::convertible_to<T, Saveable>
  VarList(const std::map<std::string, T>& named) : named_(true), names_(named.begin(), named.end()) {}
  // One name may stand for several variables: restore_variables() gives all of them that tensor.
  template <typename T>
    requires std::convertible_to<T, Saveable>
  VarList(const std::multimap<std::string, T>& named) : named_(true), names_(named.begin(), named.end()) {}

  bool named() const { return named_; }
  bool empty() const { return items_.empty() && names_.empty(); }
  const std::vector<Saveable>& items() const { return items_; }
  const std::vector<std::pair<std::string, Saveable>>& names() const { return names_; }

 private:
  bool named_ = false;
  std::vector<Saveable> items_;
  std::vector<std::pair<std::string, Saveable>> names_;
};

}  // namespace tenon
