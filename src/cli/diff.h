// tenon diff: in which tensors two checkpoints differ.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "cli/model_path.h"

namespace tenon {

// {"first", "second": paths, "equal": how many tensors are the same bit by bit, "only_first", "only_second": [names],
// "differ": [{"name", "what": "dtype" | "shape" | "values", "first", "second": type and shape, and for values
// "elements": how many differ, "of": of how many, "largest": the largest difference, of real numbers}]}. One tensor of
// each is in memory at a time.
nlohmann::ordered_json diff_checkpoints(const ModelPath& first, const ModelPath& second);

bool any_difference(const nlohmann::ordered_json& diff);
std::string diff_as_text(const nlohmann::ordered_json& diff);

}  // namespace tenon
