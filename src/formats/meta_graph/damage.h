// Where a binary graph file stops being one.
#pragma once

#include <string>
#include <string_view>

namespace tenon {

// "byte 517: node 3 ("conv2d/kernel") cannot be parsed", for a file that parse_binary refused as a MetaGraphDef, or as
// a GraphDef.
std::string damage_in_meta_graph(std::string_view bytes, const std::string& file);
std::string damage_in_graph_def(std::string_view bytes, const std::string& file);

}  // namespace tenon
