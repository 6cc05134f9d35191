#include <fmt/format.h>

#include <algorithm>

#include "base/files.h"
#include "base/nearest_names.h"
#include "formats/meta_graph/graph_file.h"
#include "graph/graph_extra.h"
#include "graph/graph_rollback.h"
#include "graph/import_meta_graph.h"
#include "ops/shape_inference.h"
#include "saver/naming.h"
#include "saver/saver_impl.h"
#include "tenon/error.h"

namespace tenon {
namespace {

GraphFile read_meta_graph_file(const std::string& path) {
  if (!file_exists(path)) {
    throw Error(Code::NotFound, fmt::format("File does not exist. Received: {}.{}", path,
                                            nearest_phrase(base_name(path), names_in(parent_directory(path)))));
  }
  if (is_directory(path)) throw Error(Code::FailedPrecondition, fmt::format("{}; Is a directory", path));
  return read_graph_file(path, ModelFile::MetaGraph);
}

GraphFile parse(const MetaGraphDef& meta) { return parse_graph_file(meta.bytes, meta.name, ModelFile::MetaGraph); }

ImportOptions import_options(const ImportMetaGraphOptions& options) {
  ImportOptions import;
  import.prefix = options.import_scope;
  import.clear_devices = options.clear_devices;
  import.return_elements = options.return_elements;
  import.infer_shapes = infer_imported_shapes;
  import.input_map = to_edges(options.input_map);
  return import;
}

ImportedMetaGraph import(Graph& graph, const GraphFile& file, const ImportMetaGraphOptions& options) {
  return import_meta_graph_file(
      graph.impl(), file, import_options(options),
      {.unbound_inputs = options.unbound_inputs_col_name, .chosen = options.restore_collections_predicate});
}

// Whether there are variables, or saveable objects, in the scope of the import.
bool has_variables(Graph& graph, const std::string& scope) {
  if (scope.empty() && !GraphAccess::extra(graph.impl()).saveable_objects.empty()) return true;
  const auto variables = graph.global_variables();
  return std::any_of(variables.begin(), variables.end(),
                     [&](const Variable& variable) { return variable.name().starts_with(scope); });
}

Saver imported_saver(Graph& graph, const ImportedMetaGraph& imported) {
  if (imported.saver_def) return Saver(saver_from_def(graph.impl(), *imported.saver_def));
  if (has_variables(graph, imported.graph.scope)) return Saver(graph, SaverOptions{.allow_empty = true});
  return Saver(std::make_unique<SaverImpl>(graph.impl(), std::nullopt, SaverOptions{.allow_empty = true}));
}

Saver import_with_saver(Graph& graph, const GraphFile& file, const ImportMetaGraphOptions& options) {
  return naming(file.name(), [&] {
    GraphRollback rollback(graph.impl());
    Saver saver = imported_saver(graph, import(graph, file, options));
    rollback.keep();
    return saver;
  });
}

ImportedScope import_scope(Graph& graph, const GraphFile& file, const ImportMetaGraphOptions& options) {
  return naming(file.name(), [&] {
    GraphRollback rollback(graph.impl());
    const ImportedMetaGraph imported = import(graph, file, options);
    ImportedScope result{.variables = imported_variables(graph.impl(), file, imported),
                         .returned = to_elements(imported.graph.returned)};
    rollback.keep();
    return result;
  });
}

}  // namespace

Saver import_meta_graph(Graph& graph, const std::string& path, const ImportMetaGraphOptions& options) {
  return import_with_saver(graph, read_meta_graph_file(path), options);
}

Saver import_meta_graph(Graph& graph, const MetaGraphDef& meta_graph, const ImportMetaGraphOptions& options) {
  return import_with_saver(graph, parse(meta_graph), options);
}

ImportedScope import_scoped_meta_graph(Graph& graph, const std::string& path, const ImportMetaGraphOptions& options) {
  return import_scope(graph, read_meta_graph_file(path), options);
}

ImportedScope import_scoped_meta_graph(Graph& graph, const MetaGraphDef& meta_graph,
                                       const ImportMetaGraphOptions& options) {
  return import_scope(graph, parse(meta_graph), options);
}

}  // namespace tenon
