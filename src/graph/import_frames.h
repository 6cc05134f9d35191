// The frames of imported loops: each loop runs in a frame that its Enter nodes name. Two loops of one frame cannot run.
#pragma once

#include "graph/import_graph.h"

namespace tenon {

// Gives the frames of the new nodes the scope in front, as TensorFlow does for meta graphs (it does not for a graph
// alone), and makes their names unique in the graph: TensorFlow's second copy of a loop does not run. Names that are
// not scope + name are added to imported.new_names.
void rename_frames(GraphImpl& graph, ImportedGraph& imported);

}  // namespace tenon
