#include "graph/import_meta_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_set>

#include "graph/graph_extra.h"
#include "graph/names.h"
#include "graph/rename_protos.h"
#include "tenon/error.h"

namespace tenon {
namespace {

constexpr std::array<std::string_view, 9> kVariableCollections = {
    "variables",       "trainable_variables",      "local_variables",        "model_variables",              "metric_variables",
    "global_step",     "moving_average_variables", "concatenated_variables", "trainable_resource_variables"};

// "1.8.0-rc1" is before 1.9; nothing and nonsense are not.
bool is_before_1_9(const std::string& version) {
  int major = 0, minor = 0;
  const char* end = version.data() + version.size();
  const auto first = std::from_chars(version.data(), end, major);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '.') return false;
  if (std::from_chars(first.ptr + 1, end, minor).ec != std::errc()) return false;
  return major == 0 || (major == 1 && minor < 9);
}

// Everything that could be wrong with the variables is found before the graph changes.
void check_variables(const proto::MetaGraphDef& file) {
  std::unordered_set<std::string_view> nodes;
  for (const auto& node : file.graph_def().node()) nodes.insert(node.name());
  for (const auto& [name, collection] : file.collection_def()) {
    if (!is_variable_collection(name)) continue;
    for (int i = 0; i < collection.bytes_list().value_size(); ++i) {
      proto::VariableDef def;
      if (!def.ParseFromString(collection.bytes_list().value(i))) {
        throw Error(Code::InvalidArgument, fmt::format("collection {}: item {} is no VariableDef", name, i));
      }
      const auto check = [&, &name = name](const std::string& value, bool needed) {
        if (value.empty() && !needed) return;
        const auto parsed = parse_output_name(value);
        if (parsed && nodes.contains(parsed->node)) return;
        throw Error(Code::InvalidArgument,
                    fmt::format("collection {}: variable {} names '{}', which is not in the graph", name,
                                def.variable_name(), value));
      };
      check(def.variable_name(), true);
      check(def.initializer_name(), false);
      check(def.snapshot_name(), false);
      check(def.initial_value_name(), false);
    }
  }
}

class CollectionReader {
 public:
  CollectionReader(GraphImpl& graph, const proto::MetaGraphDef& file, const ImportedGraph& imported)
      : graph_(graph), file_(file), imported_(imported), rename_(imported.names, imported.scope) {}

  void take() {
    for (const auto& [name, collection] : file_.collection_def()) take_collection(name, collection);
  }

 private:
  void take_variables(const std::string& collection, const proto::CollectionDef::BytesList& list) {
    const bool old = is_before_1_9(file_.meta_info_def().tensorflow_version());
    auto& known = graph_.variables(collection);
    for (const auto& bytes : list.value()) {
      proto::VariableDef def;
      def.ParseFromString(bytes);
      // Old files do not say which variables are trained, except by this collection.
      if (old) def.set_trainable(is_trainable(def.variable_name()));
      rename_.rename(def);
      known.push_back(to_variable(def));
      GraphAccess::extra(graph_).variable_defs[def.variable_name()] = def;
    }
  }

  bool is_trainable(const std::string& variable) const {
    const auto found = file_.collection_def().find("trainable_variables");
    if (found == file_.collection_def().end()) return false;
    for (const auto& bytes : found->second.bytes_list().value()) {
      proto::VariableDef def;
      if (def.ParseFromString(bytes) && def.variable_name() == variable) return true;
    }
    return false;
  }

  Edge edge(const std::string& name) const {
    const auto parsed = parse_output_name(name);
    return {graph_.find(parsed->node), parsed->index.value_or(0)};
  }

  Variable to_variable(const proto::VariableDef& def) const {
    Variable variable;
    variable.handle = to_output(edge(def.variable_name()));
    if (!def.initializer_name().empty()) {
      variable.initializer = to_operation(edge(def.initializer_name()).node);
    }
    variable.snapshot =
        def.snapshot_name().empty() ? variable.handle : to_output(edge(def.snapshot_name()));
    if (!def.initial_value_name().empty()) {
      variable.initial_value = to_output(edge(def.initial_value_name()));
    }
    variable.trainable = def.trainable();
    variable.is_resource = def.is_resource();
    return variable;
  }

  void take_collection(const std::string& name, const proto::CollectionDef& collection) {
    if (collection.kind_case() == proto::CollectionDef::kNodeList) {
      for (const auto& value : collection.node_list().value()) graph_.node_collections()[name].push_back(rename_(value));
    } else if (collection.kind_case() == proto::CollectionDef::kBytesList) {
      if (is_variable_collection(name)) return take_variables(name, collection.bytes_list());
      for (const auto& value : collection.bytes_list().value()) {
        graph_.bytes_collections()[name].push_back(imported_.renamed ? rename_.rename_item(name, value) : value);
      }
    } else {
      GraphAccess::extra(graph_).other_collections[name].MergeFrom(collection);
    }
  }

  GraphImpl& graph_;
  const proto::MetaGraphDef& file_;
  const ImportedGraph& imported_;
  Renamer rename_;
};

// Signatures, assets, versions and fields that are not understood: those of the first file stay with the graph.
void keep_rest(const proto::MetaGraphDef& file, proto::MetaGraphDef& rest) {
  *rest.mutable_meta_info_def() = file.meta_info_def();
  rest.mutable_meta_info_def()->clear_stripped_op_list();
  *rest.mutable_signature_def() = file.signature_def();
  *rest.mutable_asset_file_def() = file.asset_file_def();
  rest.GetReflection()->MutableUnknownFields(&rest)->MergeFrom(file.GetReflection()->GetUnknownFields(file));
}

}  // namespace

ImportedMetaGraph::ImportedMetaGraph() = default;
ImportedMetaGraph::ImportedMetaGraph(ImportedMetaGraph&&) noexcept = default;
ImportedMetaGraph& ImportedMetaGraph::operator=(ImportedMetaGraph&&) noexcept = default;
ImportedMetaGraph::~ImportedMetaGraph() = default;

bool is_variable_collection(const std::string& name) {
  return std::find(kVariableCollections.begin(), kVariableCollections.end(), name) != kVariableCollections.end();
}

ImportedMetaGraph import_meta_graph_def(GraphImpl& graph, const proto::MetaGraphDef& file, const ImportOptions& options) {
  const bool first = graph.nodes().empty();
  ImportOptions with_ops = options;
  with_ops.file_ops = &file.meta_info_def().stripped_op_list();
  ImportedMetaGraph result;
  check_variables(file);
  result.graph = import_graph_def(graph, file.graph_def(), with_ops);
  CollectionReader(graph, file, result.graph).take();
  if (first) keep_rest(file, GraphAccess::extra(graph).rest);
  if (file.has_saver_def()) {
    result.saver_def = std::make_unique<proto::SaverDef>(file.saver_def());
    Renamer(result.graph.names, result.graph.scope).rename(*result.saver_def);
  }
  return result;
}

}  // namespace tenon
