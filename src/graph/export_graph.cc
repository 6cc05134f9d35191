#include "graph/export_graph.h"

#include <algorithm>
#include <atomic>
#include <charconv>

#include <fmt/format.h>
#include <google/protobuf/util/message_differencer.h>

#include "base/parallel_for.h"
#include "formats/message/message_io.h"
#include "formats/message/wire.h"
#include "formats/tensor_proto/tensor_proto.h"
#include "graph/graph_extra.h"
#include "graph/op_signatures.h"
#include "tenon/error.h"

namespace tenon {
namespace {

using proto::AttrValue;
using proto::NodeDef;

constexpr std::string_view kOutputShapes = "_output_shapes";

bool is_default(const proto::OpDef::AttrDef& def, const AttrValue& value) {
  return def.has_default_value() && google::protobuf::util::MessageDifferencer::Equals(value, def.default_value());
}

bool is_default(const proto::OpDef& op, const AttrEntry& attr) {
  if (attr.key.starts_with('_')) return false;
  for (const auto& def : op.attr()) {
    if (def.name() != attr.key) continue;
    AttrValue value;
    return parse_binary(attr.value, value) && is_default(def, value);
  }
  return false;
}

void strip_defaults(const proto::OpDef& op, NodeDef& node) {
  for (const auto& def : op.attr()) {
    const auto found = node.attr().find(def.name());
    if (found != node.attr().end() && is_default(def, found->second)) node.mutable_attr()->erase(def.name());
  }
}

// Writes nodes one after the other; keeps the memory that it needs for each.
class NodeWriter {
 public:
  explicit NodeWriter(const ExportOptions& options) : options_(options) {}

  // Appends the node as a field of a GraphDef.
  void append(const Node& node, std::string& out) {
    body_.clear();
    put_bytes_field(body_, NodeDef::kNameFieldNumber, node.name);
    put_bytes_field(body_, NodeDef::kOpFieldNumber, node.type);
    for (const Edge& edge : node.inputs) put_input(edge);
    for (const Node* control : node.control_inputs) put_input("^", control->name, "");
    if (!node.device().empty() && !options_.clear_devices) {
      put_bytes_field(body_, NodeDef::kDeviceFieldNumber, node.device());
    }
    put_attrs(node);
    body_ += node.other_fields.str();
    put_bytes_field(out, proto::GraphDef::kNodeFieldNumber, body_);
  }

 private:
  void put_input(std::string_view before, std::string_view name, std::string_view after) {
    begin_bytes_field(body_, NodeDef::kInputFieldNumber, before.size() + name.size() + after.size());
    body_.append(before).append(name).append(after);
  }

  void put_input(const Edge& edge) {
    char text[16] = ":";
    const char* end = text;
    if (edge.index != 0) end = std::to_chars(text + 1, text + sizeof text, edge.index).ptr;
    put_input("", edge.node->name, {text, static_cast<std::size_t>(end - text)});
  }

  void put_attrs(const Node& node) {
    bool shapes = options_.add_shapes && node.num_outputs() > 0;
    node.attrs.for_each([&](const AttrEntry& attr) {
      if (shapes && attr.key > kOutputShapes) {
        put_output_shapes(node);
        shapes = false;
      }
      if (options_.strip_default_attrs && node.signature && is_default(*node.signature, attr)) return;
      body_ += attr.whole;
    });
    if (shapes) put_output_shapes(node);
  }

  void put_output_shapes(const Node& node) {
    list_.clear();
    for (int i = 0; i < node.num_outputs(); ++i) {
      shape_.clear();
      const bool known = i < static_cast<int>(node.output_shapes.size());
      append_shape(known ? node.output_shapes[i] : PartialShape::unknown(), shape_);
      put_bytes_field(list_, AttrValue::ListValue::kShapeFieldNumber, shape_);
    }
    value_.clear();
    put_bytes_field(value_, AttrValue::kListFieldNumber, list_);
    put_attr_entry(body_, kOutputShapes, value_);
  }

  const ExportOptions& options_;
  std::string body_, value_, list_, shape_;
};

// Functions, versions and fields that are not understood.
std::string rest_bytes(const GraphImpl& graph, const ExportOptions& options) {
  const auto& extra = GraphAccess::extra(graph);
  proto::GraphDef rest = extra.graph_fields;
  *rest.mutable_versions() = extra.versions;
  if (extra.library.ByteSizeLong() == 0) return to_binary(rest);
  *rest.mutable_library() = extra.library;
  if (options.strip_default_attrs) {
    for (auto& function : *rest.mutable_library()->mutable_function()) {
      for (auto& node : *function.mutable_node_def()) {
        if (const auto* op = find_op_def(node.op())) strip_defaults(*op, node);
      }
    }
  }
  return to_binary(rest);
}

std::size_t attr_bytes(const Node& node) {
  std::size_t size = 0;
  node.attrs.for_each([&](const AttrEntry& attr) { size += attr.whole.size(); });
  return size;
}

[[noreturn]] void refuse_size(const GraphImpl& graph, std::size_t most) {
  constexpr std::size_t kNamed = 3;
  std::vector<std::pair<std::size_t, const Node*>> largest;
  for (const auto& node : graph.nodes()) {
    largest.emplace_back(attr_bytes(*node), node.get());
    std::sort(largest.begin(), largest.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    if (largest.size() > kNamed) largest.pop_back();
  }
  std::string names;
  for (const auto& [size, node] : largest) {
    names += fmt::format("{}'{}' ({}, {} bytes)", names.empty() ? "" : ", ", node->name, node->type, size);
  }
  throw Error(
      Code::InvalidArgument,
      fmt::format("GraphDef cannot be larger than 2GB: this one has more than {} bytes, and no reader takes them. "
                  "Its largest nodes: {}. Values of that size belong into variables, which checkpoints hold",
                  most, names));
}

}  // namespace

GraphBytes export_graph_parts(const GraphImpl& graph, const ExportOptions& options) {
  constexpr std::size_t kNodesOfAPart = 2048, kBytesOfANode = 192;  // about
  const auto& nodes = graph.nodes();
  GraphBytes parts((nodes.size() + kNodesOfAPart - 1) / kNodesOfAPart);
  std::atomic<std::size_t> written = 0;
  parallel_tasks(parts.size(), [&, writer = NodeWriter(options)](std::size_t part) mutable {
    const std::size_t end = std::min(nodes.size(), (part + 1) * kNodesOfAPart);
    parts[part].reserve(kBytesOfANode * (end - part * kNodesOfAPart));
    for (std::size_t i = part * kNodesOfAPart; i < end; ++i) {
      writer.append(*nodes[i], parts[part]);
      if (written + parts[part].size() > options.most_bytes) refuse_size(graph, options.most_bytes);
    }
    written += parts[part].size();
  });
  parts.push_back(rest_bytes(graph, options));
  check_message_size(bytes_of(parts), "GraphDef");
  return parts;
}

std::size_t bytes_of(const GraphBytes& parts) {
  std::size_t bytes = 0;
  for (const std::string& part : parts) bytes += part.size();
  return bytes;
}

std::string joined(const GraphBytes& parts) {
  std::string bytes;
  bytes.reserve(bytes_of(parts));
  for (const std::string& part : parts) bytes += part;
  return bytes;
}

std::string export_graph_bytes(const GraphImpl& graph, const ExportOptions& options) {
  return joined(export_graph_parts(graph, options));
}

proto::GraphDef export_graph_def(const GraphImpl& graph, const ExportOptions& options) {
  proto::GraphDef result;
  parse_binary(export_graph_bytes(graph, options), result);
  return result;
}

}  // namespace tenon
