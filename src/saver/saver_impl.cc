#include "saver/saver_impl.h"

#include <fmt/format.h>

#include <chrono>
#include <set>

#include "base/files.h"
#include "base/parallel_for.h"
#include "formats/checkpoint/checkpoint_path.h"
#include "formats/checkpoint_state/checkpoint_state.h"
#include "kernels/state/variable_key.h"
#include "runtime/session_impl.h"
#include "saver/checkpoint_files.h"
#include "saver/meta_graph_files.h"
#include "saver/saver_graph.h"
#include "saver/values.h"
#include "tenon/error.h"

namespace tenon {
namespace {

constexpr int kAttempts = 20;

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void check_parent(const std::string& prefix) {
  const std::string directory = directory_of(prefix);
  if (directory.empty() || is_directory(directory)) return;
  throw Error(Code::InvalidArgument, fmt::format("Parent directory of {} doesn't exist, can't save.", prefix));
}

}  // namespace

SaverImpl::SaverImpl(GraphImpl& graph, SaverOptions options)
    : graph_(&graph),
      options_(std::move(options)),
      retention_(options_.max_to_keep, options_.keep_checkpoint_every_n_hours, now()) {
  if (options_.max_to_keep < 0) {
    throw Error(Code::InvalidArgument, fmt::format("max_to_keep is {}; it must not be negative", options_.max_to_keep));
  }
}

SaverImpl::SaverImpl(GraphImpl& graph, std::optional<proto::SaverDef> def, SaverOptions options)
    : SaverImpl(graph, std::move(options)) {
  use_def(std::move(def));
}

void SaverImpl::use_def(std::optional<proto::SaverDef> def) {
  built_ = true;
  def_ = std::move(def);
}

const std::optional<SavePlan>& SaverImpl::save_plan() const {
  if (!save_plan_) save_plan_ = read_save_plan(*graph_, *def_);
  return *save_plan_;
}

const std::optional<RestorePlan>& SaverImpl::restore_plan() const {
  if (!restore_plan_) restore_plan_ = read_restore_plan(*graph_, *def_);
  return *restore_plan_;
}

void SaverImpl::build() {
  if (!built_) build(all_saved_objects(*graph_));
}

void SaverImpl::build(const std::vector<SavedObject>& objects) {
  if (built_) return;
  if (objects.empty() && !options_.allow_empty) throw Error(Code::InvalidArgument, "No variables to save");
  graph_->check_not_finalized();
  use_def(objects.empty() ? std::nullopt : std::optional(add_saver_nodes(*graph_, objects, options_)));
  if (def_) {
    parallel_tasks(2, [this](std::size_t task) {
      if (task == 0) save_plan();
      else restore_plan();
    });
  }
  // The hours count from here.
  retention_ = Retention(options_.max_to_keep, options_.keep_checkpoint_every_n_hours, now());
}

void SaverImpl::check_ready(Session& session, const char* what) const {
  settle();
  if (!built_) {
    throw Error(Code::FailedPrecondition,
                fmt::format("`build()` should be called before {} if defer_build==True", what));
  }
  const GraphImpl& graph = session.impl().graph_impl();
  if (&graph == graph_) return;
  const std::string filename = def_ ? def_->filename_tensor_name() : "save/Const:0";
  throw Error(
      Code::InvalidArgument,
      graph.nodes().empty()
          ? "the session runs another graph than the one this Saver was made for: The Session graph is empty. Add "
            "operations to the graph before calling run()"
          : fmt::format("the session runs another graph than the one this Saver was made for: Cannot interpret "
                        "feed_dict key as Tensor: The name '{}' is that of a Tensor of the Saver's graph",
                        filename));
}

std::string SaverImpl::checkpoint_name(Session& session, const std::string& path, const SaveOptions& options) const {
  if (path.empty()) throw Error(Code::InvalidArgument, "the name of a checkpoint must not be empty");
  if (!options.global_step) return path;
  const std::int64_t step = options.global_step->value(session);
  return options_.pad_step_number ? fmt::format("{}-{:08}", path, step) : fmt::format("{}-{}", path, step);
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
std::string SaverImpl::run_save(Session& session, const std::string& prefix) const {
  const Output saved = to_output(graph_->get_output(def_->save_tensor_name()));
  return session.run(std::vector<Output>{saved}, {{filename(), Tensor(prefix)}})[0].scalar<std::string>();
}

// A save that needs neither the session nor the graph any more.
struct SaverImpl::Job {
  std::string path, prefix;
  SaveOptions options;
  Snapshot snapshot;
  GraphBytes meta_graph;
  std::string written;  // not empty: the nodes have been run

  AtomicFile::Sync sync() const {
    return options.durability == Durability::Durable ? AtomicFile::Sync::Yes : AtomicFile::Sync::No;
  }
};

SaverImpl::~SaverImpl() {
  if (pending_) pending_->join();
}

SaverImpl::Job SaverImpl::prepare(Session& session, const std::string& path, const SaveOptions& options) const {
  check_ready(session, "save");
  Job job{path, checkpoint_name(session, path, options), options, {}, {}, {}};
  check_names(path, job.prefix, options);
  if (def_ && (options_.sharded || options_.v1_format)) check_parent(job.prefix);  // the others make one folder
  if (def_ && save_plan()) job.snapshot = take_snapshot(session, *save_plan(), job.prefix);
  else if (def_) job.written = run_save(session, job.prefix);
  if (options.write_meta_graph) {
    job.meta_graph = meta_graph_parts(*graph_, def(), {.strip_default_attrs = options.strip_default_attrs});
  }
  return job;
}

std::string SaverImpl::write_data(const Job& job) const {
  if (!job.written.empty()) return job.written;
  try {
    return write_snapshot(*save_plan(), job.snapshot, job.prefix, job.sync(), job.options.progress);
  } catch (const Error& error) {
    if (error.code() == Code::NotFound || error.code() == Code::FailedPrecondition) check_parent(job.prefix);
    throw;
  }
}

// The state file last: whoever follows it finds everything.
std::string SaverImpl::finish(const Job& job) {
  const std::string written = def_ ? write_data(job) : "";
  if (job.options.write_meta_graph) {
    const std::string base = parse_shard_name(written) ? parse_shard_name(written)->prefix : job.prefix;
    write_file_atomic(base + "." + job.options.meta_graph_suffix, job.meta_graph, job.sync());
  }
  if (def_ && job.options.write_state) write_state(job, written);
  return written;
}

std::string SaverImpl::save(Session& session, const std::string& path, const SaveOptions& options) {
  return finish(prepare(session, path, options));
}

PendingSave SaverImpl::save_async(Session& session, const std::string& path, const SaveOptions& options) {
  auto job = std::make_shared<Job>(prepare(session, path, options));
  pending_ = std::make_shared<AsyncSave>([this, job = std::move(job)]() mutable {
    const std::string name = finish(*job);
    job.reset();  // the snapshot makes whoever changes a variable copy it
    return name;
  });
  return PendingSave(pending_);
}

void SaverImpl::settle() const {
  if (pending_) pending_->settle();
}

void SaverImpl::write_state(const Job& job, const std::string& written) {
  retention_.record(written, now());
  const std::string directory = directory_of(job.path);
  const bool relative = options_.save_relative_paths || !directory.starts_with('/');
  const auto as_written = [&](const std::string& name) {
    const bool keep = name.starts_with('/') && !options_.save_relative_paths;
    return relative && !keep ? relative_to(name, directory) : name;
  };
  CheckpointState state;
  state.model_checkpoint_path = as_written(written);
  for (const std::string& kept : retention_.paths()) state.all_model_checkpoint_paths.push_back(as_written(kept));
  if (state.all_model_checkpoint_paths.empty()) state.all_model_checkpoint_paths.push_back(state.model_checkpoint_path);
  write_checkpoint_state(join_path(directory, job.options.latest_filename), state, job.sync());
  while (const auto expired = retention_.take_expired()) remove_checkpoint(*expired, job.options.meta_graph_suffix);
}

// Others may save and remove checkpoints meanwhile: what a folder's newest one is can change between looking and
// opening.
RestoreReport SaverImpl::restore(Session& session, const std::string& path, const RestoreOptions& options) {
  check_ready(session, "restore");
  if (!def_) return {};
  for (int attempt = 0;; ++attempt) {
    const std::string prefix = resolve_checkpoint(path);
    try {
      return restore_from(session, prefix, options);
    } catch (const Error& error) {
      if (error.code() != Code::NotFound || attempt == kAttempts || resolve_checkpoint(path) == prefix) throw;
    }
  }
}

RestoreReport SaverImpl::restore_from(Session& session, const std::string& prefix,
                                      const RestoreOptions& options) const {
  if (restore_plan() && options.also.empty()) return restore_pieces(session, *restore_plan(), prefix, options);
  if (restore_plan()) {
    RestorePlan plan = *restore_plan();
    for (const auto& [name, variable] : options.also) plan.pieces.push_back(piece_of(*graph_, name, variable));
    return restore_pieces(session, plan, prefix, options);
  }
  const bool plain = options.mode == RestoreMode::Strict && options.cast == RestoreCast::None && !options.dry_run &&
                     !options.rename && options.also.empty();
  if (!plain) {
    throw Error(Code::Unimplemented, fmt::format("{} restores in a form of its own, which can only be run as it is: no "
                                                 "RestoreOptions apply",
                                                 def_->restore_op_name()));
  }
  session.run(to_operation(graph_->get(def_->restore_op_name())), {{filename(), Tensor(prefix)}});
  return {};
}

std::vector<std::string> SaverImpl::variables_not_saved() const {
  std::set<std::string> saved;
  for (const SaveShard& shard : def_ && save_plan() ? save_plan()->shards : std::vector<SaveShard>()) {
    for (const SavePiece& piece : shard.pieces) {
      if (piece.variable) saved.insert(variable_key(*piece.variable));
    }
  }
  std::vector<std::string> names;
  for (const auto& node : graph_->nodes()) {
    if (is_variable(*node) && saved.insert(variable_key(*node)).second) names.push_back(node->name);
  }
  return names;
}

}  // namespace tenon
