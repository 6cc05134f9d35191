// The objects of a checkpoint that is open.
#pragma once

#include <memory>

#include "formats/checkpoint/checkpoint_reader.h"
#include "tenon/object_checkpoint.h"

namespace tenon {

// Null if it is not object-based. Throws what reading a tensor does, and DataLoss if the objects are damaged.
std::unique_ptr<ObjectGraph> read_object_graph(const CheckpointReader& reader);

}  // namespace tenon
