#include "graph/export_meta_graph.h"

#include <deque>
#include <iterator>
#include <mutex>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "base/parallel_for.h"
#include "formats/message/message_io.h"
#include "formats/message/wire.h"
#include "graph/export_collections.h"
#include "graph/export_part.h"
#include "graph/graph_extra.h"

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

void put_field(std::string& out, int field, const google::protobuf::Message& message) {
  put_bytes_field(out, field, to_binary(message));
}

GraphBytes whole_bytes(const GraphImpl& graph, const MetaGraphOptions& options) {
  using Meta = proto::MetaGraphDef;
  Meta rest = GraphAccess::extra(graph).rest;
  write_meta_info(graph, options, rest);
  if (options.saver_def) *rest.mutable_saver_def() = *options.saver_def;
  GraphBytes collections = collection_parts(graph, options.collection_list);
  GraphBytes parts = export_graph_parts(graph, options.graph);
  std::string before;
  put_field(before, Meta::kMetaInfoDefFieldNumber, rest.meta_info_def());
  begin_bytes_field(before, Meta::kGraphDefFieldNumber, bytes_of(parts));
  parts.insert(parts.begin(), std::move(before));
  if (rest.has_saver_def()) put_field(parts.emplace_back(), Meta::kSaverDefFieldNumber, rest.saver_def());
  std::move(collections.begin(), collections.end(), std::back_inserter(parts));
  rest.clear_meta_info_def();
  rest.clear_saver_def();
  parts.push_back(to_binary(rest));
  check_message_size(bytes_of(parts), "MetaGraphDef");
  return parts;
}

}  // namespace

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
