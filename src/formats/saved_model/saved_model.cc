#include "tenon/saved_model.h"

#include "base/files.h"
#include "formats/bundle/bundle_entry.h"
#include "formats/meta_graph/meta_graph.h"
#include "formats/saved_model/saved_model_files.h"
#include "formats/saved_model/signatures.h"
#include "meta_graph.pb.h"

namespace tenon {

struct SavedModel::Impl {
  std::string directory, file;
  std::unique_ptr<proto::SavedModel> proto;
  std::vector<Signatures> signatures;  // of each graph

  const proto::MetaGraphDef& graph(const Tags& tags) const { return find_tagged_graph(*proto, tags, directory); }
};

bool contains_saved_model(const std::string& directory) {
  return file_exists(directory + "/saved_model.pb") || file_exists(directory + "/saved_model.pbtxt");
}

SavedModel::SavedModel(const std::string& directory) {
  auto impl = std::make_shared<Impl>();
  impl->directory = directory;
  impl->file = find_saved_model_file(directory);
  impl->proto = read_saved_model(impl->file);
  for (const proto::MetaGraphDef& graph : impl->proto->meta_graphs()) {
    impl->signatures.push_back(signatures_from_proto(graph, impl->file));
  }
  impl_ = std::move(impl);
}

const std::string& SavedModel::directory() const { return impl_->directory; }

std::vector<Tags> SavedModel::tag_sets() const {
  std::vector<Tags> sets;
  for (const proto::MetaGraphDef& graph : impl_->proto->meta_graphs()) sets.push_back(tags_of(graph));
  return sets;
}

const Signatures& SavedModel::signatures(const Tags& tags) const {
  const auto graph = &impl_->graph(tags);
  for (int i = 0;; ++i) {
    if (&impl_->proto->meta_graphs(i) == graph) return impl_->signatures[static_cast<std::size_t>(i)];
  }
}

std::string SavedModel::tensorflow_version(const Tags& tags) const {
  return impl_->graph(tags).meta_info_def().tensorflow_version();
}

std::map<std::string, std::string> SavedModel::assets(const Tags& tags) const {
  return asset_paths(impl_->graph(tags), impl_->directory);
}

bool SavedModel::has_variables() const { return file_exists(index_path(variables_prefix())); }
std::string SavedModel::variables_prefix() const { return saved_variables_prefix(impl_->directory); }
Checkpoint SavedModel::variables() const { return Checkpoint(variables_prefix()); }

}  // namespace tenon
