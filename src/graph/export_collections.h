// The collections of a graph as a MetaGraphDef has them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "graph/export_graph.h"

namespace tenon {

// MetaGraphDef.collection_def: all that are not empty or, of these, those of the names in `chosen`. In parts, which
// follow each other; sorted by name. A model may have very many variables: several threads write them.
GraphBytes collection_parts(const GraphImpl& graph, const std::optional<std::vector<std::string>>& chosen);

// A variable as the collections describe it.
proto::VariableDef variable_to_proto(const GraphImpl& graph, const Variable& variable);

}  // namespace tenon
