#include <fmt/format.h>

#include <filesystem>

#include "base/files.h"
#include "formats/meta_graph/meta_graph.h"
#include "graph/export_meta_graph.h"
#include "graph/export_part.h"
#include "graph/rename_protos.h"
#include "saver/meta_graph_files.h"
#include "saver/saver_impl.h"
#include "tenon/error.h"

namespace tenon {
namespace {

MetaGraphOptions export_options(const ExportMetaGraphOptions& options, const proto::SaverDef* saver_def) {
  MetaGraphOptions result;
  result.graph.add_shapes = true;
  result.graph.clear_devices = options.clear_devices;
  result.graph.strip_default_attrs = options.strip_default_attrs;
  result.saver_def = saver_def;
  result.collection_list = options.collection_list;
  result.export_scope = options.export_scope;
  result.clear_extraneous_savers = options.clear_extraneous_savers;
  result.unbound_inputs = options.unbound_inputs_col_name;
  return result;
}

// "dir/model.debug" for "dir/model.meta".
std::string debug_file(const std::string& path) {
  return std::filesystem::path(path).replace_extension(".debug").string();
}

std::map<std::string, Variable> variables_in(const Graph& graph, const std::string& export_scope) {
  const Renamer strip =
      Renamer::without_scope(std::string_view(export_scope).substr(0, export_scope.find_last_not_of('/') + 1));
  std::map<std::string, Variable> variables;
  for (const Variable& variable : graph.global_variables()) {
    if (in_export_scope(variable.name(), export_scope)) variables.emplace(strip(variable.name()), variable);
  }
  return variables;
}

}  // namespace

GraphBytes meta_graph_parts(const GraphImpl& graph, const proto::SaverDef* saver_def,
                            const ExportMetaGraphOptions& options) {
  const MetaGraphOptions all = export_options(options, saver_def);
  if (options.as_text) return {meta_graph_bytes(export_meta_graph_def(graph, all), true)};
  return export_meta_graph_parts(graph, all);
}

void write_meta_graph_file(const std::string& path, const GraphImpl& graph, const proto::SaverDef* saver_def,
                           const ExportMetaGraphOptions& options) {
  write_file_atomic(path, meta_graph_parts(graph, saver_def, options));
  // A GraphDebugInfo without stacks.
  if (options.save_debug_info) write_file_atomic(debug_file(path), "");
}

void Saver::export_meta_graph(const std::string& path, const ExportMetaGraphOptions& options) const {
  write_meta_graph_file(path, impl_->graph(), impl_->def(), options);
}

MetaGraphDef Saver::export_meta_graph(const ExportMetaGraphOptions& options) const {
  return {.bytes = joined(meta_graph_parts(impl_->graph(), impl_->def(), options))};
}

void export_meta_graph(const Graph& graph, const std::string& path, const ExportMetaGraphOptions& options) {
  write_meta_graph_file(path, graph.impl(), nullptr, options);
}

MetaGraphDef export_meta_graph(const Graph& graph, const ExportMetaGraphOptions& options) {
  return {.bytes = joined(meta_graph_parts(graph.impl(), nullptr, options))};
}

ExportedScope export_scoped_meta_graph(const Graph& graph, const ExportMetaGraphOptions& options) {
  return {.meta_graph = export_meta_graph(graph, options), .variables = variables_in(graph, options.export_scope)};
}

std::map<std::string, Variable> copy_scoped_meta_graph(const std::string& from_scope, const std::string& to_scope,
                                                       const Graph& from_graph, Graph& to_graph) {
  if (&from_graph.impl() == &to_graph.impl() && from_scope == to_scope) {
    throw Error(Code::InvalidArgument,
                fmt::format("'from_scope' and 'to_scope' need to be different when performing copy in "
                            "the same graph. Both are '{}'",
                            from_scope));
  }
  MetaGraphDef meta = export_meta_graph(from_graph, ExportMetaGraphOptions{.export_scope = from_scope});
  meta.name = fmt::format("copy of the scope '{}'", from_scope);
  return import_scoped_meta_graph(to_graph, meta, {.import_scope = to_scope}).variables;
}

std::string write_graph(const Graph& graph, const std::string& directory, const std::string& name, bool as_text) {
  if (!directory.empty()) make_directories(directory);
  const std::string path = (std::filesystem::path(directory) / name).string();
  const GraphImpl& impl = graph.impl();
  write_file_atomic(path, as_text ? graph_def_bytes(export_graph_def(impl), true) : export_graph_bytes(impl));
  return path;
}

}  // namespace tenon
