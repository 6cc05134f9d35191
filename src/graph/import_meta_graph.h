// From a MetaGraphDef to a graph with its collections; what its Saver needs comes back.
#pragma once

#include <memory>
#include <string>

#include "graph/import_graph.h"

namespace tenon {

struct ImportedMetaGraph {
  ImportedGraph graph;
  std::unique_ptr<proto::SaverDef> saver_def;  // with the graph's names; null if the file has none
  ImportedMetaGraph();
  ImportedMetaGraph(ImportedMetaGraph&&) noexcept;
  ImportedMetaGraph& operator=(ImportedMetaGraph&&) noexcept;
  ~ImportedMetaGraph();
};

// Throws InvalidArgument as import_graph_def does, and for collections of variables that cannot be read or name nodes
// that are not in the graph. The graph is unchanged then.
ImportedMetaGraph import_meta_graph_file(GraphImpl& graph, const GraphFile& file, const ImportOptions& options = {});
ImportedMetaGraph import_meta_graph_def(GraphImpl& graph, const proto::MetaGraphDef& file,
                                        const ImportOptions& options = {});

// True for the collections whose items are VariableDefs: "variables", "trainable_variables", ...
bool is_variable_collection(const std::string& name);

}  // namespace tenon
