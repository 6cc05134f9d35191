// The objects of an object-based checkpoint, as the bytes of the string tensor that describes them.
//
// Bytes (protobuf TrackableObjectGraph): 1 nodes... {1 children... {1 node_id, 2 local_name}, 2 attributes... {1 name,
// 2 full_name, 3 checkpoint_key}, 3 slot_variables... {1 original_variable_node_id, 2 slot_name, 3
// slot_variable_node_id}, 4 registered_saver {1 name, 2 object_name}, 5 has_checkpoint_values {1 value}}.
#pragma once

#include <string>
#include <string_view>

#include "tenon/object_checkpoint.h"

namespace tenon {

inline constexpr std::string_view kObjectGraphKey = "_CHECKPOINTABLE_OBJECT_GRAPH";

// Throws DataLoss naming `file` if the bytes are no such message or their numbers do not fit.
ObjectGraph parse_object_graph(std::string_view bytes, const std::string& file);

std::string object_graph_bytes(const std::vector<ObjectGraph::Object>& objects);

}  // namespace tenon
