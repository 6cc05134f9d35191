// tenon rename: a checkpoint whose tensors have other names.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/model_path.h"

namespace tenon {

struct RenameOptions {
  std::vector<std::string> names;  // "old=new"; "old/=new/" is for all names that begin with "old/"
  std::string replace;             // a regular expression; what it finds in a name ...
  std::string with;                // ... is replaced by this, where $1 is the first group
};

// Writes all tensors to a checkpoint of the same format, which may be the same one. {"path", "tensors",
// "renamed": {old: new}}. Throws NotFound if a name is not there, with the nearest ones; InvalidArgument if two tensors
// would have one name, or nothing would change.
nlohmann::ordered_json rename_tensors(const ModelPath& model, const std::string& prefix, const RenameOptions& options);

std::string renaming_as_text(const nlohmann::ordered_json& report);

}  // namespace tenon
