#include "graph/export_meta_graph.h"

#include <algorithm>
#include <deque>
#include <mutex>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "base/parallel_for.h"
#include "formats/message/message_io.h"
#include "formats/message/wire.h"
#include "graph/export_part.h"
#include "graph/graph_extra.h"
#include "graph/names.h"

namespace tenon {
namespace {

// TensorFlow parses this as a version when it imports variables; what follows "+" is a local label to it.
constexpr const char* kTensorFlowVersion = "2.21.0+tenon.0.1.0";

// The ops that nodes are, and those of the functions that they call, sorted.
class UsedOps {
 public:
  explicit UsedOps(const proto::FunctionDefLibrary& library) {
    for (const auto& function : library.function()) functions_.emplace(function.signature().name(), &function);
  }

  void visit(std::string_view op) {
    if (!ops_.insert(op).second) return;
    if (const auto found = functions_.find(op); found != functions_.end()) open_.push_back(found->second);
  }

  void visit(const proto::NodeDef& node) {
    visit(node.op());
    if (!is_call(node.op())) return;
    if (const auto found = node.attr().find("f"); found != node.attr().end()) visit(found->second.func().name());
  }

  static bool is_call(std::string_view op) { return op == "PartitionedCall" || op == "StatefulPartitionedCall"; }

  std::set<std::string> take() {
    while (!open_.empty()) {
      const proto::FunctionDef* function = open_.back();
      open_.pop_back();
      for (const auto& node : function->node_def()) visit(node);
    }
    for (const auto& [name, function] : functions_) ops_.erase(name);
    return {ops_.begin(), ops_.end()};
  }

 private:
  std::unordered_map<std::string_view, const proto::FunctionDef*> functions_;
  std::unordered_set<std::string_view> ops_;
  std::vector<const proto::FunctionDef*> open_;
};

// One node of each op, and all calls.
std::vector<const Node*> examples(const GraphImpl& graph) {
  constexpr std::int64_t kNodesOfAThread = 8192;
  std::vector<const Node*> found;
  std::mutex mutex;
  parallel_for(static_cast<std::int64_t>(graph.nodes().size()), kNodesOfAThread,
               [&](std::int64_t begin, std::int64_t end) {
                 std::unordered_map<const proto::OpDef*, bool> is_call;
                 std::vector<const Node*> here;
                 for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
                   const Node& node = *graph.nodes()[i];
                   const auto [op, added] = is_call.try_emplace(node.signature);
                   if (added) op->second = UsedOps::is_call(node.type);
                   if (added || op->second) here.push_back(&node);
                 }
                 const std::lock_guard lock(mutex);
                 found.insert(found.end(), here.begin(), here.end());
               });
  return found;
}

std::set<std::string> used_ops(const GraphImpl& graph) {
  UsedOps ops(GraphAccess::extra(graph).library);
  std::deque<proto::AttrValue> called;
  for (const Node* node : examples(graph)) {
    ops.visit(node->type);
    const auto function = UsedOps::is_call(node->type) ? node->attrs.find("f") : std::nullopt;
    if (function && parse_binary(*function, called.emplace_back())) ops.visit(called.back().func().name());
  }
  return ops.take();
}

std::set<std::string> used_ops(const proto::GraphDef& graph) {
  UsedOps ops(graph.library());
  for (const auto& node : graph.node()) ops.visit(node);
  return ops.take();
}

void write_op_list(const GraphImpl& graph, const std::set<std::string>& used, proto::OpList& list) {
  list.Clear();
  for (const std::string& name : used) {
    if (const proto::OpDef* op = graph.find_signature(name)) *list.add_op() = *op;
  }
}

void write_meta_info(const GraphImpl& graph, const MetaGraphOptions& options, proto::MetaGraphDef& result) {
  auto& info = *result.mutable_meta_info_def();
  if (info.tensorflow_version().empty()) {
    info.set_tensorflow_version(kTensorFlowVersion);
    info.set_tensorflow_git_version("unknown");
  }
  if (options.graph.strip_default_attrs) info.set_stripped_default_attrs(true);
  write_op_list(graph, used_ops(graph), *info.mutable_stripped_op_list());
}

// What TensorFlow can find in the graph: it refuses a meta graph with other names. Of saveable objects there are names
// that are none of nodes.
bool is_in(const GraphImpl& graph, std::string_view name) {
  const auto parsed = parse_output_name(name);
  return parsed && graph.find(parsed->node);
}

void write_collections(const GraphImpl& graph, const MetaGraphOptions& options, proto::MetaGraphDef& result) {
  auto& collections = *result.mutable_collection_def();
  auto& mutable_graph = const_cast<GraphImpl&>(graph);
  const auto& chosen = options.collection_list;
  const auto wanted = [&](const std::string& name, bool empty) {
    return !empty && (!chosen || std::find(chosen->begin(), chosen->end(), name) != chosen->end());
  };
  for (const auto& [name, variables] : GraphAccess::variable_collections(graph)) {
    if (!wanted(name, variables.empty())) continue;
    constexpr std::int64_t kVariablesOfAThread = 1024;
    auto& list = *collections[name].mutable_bytes_list()->mutable_value();
    list.Reserve(static_cast<int>(variables.size()));
    for (std::size_t i = 0; i < variables.size(); ++i) list.Add();
    parallel_for(list.size(), kVariablesOfAThread, [&, &all = variables](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        *list.Mutable(static_cast<int>(i)) = variable_bytes(graph, all[static_cast<std::size_t>(i)]);
      }
    });
  }
  for (const auto& [name, values] : mutable_graph.bytes_collections()) {
    if (!wanted(name, values.empty())) continue;
    for (const auto& value : values) collections[name].mutable_bytes_list()->add_value(value);
  }
  for (const auto& [name, values] : mutable_graph.node_collections()) {
    for (const auto& value : values) {
      if (wanted(name, name == "saveable_objects" && !is_in(graph, value))) {
        collections[name].mutable_node_list()->add_value(value);
      }
    }
  }
  for (const auto& [name, collection] : GraphAccess::extra(graph).other_collections) {
    if (wanted(name, false)) collections[name] = collection;
  }
}

GraphBytes whole_bytes(const GraphImpl& graph, const MetaGraphOptions& options) {
  proto::MetaGraphDef rest = GraphAccess::extra(graph).rest;
  write_meta_info(graph, options, rest);
  write_collections(graph, options, rest);
  if (options.saver_def) *rest.mutable_saver_def() = *options.saver_def;
  GraphBytes parts = export_graph_parts(graph, options.graph);
  std::string before;
  put_bytes_field(before, proto::MetaGraphDef::kMetaInfoDefFieldNumber, to_binary(rest.meta_info_def()));
  rest.clear_meta_info_def();
  put_tag(before, proto::MetaGraphDef::kGraphDefFieldNumber, WireType::Bytes);
  put_varint64(before, bytes_of(parts));
  parts.insert(parts.begin(), std::move(before));
  parts.push_back(to_binary(rest));
  check_message_size(bytes_of(parts), "MetaGraphDef");
  return parts;
}

void put_name(std::string& bytes, int field, const Output& output) {
  const std::string& node = output.op().name();
  const std::string index = std::to_string(output.index());
  put_tag(bytes, field, WireType::Bytes);
  put_varint64(bytes, node.size() + 1 + index.size());
  bytes.append(node).append(1, ':').append(index);
}

}  // namespace

proto::VariableDef variable_to_proto(const GraphImpl& graph, const Variable& variable) {
  proto::VariableDef def;
  parse_binary(variable_bytes(graph, variable), def);
  return def;
}

std::string variable_bytes(const GraphImpl& graph, const Variable& variable) {
  using Def = proto::VariableDef;
  const auto& defs = GraphAccess::extra(graph).variable_defs;
  if (!defs.empty()) {
    if (const auto found = defs.find(variable.name()); found != defs.end()) return to_binary(found->second);
  }
  std::string bytes;
  bytes.reserve(128);
  put_name(bytes, Def::kVariableNameFieldNumber, variable.handle);
  if (variable.initializer.bound()) {
    put_bytes_field(bytes, Def::kInitializerNameFieldNumber, variable.initializer.name());
  }
  if (variable.snapshot.bound()) put_name(bytes, Def::kSnapshotNameFieldNumber, variable.snapshot);
  if (variable.is_resource) put_varint_field(bytes, Def::kIsResourceFieldNumber, 1);
  if (variable.initial_value.bound()) put_name(bytes, Def::kInitialValueNameFieldNumber, variable.initial_value);
  if (variable.trainable) put_varint_field(bytes, Def::kTrainableFieldNumber, 1);
  return bytes;
}

GraphBytes export_meta_graph_parts(const GraphImpl& graph, const MetaGraphOptions& options) {
  if (exports_part(options)) return {to_binary(export_meta_graph_def(graph, options))};
  return whole_bytes(graph, options);
}

proto::MetaGraphDef export_meta_graph_def(const GraphImpl& graph, const MetaGraphOptions& options) {
  proto::MetaGraphDef result;
  parse_binary(joined(whole_bytes(graph, options)), result);
  if (!exports_part(options)) return result;
  take_part(result, options);
  write_op_list(graph, used_ops(result.graph_def()), *result.mutable_meta_info_def()->mutable_stripped_op_list());
  return result;
}

}  // namespace tenon
