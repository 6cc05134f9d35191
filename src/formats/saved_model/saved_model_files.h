// A SavedModel's folder:
//
//   saved_model.pb or saved_model.pbtxt    SavedModel: the graphs, each with its tags
//   variables/variables.index, ...         a V2 checkpoint; none if there are no variables
//   assets/NAME                            other files that the graphs need
//   assets.extra/, debug/, fingerprint.pb  not needed to load it
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tenon {

namespace proto {
class MetaGraphDef;
class SavedModel;
}  // namespace proto

// The .pb, or else the .pbtxt. Throws NotFound if there is neither.
std::string find_saved_model_file(const std::string& directory);

std::string saved_variables_prefix(const std::string& directory);
std::string saved_asset_path(const std::string& directory, const std::string& name);

std::vector<std::string> tags_of(const proto::MetaGraphDef& graph);
// The graph with exactly these tags. Throws NotFound with the sets of tags that there are.
const proto::MetaGraphDef& find_tagged_graph(const proto::SavedModel& saved, const std::vector<std::string>& tags,
                                             const std::string& directory);

// The absolute path of each asset by the name of its tensor. Throws DataLoss for an asset that cannot be parsed.
std::map<std::string, std::string> asset_paths(const proto::MetaGraphDef& graph, const std::string& directory);

// The name of the operation or tensor to be run after loading: of the signature __saved_model_init_op, else of the
// collection saved_model_main_op, else of legacy_init_op. Throws InvalidArgument for a collection with none or several.
std::optional<std::string> init_operation(const proto::MetaGraphDef& graph);

}  // namespace tenon
