// The nodes that TensorFlow's Saver adds to a graph.
#pragma once

#include <vector>

#include "meta_graph.pb.h"
#include "saver/saved_object.h"
#include "tenon/saver.h"

namespace tenon {

// Adds the nodes and returns the SaverDef that names them. Throws InvalidArgument for a saveable object on several
// devices if the Saver shards. REQUIRES: objects is not empty.
proto::SaverDef add_saver_nodes(GraphImpl& graph, const std::vector<SavedObject>& objects, const SaverOptions& options);

}  // namespace tenon
