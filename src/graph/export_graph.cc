#include "graph/export_graph.h"

#include <fmt/format.h>
#include <google/protobuf/util/message_differencer.h>

#include "formats/tensor_proto/tensor_proto.h"
#include "graph/graph_extra.h"
#include "graph/op_signatures.h"

namespace tenon {
namespace {

void strip_defaults(const proto::OpDef& op, proto::NodeDef& node) {
  for (const auto& def : op.attr()) {
    if (!def.has_default_value() || def.name().starts_with('_')) continue;
    const auto found = node.attr().find(def.name());
    if (found == node.attr().end()) continue;
    if (google::protobuf::util::MessageDifferencer::Equals(found->second, def.default_value())) {
      node.mutable_attr()->erase(def.name());
    }
  }
}

void write_output_shapes(const Node& node, const ExportOptions& options, proto::NodeDef& result) {
  auto* list = (*result.mutable_attr())["_output_shapes"].mutable_list();
  for (int i = 0; i < node.num_outputs(); ++i) {
    partial_shape_to_proto(options.output_shape({const_cast<Node*>(&node), i}), list->add_shape());
  }
}

}  // namespace

proto::NodeDef export_node(const Node& node, const ExportOptions& options) {
  proto::NodeDef result = *node.def;
  result.set_name(node.name);
  result.set_op(node.type);
  result.clear_input();
  for (const Edge& edge : node.inputs) {
    result.add_input(edge.index == 0 ? edge.node->name : fmt::format("{}:{}", edge.node->name, edge.index));
  }
  for (const Node* control : node.control_inputs) result.add_input("^" + control->name);
  if (options.clear_devices) result.clear_device();
  if (options.strip_default_attrs && node.signature) strip_defaults(*node.signature, result);
  if (options.output_shape && node.num_outputs() > 0) write_output_shapes(node, options, result);
  return result;
}

proto::GraphDef export_graph_def(const GraphImpl& graph, const ExportOptions& options) {
  const auto& extra = GraphAccess::extra(graph);
  proto::GraphDef result = extra.graph_fields;
  for (const auto& node : graph.nodes()) *result.add_node() = export_node(*node, options);
  *result.mutable_versions() = extra.versions;
  if (extra.library.ByteSizeLong() == 0) return result;
  *result.mutable_library() = extra.library;
  if (!options.strip_default_attrs) return result;
  for (auto& function : *result.mutable_library()->mutable_function()) {
    for (auto& node : *function.mutable_node_def()) {
      if (const auto* op = find_op_def(node.op())) strip_defaults(*op, node);
    }
  }
  return result;
}

}  // namespace tenon
