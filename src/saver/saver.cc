#include "tenon/saver.h"

#include <fmt/format.h>

#include <limits>

#include "formats/meta_graph/graph_file.h"
#include "graph/export_meta_graph.h"
#include "graph/import_meta_graph.h"
#include "ops/shape_inference.h"
#include "saver/checkpoint_files.h"
#include "saver/saver_graph.h"
#include "saver/saver_impl.h"
#include "tenon/error.h"

namespace tenon {
namespace {

std::unique_ptr<SaverImpl> make_saver(GraphImpl& graph, SaverOptions options) {
  auto saver = std::make_unique<SaverImpl>(graph, std::move(options));
  if (!saver->options().defer_build) saver->build();
  return saver;
}

std::unique_ptr<SaverImpl> make_saver(GraphImpl& graph, const VarList& variables, SaverOptions options) {
  if (options.defer_build) {
    throw Error(Code::InvalidArgument, "If `var_list` is provided then build cannot be deferred. Either set "
                                       "defer_build=False or var_list=None.");
  }
  auto saver = std::make_unique<SaverImpl>(graph, std::move(options));
  saver->build(saved_objects(variables));
  return saver;
}

// Before the graph is changed: the nodes that a SaverDef names must be there.
void check_saver_def(const GraphFile& file, const std::string& path) {
  if (!file.meta().has_saver_def()) return;
  const auto check = [&](const char* field, const std::string& name) {
    if (name.empty()) {
      throw Error(Code::InvalidArgument, fmt::format("{}: saver_def must specify the {}", path, field));
    }
    const std::string node = name.substr(0, name.find(':'));
    for (const NodeBytes& known : file.nodes()) {
      if (known.name == node) return;
    }
    throw Error(Code::InvalidArgument, fmt::format("{}: saver_def's {} is '{}', which is not in the graph", path, field, name));
  };
  check("save_tensor_name", file.meta().saver_def().save_tensor_name());
  check("restore_op_name", file.meta().saver_def().restore_op_name());
  check("filename_tensor_name", file.meta().saver_def().filename_tensor_name());
}

std::vector<Retention::Entry> existing(const std::vector<std::string>& paths) {
  std::vector<Retention::Entry> entries;
  for (const std::string& path : paths) {
    if (const auto time = checkpoint_time(path)) entries.emplace_back(path, *time);
  }
  return entries;
}

}  // namespace

Saver::Saver(Graph& graph, SaverOptions options) : impl_(make_saver(graph.impl(), std::move(options))) {}

Saver::Saver(Graph& graph, const VarList& variables, SaverOptions options)
    : impl_(make_saver(graph.impl(), variables, std::move(options))) {}

Saver::Saver(std::unique_ptr<SaverImpl> impl) : impl_(std::move(impl)) {}
Saver::~Saver() = default;
Saver::Saver(Saver&&) noexcept = default;
Saver& Saver::operator=(Saver&&) noexcept = default;

std::string Saver::save(Session& session, const std::string& path, const SaveOptions& options) {
  return impl_->save(session, path, options);
}

PendingSave Saver::save_async(Session& session, const std::string& path, const SaveOptions& options) {
  return impl_->save_async(session, path, options);
}

void Saver::build() { impl_->build(); }

RestoreReport Saver::restore(Session& session, const std::string& path, const RestoreOptions& options) {
  return impl_->restore(session, path, options);
}

std::vector<std::string> Saver::variables_not_saved() const { return impl_->variables_not_saved(); }

std::vector<std::string> Saver::last_checkpoints() const { return impl_->retention().paths(); }

void Saver::recover_last_checkpoints(const std::vector<std::string>& paths) {
  impl_->retention().set(existing(paths));
}

void Saver::set_last_checkpoints(const std::vector<std::string>& paths) {
  std::vector<Retention::Entry> entries;
  for (const std::string& path : paths) entries.emplace_back(path, std::numeric_limits<double>::infinity());
  impl_->retention().set(std::move(entries));
}

void Saver::set_last_checkpoints_with_time(std::vector<std::pair<std::string, double>> paths_and_times) {
  impl_->retention().set(std::move(paths_and_times));
}

void Saver::adopt_checkpoints(const std::string& directory, std::string_view latest_filename) {
  impl_->retention().adopt(existing(listed_checkpoints(directory, latest_filename)));
}

void Saver::export_meta_graph(const std::string& path, bool as_text) const {
  impl_->export_meta_graph(path, as_text, false);
}

Saver import_meta_graph(Graph& graph, const std::string& path, const ImportMetaGraphOptions& options) {
  const GraphFile file = read_graph_file(path, ModelFile::MetaGraph);
  check_saver_def(file, path);
  ImportOptions import;
  import.prefix = options.import_scope;
  import.clear_devices = options.clear_devices;
  import.infer_shapes = infer_imported_shapes;
  for (const auto& [name, output] : options.input_map) import.input_map.emplace(name, to_edge(output));
  ImportedMetaGraph imported;
  try {
    imported = import_meta_graph_file(graph.impl(), file, import);
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
