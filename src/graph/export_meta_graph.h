// From a graph to a MetaGraphDef: tf.train.export_meta_graph.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "graph/export_graph.h"

namespace tenon {

struct MetaGraphOptions {
  ExportOptions graph;
  const proto::SaverDef* saver_def = nullptr;  // null: none is written
  std::optional<std::vector<std::string>> collection_list;  // of their names; none: all of them
  std::string export_scope;              // only what is in it, without it in front
  bool clear_extraneous_savers = false;  // without the nodes of other Savers
  // The collection that lists the inputs from outside the scope; "": none does.
  std::string unbound_inputs = "unbound_inputs";
};

// The graph, its collections, the signatures of the ops it uses, and what came with an imported file. The same graph
// gives the same bytes. Throws InvalidArgument for 2 GiB or more, and for a part that is not complete (export_part.h).
GraphBytes export_meta_graph_parts(const GraphImpl& graph, const MetaGraphOptions& options = {});
proto::MetaGraphDef export_meta_graph_def(const GraphImpl& graph, const MetaGraphOptions& options = {});

}  // namespace tenon
