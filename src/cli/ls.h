// tenon ls: what is in a checkpoint or a graph. Reads only what it must: a checkpoint's index, not its data.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "cli/model_path.h"

namespace tenon {

// {"kind":"checkpoint","path":...,"tensors":[{"name","dtype","shape","bytes"}...],"bytes":...}, or
// {"kind":"graph",...,"graphs":[{"operations":{type: count},"inputs":[...],"variables":[...],"collections":{...},
// "signatures":{...}}]}.
nlohmann::ordered_json list_model(const ModelPath& model);

// The same for people.
std::string list_as_text(const nlohmann::ordered_json& listing);

// The objects of an object-based checkpoint: [{"object": number,"path","children":[{"name","object"}...],"values":
// [{"attribute","key","name","dtype","shape"}...],"slots":[{"slot","variable","object"}...]}...]. Throws NotFound for
// other checkpoints.
nlohmann::ordered_json list_objects(const std::string& checkpoint);
std::string objects_as_text(const nlohmann::ordered_json& objects);

nlohmann::ordered_json list_checkpoint(const ModelPath& model);
nlohmann::ordered_json list_graph(const ModelPath& model);

}  // namespace tenon
