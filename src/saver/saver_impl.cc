#include "saver/saver_impl.h"

#include <fmt/format.h>

#include <chrono>

#include "base/files.h"
#include "formats/checkpoint_state/checkpoint_state.h"
#include "formats/meta_graph/meta_graph.h"
#include "graph/export_meta_graph.h"
#include "runtime/session_impl.h"
#include "saver/checkpoint_files.h"
#include "saver/values.h"
#include "tenon/error.h"

namespace tenon {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

SaverImpl::SaverImpl(GraphImpl& graph, std::optional<proto::SaverDef> def, SaverOptions options)
    : graph_(&graph),
      def_(std::move(def)),
      options_(std::move(options)),
      retention_(options_.max_to_keep, options_.keep_checkpoint_every_n_hours, now()) {
  if (!def_) return;
  save_plan_ = read_save_plan(graph, *def_);
  restore_plan_ = read_restore_plan(graph, *def_);
}

void SaverImpl::check_session(Session& session) const {
  if (&session.impl().graph_impl() == graph_) return;
  throw Error(Code::InvalidArgument, "the session runs another graph than the one this Saver was made for");
}

std::string SaverImpl::checkpoint_name(const std::string& path, const SaveOptions& options) const {
  if (path.empty()) throw Error(Code::InvalidArgument, "the name of a checkpoint must not be empty");
  if (!options.global_step) return path;
  return options_.pad_step_number ? fmt::format("{}-{:08}", path, *options.global_step)
                                  : fmt::format("{}-{}", path, *options.global_step);
}

void SaverImpl::check_names(const std::string& path, const std::string& prefix, const SaveOptions& options) const {
  if (options.latest_filename.empty() || options.latest_filename.find('/') != std::string::npos) {
    throw Error(Code::InvalidArgument, fmt::format("'latest_filename' must not contain path components: '{}'",
                                                   options.latest_filename));
  }
  if (base_name(path) == options.latest_filename && !options.global_step && !options_.sharded) {
    throw Error(Code::InvalidArgument, fmt::format("'latest_filename' collides with 'save_path': '{}' and '{}'",
                                                   options.latest_filename, path));
  }
  if (options.write_state && base_name(prefix) == options.latest_filename) {
    throw Error(Code::FailedPrecondition, fmt::format("Save path '{}' conflicts with path used for checkpoint state. "
                                                      "Please use a different save path.",
                                                      prefix));
  }
}

Output SaverImpl::filename() const { return to_output(graph_->get_output(def_->filename_tensor_name())); }

// The nodes themselves, for graphs whose saving has another form.
std::string SaverImpl::run_save(Session& session, const std::string& prefix) {
  const Output saved = to_output(graph_->get_output(def_->save_tensor_name()));
  return session.run(std::vector<Output>{saved}, {{filename(), Tensor(prefix)}})[0].scalar<std::string>();
}

std::string SaverImpl::write_data(Session& session, const std::string& prefix) {
  try {
    if (!save_plan_ || save_plan_->v1) return run_save(session, prefix);
    const int shards = save_values(session, *save_plan_, prefix);
    remove_stale_shards(prefix, shards);
    return prefix;
  } catch (const Error& error) {
    const std::string directory = directory_of(prefix);
    const bool about_folder = error.code() == Code::NotFound || error.code() == Code::FailedPrecondition;
    if (about_folder && !directory.empty() && !is_directory(directory)) {
      throw Error(Code::InvalidArgument,
                  fmt::format("Parent directory of {} doesn't exist, can't save: {}", prefix, error.what()));
    }
    throw;
  }
}

std::string SaverImpl::save(Session& session, const std::string& path, const SaveOptions& options) {
  check_session(session);
  const std::string prefix = checkpoint_name(path, options);
  check_names(path, prefix, options);
  std::string written;
  if (def_) {
    written = write_data(session, prefix);
    if (options.write_state) write_state(path, written, options);
  }
  if (options.write_meta_graph) {
    export_meta_graph(prefix + "." + options.meta_graph_suffix, false, options.strip_default_attrs);
  }
  return written;
}

void SaverImpl::write_state(const std::string& path, const std::string& prefix, const SaveOptions& options) {
  retention_.record(prefix, now());
  const std::string directory = directory_of(path);
  const bool relative = options_.save_relative_paths || !directory.starts_with('/');
  const auto as_written = [&](const std::string& name) {
    const bool keep = name.starts_with('/') && !options_.save_relative_paths;
    return relative && !keep ? relative_to(name, directory) : name;
  };
  CheckpointState state;
  state.model_checkpoint_path = as_written(prefix);
  for (const std::string& kept : retention_.paths()) state.all_model_checkpoint_paths.push_back(as_written(kept));
  if (state.all_model_checkpoint_paths.empty()) state.all_model_checkpoint_paths.push_back(state.model_checkpoint_path);
  write_checkpoint_state(join_path(directory, options.latest_filename), state);
  if (const auto expired = retention_.take_expired()) remove_checkpoint(*expired, options.meta_graph_suffix);
}

void SaverImpl::restore(Session& session, const std::string& path) {
  if (!def_) return;
  check_session(session);
  const std::string prefix = resolve_checkpoint(path);
  if (restore_plan_) return restore_variables(session, *restore_plan_, prefix);
  session.run(to_operation(graph_->get(def_->restore_op_name())), {{filename(), Tensor(prefix)}});
}

void SaverImpl::export_meta_graph(const std::string& path, bool as_text, bool strip_default_attrs) const {
  MetaGraphOptions options;
  options.graph.output_shape = [](Edge edge) { return to_output(edge).shape(); };
  options.graph.strip_default_attrs = strip_default_attrs;
  options.saver_def = def();
  write_meta_graph(path, export_meta_graph_def(*graph_, options), as_text);
}

}  // namespace tenon
