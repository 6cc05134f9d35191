// tenon verify: whether every byte that matters is as it was written.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace tenon {

// {"path", "kind", "ok", "tensors", "bytes", "problems": [{"file" and/or "tensor", "problem"}...]}. Throws only if
// there is nothing of that name.
nlohmann::ordered_json verify_model(const std::string& argument);

// One line if all is well, else one line for each problem.
std::string verification_as_text(const nlohmann::ordered_json& report);

}  // namespace tenon
