#include "graph/import_meta_graph.h"

#include <fmt/format.h>

#include "graph/graph_extra.h"
#include "graph/import_frames.h"
#include "graph/import_variables.h"
#include "graph/names.h"
#include "graph/rename_protos.h"
#include "graph/unbound_inputs.h"
#include "tenon/error.h"

namespace tenon {
namespace {

class CollectionReader {
 public:
  CollectionReader(GraphImpl& graph, const GraphFile& file, const ImportedGraph& imported,
                   const ChooseCollection& chosen)
      : graph_(graph), file_(file), imported_(imported), chosen_(chosen), rename_(imported) {}

  void take() {
    for (const auto& [name, collection] : file_.meta().collection_def()) {
      if (chosen_(name)) take_collection(name, collection);
    }
    for (const BytesList& list : file_.bytes_lists()) {
      const std::string name(list.collection);
      if (!is_variable_collection(name) && chosen_(name)) take_bytes(name, list);
    }
  }

 private:
  void take_collection(const std::string& name, const proto::CollectionDef& collection) {
    if (collection.kind_case() == proto::CollectionDef::kNodeList) {
      for (const auto& value : collection.node_list().value())
        graph_.node_collections()[name].push_back(rename_(value));
    } else if (collection.has_int64_list() || collection.has_float_list() || collection.has_any_list()) {
      GraphAccess::extra(graph_).other_collections[name].MergeFrom(collection);
    }
  }

  void take_bytes(const std::string& name, const BytesList& list) {
    for (const std::string_view item : list.items) {
      std::string value(item);
      graph_.bytes_collections()[name].push_back(imported_.renamed ? rename_.rename_item(name, value)
                                                                   : std::move(value));
    }
  }

  GraphImpl& graph_;
  const GraphFile& file_;
  const ImportedGraph& imported_;
  const ChooseCollection& chosen_;
  Renamer rename_;
};

// Signatures, assets, versions and fields that are not understood: those of the first file stay with the graph.
void keep_rest(const proto::MetaGraphDef& file, proto::MetaGraphDef& rest) {
  *rest.mutable_meta_info_def() = file.meta_info_def();
  rest.mutable_meta_info_def()->clear_stripped_op_list();
  rest.mutable_meta_info_def()->clear_stripped_default_attrs();  // the nodes have them again
  *rest.mutable_signature_def() = file.signature_def();
  *rest.mutable_asset_file_def() = file.asset_file_def();
  if (file.has_object_graph_def()) *rest.mutable_object_graph_def() = file.object_graph_def();
  rest.GetReflection()->MutableUnknownFields(&rest)->MergeFrom(file.GetReflection()->GetUnknownFields(file));
}

// A piece "w/part_0" that became "w/part_0_1" is one of another whole than the "w" that is there: of "w_1".
void rename_special(proto::VariableDef& def, const Renamer& rename, const ImportedGraph& imported) {
  const auto node_size = [&] { return def.variable_name().find(':'); };
  const std::size_t before = imported.scope.size() + node_size();
  rename.rename(def);
  if (!def.has_save_slice_info_def() || node_size() == std::string::npos || node_size() <= before) return;
  *def.mutable_save_slice_info_def()->mutable_full_name() += def.variable_name().substr(before, node_size() - before);
}

// The nodes that a SaverDef names must be in the file.
void check_saver_def(const proto::SaverDef& def, const FindNode& find) {
  const auto check = [&](const char* field, const std::string& name, bool tensor) {
    if (name.empty()) throw Error(Code::InvalidArgument, fmt::format("saver_def must specify the {}", field));
    const auto parsed = parse_output_name(name);
    const Node* node = parsed ? find(parsed->node) : nullptr;
    if (!node) {
      throw Error(Code::InvalidArgument, fmt::format("saver_def's {} is '{}', which is not in the graph", field, name));
    }
    const int index = parsed->index.value_or(0);
    if (parsed->index.has_value() == tensor && (!tensor || !node->signature || index < node->num_outputs())) return;
    throw Error(Code::InvalidArgument, fmt::format("saver_def's {} is '{}', which is no {} of the graph", field, name,
                                                   tensor ? "tensor" : "operation"));
  };
  check("save_tensor_name", def.save_tensor_name(), true);
  check("restore_op_name", def.restore_op_name(), false);
  check("filename_tensor_name", def.filename_tensor_name(), true);
}

}  // namespace

ImportedMetaGraph::ImportedMetaGraph() = default;
ImportedMetaGraph::ImportedMetaGraph(ImportedMetaGraph&&) noexcept = default;
ImportedMetaGraph& ImportedMetaGraph::operator=(ImportedMetaGraph&&) noexcept = default;
ImportedMetaGraph::~ImportedMetaGraph() = default;

ImportedMetaGraph import_meta_graph_file(GraphImpl& graph, const GraphFile& file, const ImportOptions& options,
                                         const CollectionOptions& collections) {
  const proto::MetaGraphDef& meta = file.meta();
  const bool first = graph.nodes().empty();
  const std::string& unbound = collections.unbound_inputs;
  check_unbound_inputs(unbound.empty() ? nullptr : file.find_bytes_list(unbound), options.input_map);
  const ChooseCollection chosen = [&](const std::string& name) {
    return name != collections.unbound_inputs && (!collections.chosen || collections.chosen(name));
  };
  ReadVariables variables;
  ImportOptions all = options;
  all.file_ops = &meta.meta_info_def().stripped_op_list();
  all.before_commit = [&](const FindNode& find) {
    if (meta.has_saver_def()) check_saver_def(meta.saver_def(), find);
    variables = read_variables(file, find, chosen);
    if (options.before_commit) options.before_commit(find);
  };
  ImportedMetaGraph result;
  result.graph = import_graph_file(graph, file, all);
  rename_frames(graph, result.graph);
  const Renamer rename(result.graph);
  result.first_variable = graph.variables("variables").size();
  for (auto& [collection, list] : variables.by_collection) {
    auto& known = graph.variables(collection);
    if (known.empty()) known = std::move(list);
    else known.insert(known.end(), list.begin(), list.end());
  }
  for (proto::VariableDef& def : variables.special) {
    rename_special(def, rename, result.graph);
    GraphAccess::extra(graph).variable_defs[def.variable_name()] = std::move(def);
  }
  CollectionReader(graph, file, result.graph, chosen).take();
  if (first) keep_rest(meta, GraphAccess::extra(graph).rest);
  if (meta.has_saver_def()) {
    result.saver_def = std::make_unique<proto::SaverDef>(meta.saver_def());
    rename.rename(*result.saver_def);
  }
  return result;
}

std::map<std::string, Variable> imported_variables(GraphImpl& graph, const GraphFile& file,
                                                   const ImportedMetaGraph& imported) {
  std::map<std::string, Variable> variables;
  const auto& all = graph.variables("variables");
  const BytesList* list = file.find_bytes_list("variables");
  if (all.size() == imported.first_variable || !list) return variables;
  std::size_t at = imported.first_variable;
  for (const std::string_view bytes : list->items) {
    variables.emplace(variable_name_in(bytes), all.at(at++));
  }
  return variables;
}

ImportedMetaGraph import_meta_graph_def(GraphImpl& graph, const proto::MetaGraphDef& file, const ImportOptions& options,
                                        const CollectionOptions& collections) {
  return import_meta_graph_file(graph, GraphFile::of(file), options, collections);
}

}  // namespace tenon
