#include "cli/model_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "cli/feed_conversion.h"
#include "tenon/error.h"
#include "tenon/import_graph.h"

namespace tenon {
namespace {

// The graph for serving; any graph if there is only one.
Tags serving_tags(const SavedModel& saved) {
  std::vector<std::string> all;
  const std::vector<Tags> sets = saved.tag_sets();
  for (const Tags& tags : sets) {
    if (sets.size() == 1 || std::find(tags.begin(), tags.end(), "serve") != tags.end()) return tags;
    all.push_back(fmt::format("{{{}}}", fmt::join(tags, ", ")));
  }
  throw Error(Code::NotFound, fmt::format("{}: no graph has the tag \"serve\"; there are: {}", saved.directory(),
                                          fmt::join(all, ", ")));
}

}  // namespace

ModelSession::ModelSession(const ModelPath& model) : checkpoint_(checkpoint_of(model)) {
  switch (model.kind) {
    case ModelKind::Bundle:
    case ModelKind::V1Checkpoint: {
      const std::string meta = meta_of(model.path);
      if (meta.empty()) {
        throw Error(Code::NotFound, fmt::format("the checkpoint \"{}\" has no graph: {}.meta is missing", model.path,
                                                model.path));
      }
      saver_.emplace(import_meta_graph(graph_, meta));
      break;
    }
    case ModelKind::MetaGraph: saver_.emplace(import_meta_graph(graph_, model.path)); break;
    case ModelKind::GraphDef:
      import_graph_def(graph_, model.path, {.name = ""});
      saver_.emplace(graph_, SaverOptions{.allow_empty = true});
      break;
    case ModelKind::SavedModel: import_saved_model(model.path); break;
  }
  session_.emplace(graph_);
}

ModelSession::~ModelSession() = default;

void ModelSession::import_saved_model(const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path().string();
  const std::string folder = directory.empty() ? "." : directory;
  saved_model_.emplace(load_saved_model(graph_, folder, serving_tags(SavedModel(folder))));
}

void ModelSession::restore() {
  if (saved_model_) saved_model_->restore(*session_);
  else if (!checkpoint_.empty()) saver_->restore(*session_, checkpoint_);
}

Operation ModelSession::operation(const std::string& name) const {
  const auto found = graph_.find_operation(name);
  if (!found && name.find(':') != std::string::npos) return graph_.tensor(name).op();
  return graph_.operation(name);
}

Targets ModelSession::operations(const std::vector<std::string>& names) const {
  Targets result;
  for (const std::string& name : names) result.push_back(operation(name));
  return result;
}

std::vector<Output> ModelSession::tensors(const std::vector<std::string>& names) const {
  std::vector<Output> result;
  for (const std::string& name : names) result.push_back(tensor(name));
  return result;
}

Feeds ModelSession::feeds(const std::map<std::string, Tensor>& values) const {
  Feeds result;
  for (const auto& [name, value] : values) {
    const Output output = tensor(name);
    result.emplace_back(output, convert_feed(value, output.dtype(), name));
  }
  return result;
}

}  // namespace tenon
