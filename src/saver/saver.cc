#include "tenon/saver.h"

#include <fmt/format.h>

#include <limits>

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

}  // namespace tenon
