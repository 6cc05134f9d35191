// tenon convert: every tensor of a checkpoint written anew, in either format.
#pragma once

#include <string>

#include "cli/model_path.h"
#include "formats/checkpoint/checkpoint_path.h"

namespace tenon {

// Reads, checks and writes one tensor after another; pieces of partitioned tensors stay pieces. Nothing is left behind
// on failure. Throws InvalidArgument for types that V1 cannot hold, before writing anything; returns what was done.
std::string convert_checkpoint(const ModelPath& model, const std::string& prefix, CheckpointFormat to);

}  // namespace tenon
