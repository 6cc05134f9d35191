#include "graph/export_meta_graph.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <set>
#include <unordered_map>

#include "graph/graph_extra.h"

namespace tenon {
namespace {

// TensorFlow parses this as a version when it imports variables; what follows "+" is a local label to it.
constexpr const char* kTensorFlowVersion = "2.21.0+tenon.0.1.0";

std::string to_bytes(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

// The ops of the nodes, and of the functions that nodes are calls of, sorted.
std::set<std::string> used_ops(const proto::GraphDef& graph) {
  std::unordered_map<std::string_view, const proto::FunctionDef*> functions;
  for (const auto& function : graph.library().function()) functions.emplace(function.signature().name(), &function);
  std::set<std::string> ops;
  std::vector<const proto::FunctionDef*> open;
  const auto visit = [&](const auto& nodes) {
    for (const auto& node : nodes) {
      if (!ops.insert(node.op()).second) continue;
      if (const auto found = functions.find(node.op()); found != functions.end()) open.push_back(found->second);
    }
  };
  visit(graph.node());
  while (!open.empty()) {
    const proto::FunctionDef* function = open.back();
    open.pop_back();
    visit(function->node_def());
  }
  for (const auto& [name, function] : functions) ops.erase(std::string(name));
  return ops;
}

void write_meta_info(const GraphImpl& graph, const MetaGraphOptions& options, proto::MetaGraphDef& result) {
  auto& info = *result.mutable_meta_info_def();
  if (info.tensorflow_version().empty()) {
    info.set_tensorflow_version(kTensorFlowVersion);
    info.set_tensorflow_git_version("unknown");
  }
  if (options.graph.strip_default_attrs) info.set_stripped_default_attrs(true);
  for (const std::string& name : used_ops(result.graph_def())) {
    if (const proto::OpDef* op = graph.find_signature(name)) *info.mutable_stripped_op_list()->add_op() = *op;
  }
}

void write_collections(const GraphImpl& graph, proto::MetaGraphDef& result) {
  auto& collections = *result.mutable_collection_def();
  auto& mutable_graph = const_cast<GraphImpl&>(graph);
  for (const auto& [name, variables] : GraphAccess::variable_collections(graph)) {
    if (variables.empty()) continue;
    auto* list = collections[name].mutable_bytes_list();
    for (const Variable& variable : variables) list->add_value(to_bytes(variable_to_proto(graph, variable)));
  }
  for (const auto& [name, values] : mutable_graph.bytes_collections()) {
    for (const auto& value : values) collections[name].mutable_bytes_list()->add_value(value);
  }
  for (const auto& [name, values] : mutable_graph.node_collections()) {
    for (const auto& value : values) collections[name].mutable_node_list()->add_value(value);
  }
  for (const auto& [name, collection] : GraphAccess::extra(graph).other_collections) collections[name] = collection;
}

}  // namespace

proto::VariableDef variable_to_proto(const GraphImpl& graph, const Variable& variable) {
  const auto& defs = GraphAccess::extra(graph).variable_defs;
  if (const auto found = defs.find(variable.name()); found != defs.end()) return found->second;
  proto::VariableDef def;
  def.set_variable_name(variable.name());
  if (variable.initializer.bound()) def.set_initializer_name(variable.initializer.name());
  if (variable.snapshot.bound()) def.set_snapshot_name(variable.snapshot.name());
  if (variable.initial_value.bound()) def.set_initial_value_name(variable.initial_value.name());
  def.set_is_resource(variable.is_resource);
  def.set_trainable(variable.trainable);
  return def;
}

proto::MetaGraphDef export_meta_graph_def(const GraphImpl& graph, const MetaGraphOptions& options) {
  proto::MetaGraphDef result = GraphAccess::extra(graph).rest;
  *result.mutable_graph_def() = export_graph_def(graph, options.graph);
  write_meta_info(graph, options, result);
  write_collections(graph, result);
  if (options.saver_def) *result.mutable_saver_def() = *options.saver_def;
  return result;
}

}  // namespace tenon
