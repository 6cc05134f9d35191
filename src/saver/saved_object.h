// What a Saver saves, one by one: the tensors under their keys, and how they come back.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "graph/graph_impl.h"
#include "tenon/saveable.h"

namespace tenon {

// One slot of SaveV2 and RestoreV2.
struct SavedTensor {
  std::string key;
  std::string slice;              // "10 2 0,4:-", "" for a whole tensor
  DType dtype = DType::Invalid;
  std::string device;
  std::function<Output()> value;  // what SaveV2 takes; may add nodes
};

// A variable, a piece of a partitioned one, or a SaveableObject.
struct SavedObject {
  std::string name;
  const Node* op = nullptr;          // whose state it is; null: nobody's
  std::vector<SavedTensor> tensors;
  std::optional<Variable> variable;  // nothing for a SaveableObject
  // Adds the operation that puts restored values back. `shapes` is empty unless the Saver reshapes.
  std::function<Node*(const std::vector<Output>& restored, const std::vector<Ints>& shapes)> restore;
};

// Adds the operation that gives the variable a restored value, reshaped if there is a shape.
Node* restore_variable(const Variable& variable, Output value, const std::vector<Ints>& shapes);

// All global variables and saveable objects; what is listed. By key, pieces of one variable together. Throw
// InvalidArgument for names that occur twice, for one variable under two names, and for what is no variable.
std::vector<SavedObject> all_saved_objects(GraphImpl& graph);
std::vector<SavedObject> saved_objects(const VarList& list);
// The same, where one name may stand for several variables.
std::vector<SavedObject> wanted_objects(const VarList& list);

}  // namespace tenon
