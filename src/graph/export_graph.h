// From a graph to the bytes of a GraphDef: Graph.as_graph_def.
#pragma once

#include <string>
#include <vector>

#include "formats/message/message_io.h"
#include "graph/graph_impl.h"

namespace tenon {

struct ExportOptions {
  // Writes the attribute _output_shapes on every node that has outputs, as tf.train.Saver does.
  bool add_shapes = false;
  bool clear_devices = false;
  // Leaves attributes out that have the signature's default.
  bool strip_default_attrs = false;
  std::size_t most_bytes = kMostMessageBytes;
};

// The nodes in the graph's order with their unknown fields, functions and versions. An input with index 0 is written
// "x", others "x:1", control inputs "^x" last. The same graph gives the same bytes: attributes are sorted. Throw
// InvalidArgument, with the largest nodes, as soon as there are too many bytes.
proto::GraphDef export_graph_def(const GraphImpl& graph, const ExportOptions& options = {});

// The bytes of the GraphDef, in parts that several threads write.
using GraphBytes = std::vector<std::string>;
GraphBytes export_graph_parts(const GraphImpl& graph, const ExportOptions& options = {});
std::size_t bytes_of(const GraphBytes& parts);
std::string joined(const GraphBytes& parts);
std::string export_graph_bytes(const GraphImpl& graph, const ExportOptions& options = {});  // in one

}  // namespace tenon
