// What a Saver owns: the names of its nodes, what they do, and which checkpoints it has written.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "meta_graph.pb.h"
#include "saver/async_save.h"
#include "saver/retention.h"
#include "saver/saved_object.h"
#include "saver/saver_plan.h"
#include "tenon/saver.h"

namespace tenon {

class SaverImpl {
 public:
  // Not built yet.
  SaverImpl(GraphImpl& graph, SaverOptions options);
  // `def` empty: a Saver of nothing.
  SaverImpl(GraphImpl& graph, std::optional<proto::SaverDef> def, SaverOptions options);

  ~SaverImpl();  // waits for a save that is going on

  void build();                                         // of all that the graph has
  void build(const std::vector<SavedObject>& objects);  // both do nothing if it is built

  std::string save(Session& session, const std::string& path, const SaveOptions& options);
  PendingSave save_async(Session& session, const std::string& path, const SaveOptions& options);
  // Waits for a save that is going on, and throws its error unless somebody has seen it.
  void settle() const;
  RestoreReport restore(Session& session, const std::string& path, const RestoreOptions& options);

  // With no save going on.
  Retention& retention() {
    settle();
    return retention_;
  }
  const SaverOptions& options() const { return options_; }
  GraphImpl& graph() const { return *graph_; }
  const proto::SaverDef* def() const { return def_ ? &*def_ : nullptr; }
  std::vector<std::string> variables_not_saved() const;

 private:
  void use_def(std::optional<proto::SaverDef> def);
  // Read when they are first needed: a graph from a file is often imported for something else. REQUIRES: def_
  const std::optional<SavePlan>& save_plan() const;
  const std::optional<RestorePlan>& restore_plan() const;
  void check_ready(Session& session, const char* what) const;
  std::string checkpoint_name(Session& session, const std::string& path, const SaveOptions& options) const;
  void check_names(const std::string& path, const std::string& prefix, const SaveOptions& options) const;
  struct Job;
  Job prepare(Session& session, const std::string& path, const SaveOptions& options) const;
  std::string finish(const Job& job);
  std::string write_data(const Job& job) const;
  std::string run_save(Session& session, const std::string& prefix) const;
  void write_state(const Job& job, const std::string& written);
  RestoreReport restore_from(Session& session, const std::string& prefix, const RestoreOptions& options) const;
  Output filename() const;

  GraphImpl* graph_;
  bool built_ = false;
  std::optional<proto::SaverDef> def_;
  SaverOptions options_;
  Retention retention_;
  mutable std::optional<std::optional<SavePlan>> save_plan_;
  mutable std::optional<std::optional<RestorePlan>> restore_plan_;
  std::shared_ptr<AsyncSave> pending_;
};

// The Saver that a file describes. REQUIRES: the graph has the nodes that it names.
std::unique_ptr<SaverImpl> saver_from_def(GraphImpl& graph, const proto::SaverDef& def);

}  // namespace tenon
