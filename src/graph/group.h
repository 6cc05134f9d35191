// tf.group: one node that runs others.
#pragma once

#include <string_view>
#include <vector>

#include "graph/graph_impl.h"

namespace tenon {

// A NoOp after all of `nodes`. Where they are on several devices, TensorFlow puts one NoOp per device in between.
Node* group(GraphImpl& graph, const std::vector<Node*>& nodes, std::string_view name = "group_deps");

// The names of all collections that are not empty, sorted.
std::vector<std::string> collection_names(const GraphImpl& graph);

}  // namespace tenon
