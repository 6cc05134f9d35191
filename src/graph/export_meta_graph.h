// From a graph to a MetaGraphDef: tf.train.export_meta_graph.
#pragma once

#include "graph/export_graph.h"

namespace tenon {

struct MetaGraphOptions {
  ExportOptions graph;
  const proto::SaverDef* saver_def = nullptr;  // null: none is written
};

// The graph, its collections, the signatures of the ops it uses, and what came with an imported file.
proto::MetaGraphDef export_meta_graph_def(const GraphImpl& graph, const MetaGraphOptions& options = {});

// A variable as the collections describe it.
proto::VariableDef variable_to_proto(const GraphImpl& graph, const Variable& variable);

}  // namespace tenon
