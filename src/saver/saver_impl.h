// What a Saver owns: the names of its nodes, what they do, and which checkpoints it has written.
#pragma once

#include <optional>
#include <string>

#include "meta_graph.pb.h"
#include "saver/retention.h"
#include "saver/saver_plan.h"
#include "tenon/saver.h"

namespace tenon {

class SaverImpl {
 public:
  // `def` empty: a Saver of nothing.
  SaverImpl(GraphImpl& graph, std::optional<proto::SaverDef> def, SaverOptions options);

  std::string save(Session& session, const std::string& path, const SaveOptions& options);
  void restore(Session& session, const std::string& path);
  void export_meta_graph(const std::string& path, bool as_text, bool strip_default_attrs) const;

  Retention& retention() { return retention_; }
  const proto::SaverDef* def() const { return def_ ? &*def_ : nullptr; }

 private:
  void check_session(Session& session) const;
  std::string checkpoint_name(const std::string& path, const SaveOptions& options) const;
  void check_names(const std::string& path, const std::string& prefix, const SaveOptions& options) const;
  std::string write_data(Session& session, const std::string& prefix);
  std::string run_save(Session& session, const std::string& prefix);
  void write_state(const std::string& path, const std::string& prefix, const SaveOptions& options);
  Output filename() const;

  GraphImpl* graph_;
  std::optional<proto::SaverDef> def_;
  SaverOptions options_;
  Retention retention_;
  std::optional<SavePlan> save_plan_;
  std::optional<RestorePlan> restore_plan_;
};

}  // namespace tenon
