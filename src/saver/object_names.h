// A Saver, which goes by names of variables, at an object-based checkpoint, whose keys are paths through objects.
#pragma once

#include <vector>

#include "kernels/io/wanted_tensor.h"

namespace tenon {

// `wanted` with the keys under which the variables of those names are stored, if names are missing and the checkpoint
// is object-based; else as it is. Throws NotFound, naming all that are missing and what is there instead, and
// InvalidArgument for a name that several variables of the checkpoint have whose values differ. With `some`, what is
// missing keeps its name.
std::vector<WantedTensor> by_object_names(const CheckpointReader& source, std::vector<WantedTensor> wanted,
                                          bool some = false);

}  // namespace tenon
