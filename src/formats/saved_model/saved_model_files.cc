#include "formats/saved_model/saved_model_files.h"

#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "base/files.h"
#include "formats/message/message_io.h"
#include "meta_graph.pb.h"
#include "tenon/error.h"

namespace tenon {
namespace {

namespace fs = std::filesystem;

constexpr const char* kInitOp = "__saved_model_init_op";

// "{'gpu', 'train'}", as Python prints a set.
std::string tags_text(const std::vector<std::string>& tags) {
  std::vector<std::string> quoted;
  for (const std::string& tag : std::set<std::string>(tags.begin(), tags.end()))
    quoted.push_back(fmt::format("'{}'", tag));
  return quoted.empty() ? "set()" : fmt::format("{{{}}}", fmt::join(quoted, ", "));
}

// Where asset_file_def is empty, the assets are in a collection.
std::vector<proto::AssetFileDef> assets_of(const proto::MetaGraphDef& graph, const std::string& directory) {
  std::vector<proto::AssetFileDef> assets(graph.asset_file_def().begin(), graph.asset_file_def().end());
  const auto found = graph.collection_def().find("saved_model_assets");
  if (!assets.empty() || found == graph.collection_def().end()) return assets;
  for (const proto::AnyProto& any : found->second.any_list().value()) {
    if (!parse_binary(any.value(), assets.emplace_back())) {
      throw Error(Code::DataLoss, fmt::format("{}: collection saved_model_assets: item {} is no AssetFileDef",
                                              directory, assets.size() - 1));
    }
  }
  return assets;
}

}  // namespace

std::string find_saved_model_file(const std::string& directory) {
  for (const char* name : {"saved_model.pb", "saved_model.pbtxt"}) {
    const std::string file = (fs::path(directory) / name).string();
    if (file_exists(file)) return file;
  }
  const bool chunked = file_exists((fs::path(directory) / "saved_model.cpb").string());
  throw Error(chunked ? Code::Unimplemented : Code::NotFound,
              fmt::format("SavedModel file does not exist at: {}/{{saved_model.pbtxt|saved_model.pb}}{}", directory,
                          chunked ? "; there is a saved_model.cpb, whose format (for graphs above 2 GiB) is not read"
                          : is_directory(directory) ? ""
                                                    : "; there is no such folder"));
}

std::string saved_variables_prefix(const std::string& directory) {
  return (fs::path(directory) / "variables" / "variables").string();
}

std::string saved_asset_path(const std::string& directory, const std::string& name) {
  return (fs::path(directory) / "assets" / name).string();
}

std::vector<std::string> tags_of(const proto::MetaGraphDef& graph) {
  return {graph.meta_info_def().tags().begin(), graph.meta_info_def().tags().end()};
}

const proto::MetaGraphDef& find_tagged_graph(const proto::SavedModel& saved, const std::vector<std::string>& tags,
                                             const std::string& directory) {
  std::vector<std::string> available;
  for (const proto::MetaGraphDef& graph : saved.meta_graphs()) {
    const std::vector<std::string> its = tags_of(graph);
    if (std::set(its.begin(), its.end()) == std::set(tags.begin(), tags.end())) return graph;
    available.push_back(tags_text(its));
  }
  throw Error(Code::NotFound,
              fmt::format("{}: MetaGraphDef associated with tags {} could not be found in SavedModel, with "
                          "available tags '[{}]'; all tags of a graph must be named, and no other",
                          directory, tags_text(tags), fmt::join(available, ", ")));
}

std::map<std::string, std::string> asset_paths(const proto::MetaGraphDef& graph, const std::string& directory) {
  std::map<std::string, std::string> paths;
  std::error_code ignored;
  const fs::path absolute = fs::absolute(directory, ignored);
  for (const proto::AssetFileDef& asset : assets_of(graph, directory)) {
    paths[asset.tensor_info().name()] = saved_asset_path(absolute.string(), asset.filename());
  }
  return paths;
}

std::optional<std::string> init_operation(const proto::MetaGraphDef& graph) {
  const auto signature = graph.signature_def().find(kInitOp);
  if (signature != graph.signature_def().end()) {
    const auto output = signature->second.outputs().find(kInitOp);
    if (output != signature->second.outputs().end()) return output->second.name();
  }
  for (const char* name : {"saved_model_main_op", "legacy_init_op"}) {
    const auto collection = graph.collection_def().find(name);
    if (collection == graph.collection_def().end()) continue;
    const auto& nodes = collection->second.node_list().value();
    if (nodes.size() != 1) {
      throw Error(Code::InvalidArgument, fmt::format("Expected exactly one SavedModel init op. Found {}: [{}] in the "
                                                     "collection {}",
                                                     nodes.size(), fmt::join(nodes, ", "), name));
    }
    return nodes.Get(0);
  }
  return std::nullopt;
}

}  // namespace tenon
