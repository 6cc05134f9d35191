#include "graph/export_meta_graph.h"

#include <set>
#include <unordered_map>
#include <unordered_set>

#include "formats/message/message_io.h"
#include "formats/message/wire.h"
#include "graph/graph_extra.h"

namespace tenon {
namespace {

// TensorFlow parses this as a version when it imports variables; what follows "+" is a local label to it.
constexpr const char* kTensorFlowVersion = "2.21.0+tenon.0.1.0";

// The ops of the nodes, and of the functions that nodes are calls of, sorted.
std::set<std::string> used_ops(const GraphImpl& graph) {
  const auto& library = GraphAccess::extra(graph).library;
  std::unordered_map<std::string_view, const proto::FunctionDef*> functions;
  for (const auto& function : library.function()) functions.emplace(function.signature().name(), &function);
  std::unordered_set<std::string_view> ops;
  std::vector<const proto::FunctionDef*> open;
  const auto visit = [&](std::string_view op) {
    if (!ops.insert(op).second) return;
    if (const auto found = functions.find(op); found != functions.end()) open.push_back(found->second);
  };
  for (const auto& node : graph.nodes()) visit(node->type);
  while (!open.empty()) {
    const proto::FunctionDef* function = open.back();
    open.pop_back();
    for (const auto& node : function->node_def()) visit(node.op());
  }
  for (const auto& [name, function] : functions) ops.erase(name);
  return {ops.begin(), ops.end()};
}

void write_meta_info(const GraphImpl& graph, const MetaGraphOptions& options, proto::MetaGraphDef& result) {
  auto& info = *result.mutable_meta_info_def();
  if (info.tensorflow_version().empty()) {
    info.set_tensorflow_version(kTensorFlowVersion);
    info.set_tensorflow_git_version("unknown");
  }
  if (options.graph.strip_default_attrs) info.set_stripped_default_attrs(true);
  for (const std::string& name : used_ops(graph)) {
    if (const proto::OpDef* op = graph.find_signature(name)) *info.mutable_stripped_op_list()->add_op() = *op;
  }
}

void write_collections(const GraphImpl& graph, proto::MetaGraphDef& result) {
  auto& collections = *result.mutable_collection_def();
  auto& mutable_graph = const_cast<GraphImpl&>(graph);
  for (const auto& [name, variables] : GraphAccess::variable_collections(graph)) {
    if (variables.empty()) continue;
    auto* list = collections[name].mutable_bytes_list();
    for (const Variable& variable : variables) list->add_value(variable_bytes(graph, variable));
  }
  for (const auto& [name, values] : mutable_graph.bytes_collections()) {
    for (const auto& value : values) collections[name].mutable_bytes_list()->add_value(value);
  }
  for (const auto& [name, values] : mutable_graph.node_collections()) {
    for (const auto& value : values) collections[name].mutable_node_list()->add_value(value);
  }
  for (const auto& [name, collection] : GraphAccess::extra(graph).other_collections) collections[name] = collection;
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

std::string export_meta_graph_bytes(const GraphImpl& graph, const MetaGraphOptions& options) {
  proto::MetaGraphDef rest = GraphAccess::extra(graph).rest;
  write_meta_info(graph, options, rest);
  write_collections(graph, rest);
  if (options.saver_def) *rest.mutable_saver_def() = *options.saver_def;
  std::string bytes;
  put_bytes_field(bytes, proto::MetaGraphDef::kMetaInfoDefFieldNumber, to_binary(rest.meta_info_def()));
  rest.clear_meta_info_def();
  const GraphBytes parts = export_graph_parts(graph, options.graph);
  const std::string after = to_binary(rest);
  bytes.reserve(bytes.size() + bytes_of(parts) + after.size() + 16);
  put_tag(bytes, proto::MetaGraphDef::kGraphDefFieldNumber, WireType::Bytes);
  put_varint64(bytes, bytes_of(parts));
  for (const std::string& part : parts) bytes += part;
  bytes += after;
  check_message_size(bytes.size(), "MetaGraphDef");
  return bytes;
}

proto::MetaGraphDef export_meta_graph_def(const GraphImpl& graph, const MetaGraphOptions& options) {
  proto::MetaGraphDef result;
  parse_binary(export_meta_graph_bytes(graph, options), result);
  return result;
}

}  // namespace tenon
