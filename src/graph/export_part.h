// Parts of a graph: what an export takes along if it is asked for a name scope, or for one Saver only.
#pragma once

#include "graph/export_meta_graph.h"

namespace tenon {

// True if the options ask for a part.
bool exports_part(const MetaGraphOptions& options);

// Makes the MetaGraphDef of a whole graph that of the part, but for the list of ops. Throws InvalidArgument if what
// stays takes an input from a Saver that is left out.
void take_part(proto::MetaGraphDef& meta, const MetaGraphOptions& options);

// Whether a node, tensor or context of that name is exported: TensorFlow compares the first letters, so that "h" takes
// "h2/x" along, under its own name. "h/" does not.
bool in_export_scope(std::string_view name, std::string_view export_scope);

}  // namespace tenon
