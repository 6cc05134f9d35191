// The inputs that a part of a graph takes from outside: export writes "$unbound_inputs_x" for x and lists these names
// in a collection; whoever imports the part gives a value for each.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "formats/meta_graph/bytes_list.h"
#include "graph/node.h"

namespace tenon {

inline constexpr std::string_view kUnboundInput = "$unbound_inputs_";

// Throws InvalidArgument unless `given` has the names that the collection lists, and no others. Without such a
// collection (null) anything goes.
void check_unbound_inputs(const BytesList* collection, const std::map<std::string, Edge>& given);

}  // namespace tenon
