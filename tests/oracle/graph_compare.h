// Node-for-node comparison of a graph that our builders made with one that TensorFlow wrote.
#pragma once

#include <string>
#include <vector>

#include "graph.pb.h"
#include "tenon/graph.h"

namespace tenon::testing {

// The binary GraphDef or MetaGraphDef in a file under tests/fixtures.
proto::GraphDef read_graph_def(const std::string& fixture);
proto::GraphDef read_meta_graph(const std::string& fixture);

// The graph as a file would have it: with _output_shapes on every node that has outputs.
proto::GraphDef exported(const Graph& graph);

// `ours` may have more nodes than `count`. Not compared: experimental_type (field 7 of NodeDef), TensorFlow's
// annotation of what some outputs are beyond their dtype. Our builders do not write it; TensorFlow reads graphs
// without. What differs in the first `count` nodes (-1: all): order, names, types, inputs, control inputs, devices,
// attributes. Empty if nothing does; at most 20 lines.
std::vector<std::string> differences(const proto::GraphDef& ours, const proto::GraphDef& theirs, int count = -1);

}  // namespace tenon::testing
