// Signatures between their messages and plain structs.
#pragma once

#include "tenon/saved_model.h"

namespace tenon {

namespace proto {
class MetaGraphDef;
}

// All but those by which TensorFlow notes operations ("__saved_model_init_op"). Throws DataLoss, beginning with `file`,
// for shapes that are none.
Signatures signatures_from_proto(const proto::MetaGraphDef& graph, const std::string& file);

// Adds them. Throws InvalidArgument for a name that is reserved, and a tensor without name or type.
void signatures_to_proto(const Signatures& signatures, proto::MetaGraphDef* graph);

}  // namespace tenon
