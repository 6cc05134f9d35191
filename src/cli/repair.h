// tenon repair: a new checkpoint from what is left of a damaged one.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace tenon {

// Writes every tensor that can be read, and whose checksum is right, to a V2 checkpoint. {"path", "tensors", "bytes",
// "lost": [{"tensor", "problem"}...], "doubtful": [names whose entry in the index has no checksum any more],
// "problems": [what is wrong with files]}. Throws DataLoss if nothing can be saved.
nlohmann::ordered_json repair_checkpoint(const std::string& argument, const std::string& prefix);

std::string repair_as_text(const nlohmann::ordered_json& report);

}  // namespace tenon
