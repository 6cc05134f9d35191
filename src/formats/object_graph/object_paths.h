// The names in the keys of an object-based checkpoint:
//
//   net/layers/0/kernel/.ATTRIBUTES/VARIABLE_VALUE                      path, attribute
//   net/layers/0/kernel/.OPTIMIZER_SLOT/optimizer/m/.ATTRIBUTES/...     a slot variable: variable, optimizer, slot
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

inline constexpr std::string_view kAttributes = ".ATTRIBUTES";
inline constexpr std::string_view kOptimizerSlot = ".OPTIMIZER_SLOT";
inline constexpr std::string_view kVariableValue = "VARIABLE_VALUE";

// The names of a path, as the objects have them ("a.Sb" is "a/b"); nothing if it is not escaped as a path must be. ""
// has no names.
std::optional<std::vector<std::string>> object_path_names(std::string_view path);

// "p" and "n" for "p/.MARK/n"; nothing if the mark is not in it.
struct SplitPath {
  std::string_view before, after;
};
std::optional<SplitPath> split_path(std::string_view path, std::string_view mark);

// "p/.ATTRIBUTES/VARIABLE_VALUE"
std::string attribute_key(std::string_view path, std::string_view attribute);
// "v/.OPTIMIZER_SLOT/o/m"
std::string slot_path(std::string_view variable, std::string_view optimizer, std::string_view slot);

}  // namespace tenon
