// A model from files, ready to run.
//
//   ModelSession model(resolve_model("model.ckpt"));
//   model.restore();
//   model.session().run({model.tensor("accuracy:0")}, model.feeds(read_npz("feeds.npz")));
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/model_path.h"
#include "tenon/graph.h"
#include "tenon/saved_model.h"
#include "tenon/saver.h"
#include "tenon/session.h"

namespace tenon {

class ModelSession {
 public:
  // Imports the graph. Throws what import_meta_graph does, and NotFound for a checkpoint without a .meta.
  explicit ModelSession(const ModelPath& model);
  ~ModelSession();
  ModelSession(const ModelSession&) = delete;

  // Restores the checkpoint that belongs to the model, if there is one, and runs a SavedModel's initialiser.
  void restore();

  Graph& graph() { return graph_; }
  Session& session() { return *session_; }
  Saver& saver() { return saved_model_ ? saved_model_->saver() : *saver_; }
  const std::string& checkpoint() const { return checkpoint_; }

  Output tensor(const std::string& name) const { return graph_.tensor(name); }
  // "train" or, as TensorFlow's session.run takes it, "train:0".
  Operation operation(const std::string& name) const;
  Targets operations(const std::vector<std::string>& names) const;
  std::vector<Output> tensors(const std::vector<std::string>& names) const;
  // By tensor names; numbers are converted to the tensors' types.
  Feeds feeds(const std::map<std::string, Tensor>& values) const;

 private:
  void import_saved_model(const std::string& path);

  Graph graph_;
  std::optional<Saver> saver_;
  std::optional<Session> session_;
  std::optional<LoadedSavedModel> saved_model_;
  std::string checkpoint_;
};

}  // namespace tenon
