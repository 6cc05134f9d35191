// A graph and perhaps a Saver as a meta graph: what save() writes, and the functions of tenon/meta_graph.h.
#pragma once

#include <string>

#include "graph/export_graph.h"
#include "tenon/meta_graph.h"

namespace tenon {

// The bytes, binary or text as the options ask. `saver_def` may be null. Throws what export_meta_graph() does.
GraphBytes meta_graph_parts(const GraphImpl& graph, const proto::SaverDef* saver_def,
                            const ExportMetaGraphOptions& options);
// The same into a file, with its NAME.debug if that is asked for.
void write_meta_graph_file(const std::string& path, const GraphImpl& graph, const proto::SaverDef* saver_def,
                           const ExportMetaGraphOptions& options);

}  // namespace tenon
