#include "graph/group.h"

#include <map>
#include <set>

#include "graph/graph_extra.h"

namespace tenon {
namespace {

Node* no_op_after(GraphImpl& graph, const std::vector<Node*>& nodes, const std::string& name,
                  const std::string& device) {
  const Scope after = graph.control_dependencies(nodes);
  const Scope placed = graph.device(device);
  return graph.add({.type = "NoOp", .name = name});
}

}  // namespace

Node* group(GraphImpl& graph, const std::vector<Node*>& nodes, std::string_view name) {
  const Scope scope = graph.name_scope(name);
  if (nodes.empty()) return graph.add({.type = "NoOp", .name = scope.name()});
  std::map<std::string, std::vector<Node*>> by_device;
  for (Node* node : nodes) by_device[node->device()].push_back(node);
  if (by_device.size() == 1) return no_op_after(graph, nodes, scope.name(), by_device.begin()->first);
  std::vector<Node*> parts;
  for (const auto& [device, group] : by_device) parts.push_back(no_op_after(graph, group, "NoOp", device));
  const Scope after = graph.control_dependencies(parts);
  return graph.add({.type = "NoOp", .name = scope.name()});
}

std::vector<std::string> collection_names(const GraphImpl& graph) {
  std::set<std::string> names;
  const auto collect = [&](const auto& collections) {
    for (const auto& [name, values] : collections) {
      if (!values.empty()) names.insert(name);
    }
  };
  collect(graph.bytes_collections());
  collect(graph.node_collections());
  collect(GraphAccess::variable_collections(graph));
  for (const auto& [name, value] : GraphAccess::extra(graph).other_collections) names.insert(name);
  return {names.begin(), names.end()};
}

}  // namespace tenon
