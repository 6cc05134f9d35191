#include "tenon/saver.h"

#include <fmt/format.h>

#include "formats/meta_graph/meta_graph.h"
#include "graph/export_meta_graph.h"
#include "graph/import_meta_graph.h"
#include "saver/checkpoint_files.h"
#include "saver/saver_graph.h"
#include "saver/saver_impl.h"
#include "tenon/error.h"

namespace tenon {
namespace {

std::unique_ptr<SaverImpl> make_saver(GraphImpl& graph, const std::vector<Saveable>& saveables, SaverOptions options) {
  if (options.max_to_keep < 0) {
    throw Error(Code::InvalidArgument, fmt::format("max_to_keep is {}; it must not be negative", options.max_to_keep));
  }
  std::optional<proto::SaverDef> def;
  if (!saveables.empty()) def = add_saver_nodes(graph, saveables, options);
  else if (!options.allow_empty) throw Error(Code::InvalidArgument, "No variables to save");
  return std::make_unique<SaverImpl>(graph, std::move(def), std::move(options));
}

// The Saver that a file describes.
std::unique_ptr<SaverImpl> saver_from_def(GraphImpl& graph, const proto::SaverDef& def) {
  SaverOptions options;
  options.max_to_keep = std::max(def.max_to_keep(), 0);
  options.keep_checkpoint_every_n_hours = def.keep_checkpoint_every_n_hours();
  options.sharded = def.sharded();
  options.v1_format = def.version() == proto::SaverDef::V1 || def.version() == proto::SaverDef::LEGACY;
  return std::make_unique<SaverImpl>(graph, def, std::move(options));
}

// Before the graph is changed: the nodes that a SaverDef names must be there.
void check_saver_def(const proto::MetaGraphDef& file, const std::string& path) {
  if (!file.has_saver_def()) return;
  const auto check = [&](const char* field, const std::string& name) {
    if (name.empty()) {
      throw Error(Code::InvalidArgument, fmt::format("{}: saver_def must specify the {}", path, field));
    }
    const std::string node = name.substr(0, name.find(':'));
    for (const auto& def : file.graph_def().node()) {
      if (def.name() == node) return;
    }
    throw Error(Code::InvalidArgument, fmt::format("{}: saver_def's {} is '{}', which is not in the graph", path, field, name));
  };
  check("save_tensor_name", file.saver_def().save_tensor_name());
  check("restore_op_name", file.saver_def().restore_op_name());
  check("filename_tensor_name", file.saver_def().filename_tensor_name());
}

}  // namespace

Saver::Saver(Graph& graph, SaverOptions options)
    : impl_(make_saver(graph.impl(), saveables_of(graph.impl(), graph.global_variables()), std::move(options))) {}

Saver::Saver(Graph& graph, const VarList& variables, SaverOptions options)
    : impl_(make_saver(graph.impl(),
                       variables.named() ? saveables_of(graph.impl(), variables.names())
                                         : saveables_of(graph.impl(), variables.variables()),
                       std::move(options))) {}

Saver::Saver(std::unique_ptr<SaverImpl> impl) : impl_(std::move(impl)) {}
Saver::~Saver() = default;
Saver::Saver(Saver&&) noexcept = default;
Saver& Saver::operator=(Saver&&) noexcept = default;

std::string Saver::save(Session& session, const std::string& path, const SaveOptions& options) {
  return impl_->save(session, path, options);
}

void Saver::restore(Session& session, const std::string& path) { impl_->restore(session, path); }

std::vector<std::string> Saver::last_checkpoints() const { return impl_->retention().paths(); }

void Saver::recover_last_checkpoints(const std::vector<std::string>& paths) {
  std::vector<Retention::Entry> entries;
  for (const std::string& path : paths) {
    if (const auto time = checkpoint_time(path)) entries.emplace_back(path, *time);
  }
  impl_->retention().set(std::move(entries));
}

void Saver::set_last_checkpoints(std::vector<std::pair<std::string, double>> paths_and_times) {
  impl_->retention().set(std::move(paths_and_times));
}

void Saver::export_meta_graph(const std::string& path, bool as_text) const {
  impl_->export_meta_graph(path, as_text, false);
}

Saver import_meta_graph(Graph& graph, const std::string& path, const ImportMetaGraphOptions& options) {
  const auto file = read_meta_graph(path);
  check_saver_def(*file, path);
  ImportOptions import;
  import.prefix = options.import_scope;
  import.clear_devices = options.clear_devices;
  for (const auto& [name, output] : options.input_map) import.input_map.emplace(name, to_edge(output));
  ImportedMetaGraph imported;
  try {
    imported = import_meta_graph_def(graph.impl(), *file, import);
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("{}: {}", path, error.what()));
  }
  if (imported.saver_def) return Saver(saver_from_def(graph.impl(), *imported.saver_def));
  return Saver(graph, SaverOptions{.allow_empty = true});
}

void export_meta_graph(const Graph& graph, const std::string& path, bool as_text) {
  SaverImpl(graph.impl(), std::nullopt, {}).export_meta_graph(path, as_text, false);
}

}  // namespace tenon
