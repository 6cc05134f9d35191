// From a MetaGraphDef to a graph with its collections; what its Saver needs comes back.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "graph/import_graph.h"

namespace tenon {

using ChooseCollection = std::function<bool(const std::string& name)>;

struct CollectionOptions {
  // A collection of names that the file leaves to whoever imports it: input_map must have exactly these.
  std::string unbound_inputs = "unbound_inputs";
  // Whether the graph gets a collection of the file; null: all of them.
  ChooseCollection chosen;
};

struct ImportedMetaGraph {
  ImportedGraph graph;
  std::size_t first_variable = 0;  // of the graph's "variables", those from here on are the file's
  std::unique_ptr<proto::SaverDef> saver_def;  // with the graph's names; null if the file has none
  ImportedMetaGraph();
  ImportedMetaGraph(ImportedMetaGraph&&) noexcept;
  ImportedMetaGraph& operator=(ImportedMetaGraph&&) noexcept;
  ~ImportedMetaGraph();
};

// Throws InvalidArgument as import_graph_def does, for unbound inputs that are not given, for a SaverDef without its
// nodes, and for collections of variables that cannot be read or name nodes that are not in the graph. The graph is
// unchanged then.
ImportedMetaGraph import_meta_graph_file(GraphImpl& graph, const GraphFile& file, const ImportOptions& options = {},
                                         const CollectionOptions& collections = {});
ImportedMetaGraph import_meta_graph_def(GraphImpl& graph, const proto::MetaGraphDef& file,
                                        const ImportOptions& options = {}, const CollectionOptions& collections = {});

// The new variables of "variables" by their names in the file, "v:0".
std::map<std::string, Variable> imported_variables(GraphImpl& graph, const GraphFile& file,
                                                   const ImportedMetaGraph& imported);

// True for the collections whose items are VariableDefs: "variables", "trainable_variables", ...
bool is_variable_collection(const std::string& name);

}  // namespace tenon
