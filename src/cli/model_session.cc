#include "cli/model_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "cli/feed_conversion.h"
#include "formats/meta_graph/meta_graph.h"
#include "graph/import_meta_graph.h"
#include "meta_graph.pb.h"
#include "saver/saver_impl.h"
#include "tenon/error.h"

namespace tenon {
namespace {

// The graph for serving; any graph if there is only one.
const proto::MetaGraphDef& serving_graph(const proto::SavedModel& saved, const std::string& path) {
  std::vector<std::string> all;
  for (const auto& meta : saved.meta_graphs()) {
    const auto& tags = meta.meta_info_def().tags();
    if (saved.meta_graphs_size() == 1 || std::find(tags.begin(), tags.end(), "serve") != tags.end()) return meta;
    all.push_back(fmt::format("{{{}}}", fmt::join(tags, ", ")));
  }
  throw Error(Code::NotFound, fmt::format("{}: no graph has the tag \"serve\"; there are: {}", path, fmt::join(all, ", ")));
}

// The operation that TensorFlow's loader runs after restoring; "" if there is none.
std::string init_operation(const proto::MetaGraphDef& meta) {
  const auto signature = meta.signature_def().find("__saved_model_init_op");
  if (signature != meta.signature_def().end()) {
    const auto output = signature->second.outputs().find("__saved_model_init_op");
    if (output != signature->second.outputs().end()) return output->second.name();
  }
  for (const char* name : {"saved_model_main_op", "legacy_init_op"}) {
    const auto collection = meta.collection_def().find(name);
    if (collection != meta.collection_def().end() && collection->second.node_list().value_size() > 0) {
      return collection->second.node_list().value(0);
    }
  }
  return "";
}

}  // namespace

struct ModelSession::Initialiser {
  std::string operation;
  std::map<std::string, Tensor> assets;  // fed with the names of files
};

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
      import_graph_def(graph_.impl(), *read_graph_def(model.path));
      saver_.emplace(graph_, SaverOptions{.allow_empty = true});
      break;
    case ModelKind::SavedModel: import_saved_model(model.path); break;
  }
  session_.emplace(graph_);
}

ModelSession::~ModelSession() = default;

void ModelSession::import_saved_model(const std::string& path) {
  const auto saved = read_saved_model(path);
  const proto::MetaGraphDef& meta = serving_graph(*saved, path);
  ImportedMetaGraph imported = import_meta_graph_def(graph_.impl(), meta);
  std::optional<proto::SaverDef> def;
  if (imported.saver_def) def = *imported.saver_def;
  saver_.emplace(std::make_unique<SaverImpl>(graph_.impl(), std::move(def), SaverOptions{.allow_empty = true}));
  initialiser_ = std::make_unique<Initialiser>();
  initialiser_->operation = init_operation(meta);
  const auto assets = std::filesystem::path(path).parent_path() / "assets";
  for (const auto& asset : meta.asset_file_def()) {
    initialiser_->assets[asset.tensor_info().name()] = Tensor((assets / asset.filename()).string());
  }
}

void ModelSession::restore() {
  if (!checkpoint_.empty()) saver_->restore(*session_, checkpoint_);
  if (initialiser_ && !initialiser_->operation.empty()) {
    session_->run({}, feeds(initialiser_->assets), {operation(initialiser_->operation)});
  }
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
