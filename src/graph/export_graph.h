// From a graph to a GraphDef: Graph.as_graph_def.
#pragma once

#include <functional>
#include <vector>

#include "graph/graph_impl.h"

namespace tenon {

struct ExportOptions {
  // Writes the attribute _output_shapes on every node that has outputs, as tf.train.Saver does. Null: left out.
  std::function<PartialShape(Edge)> output_shape;
  bool clear_devices = false;
  // Leaves attributes out that have the signature's default.
  bool strip_default_attrs = false;
};

// The nodes in the graph's order with their unknown fields, functions and versions. An input with index 0 is written
// "x", others "x:1", control inputs "^x" last.
proto::GraphDef export_graph_def(const GraphImpl& graph, const ExportOptions& options = {});

// One node, as export_graph_def writes it.
proto::NodeDef export_node(const Node& node, const ExportOptions& options = {});

}  // namespace tenon
