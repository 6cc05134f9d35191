#include "cli/model_path.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <vector>

#include "base/files.h"
#include "base/nearest_names.h"
#include "formats/bundle/bundle_entry.h"
#include "formats/checkpoint_state/checkpoint_state.h"
#include "formats/meta_graph/meta_graph.h"
#include "tenon/error.h"

namespace tenon {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (fs::directory_iterator entry(folder, ignored), end; entry != end; entry.increment(ignored)) {
    names.push_back(entry->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// "model.ckpt-00000-of-00002", the first shard of a V1 checkpoint "model.ckpt"; "" if there is none.
std::string first_v1_shard(const std::string& prefix) {
  const fs::path path(prefix);
  const std::string start = path.filename().string() + "-00000-of-";
  const fs::path folder = path.parent_path().empty() ? "." : path.parent_path();
  for (const std::string& name : names_in(folder)) {
    if (name.starts_with(start)) return (path.parent_path() / name).string();
  }
  return {};
}

// A checkpoint by its name, if there is one.
bool find_checkpoint(const std::string& prefix, ModelPath& found) {
  if (file_exists(index_path(prefix))) {
    found = {ModelKind::Bundle, prefix};
    return true;
  }
  if ((file_exists(prefix) && !is_directory(prefix) && recognise_model_file(prefix) == ModelFile::V1Checkpoint) ||
      !first_v1_shard(prefix).empty()) {
    found = {ModelKind::V1Checkpoint, prefix};
    return true;
  }
  return false;
}

ModelPath from_state_file(const std::string& file) {
  const std::string named = read_checkpoint_state(file).model_checkpoint_path;
  const fs::path folder = fs::path(file).parent_path();
  ModelPath found;
  // A folder that was moved still has its files under their last names.
  for (const fs::path& candidate : {folder / named, folder / fs::path(named).filename()}) {
    if (find_checkpoint(candidate.string(), found)) return found;
  }
  throw Error(Code::NotFound, fmt::format("{} names the checkpoint \"{}\", which does not exist", file, named));
}

ModelPath from_directory(const std::string& folder) {
  for (const char* name : {"saved_model.pb", "saved_model.pbtxt"}) {
    const std::string file = (fs::path(folder) / name).string();
    if (file_exists(file)) return {ModelKind::SavedModel, file};
  }
  const std::string state = (fs::path(folder) / "checkpoint").string();
  if (file_exists(state)) return from_state_file(state);
  std::vector<std::string> models;
  for (const std::string& name : names_in(folder)) {
    if (name.ends_with(".index") || name.ends_with(".meta") || name.ends_with(".pb") || name.ends_with(".pbtxt")) {
      models.push_back(name);
    }
  }
  throw Error(Code::NotFound,
              fmt::format("{} is a folder without saved_model.pb and without a file \"checkpoint\"{}", folder,
                          models.empty() ? "" : fmt::format("; name one of its files: {}", fmt::join(models, ", "))));
}

std::string without(const std::string& text, std::size_t suffix) { return text.substr(0, text.size() - suffix); }

ModelPath from_file(const std::string& file) {
  switch (const ModelFile kind = recognise_model_file(file)) {
    case ModelFile::MetaGraph: return {ModelKind::MetaGraph, file};
    case ModelFile::GraphDef: return {ModelKind::GraphDef, file};
    case ModelFile::SavedModel: return {ModelKind::SavedModel, file};
    case ModelFile::CheckpointState: return from_state_file(file);
    case ModelFile::BundleIndex:
      if (file.ends_with(".index")) return {ModelKind::Bundle, without(file, 6)};
      throw Error(Code::InvalidArgument, fmt::format("{} is the index of a checkpoint, but its name does not end in "
                                                     "\".index\", so its data files cannot be told", file));
    case ModelFile::V1Checkpoint: {
      std::smatch shard;
      static const std::regex pattern("(.*)-\\d{5}-of-\\d{5}");
      return {ModelKind::V1Checkpoint, std::regex_match(file, shard, pattern) ? shard[1].str() : file};
    }
    default: {
      std::smatch data;
      static const std::regex pattern("(.*)\\.data-\\d{5}-of-\\d{5}");
      ModelPath found;
      if (std::regex_match(file, data, pattern) && find_checkpoint(data[1].str(), found)) return found;
      throw Error(Code::InvalidArgument, fmt::format("{} is no model: it is {}", file, model_file_name(kind)));
    }
  }
}

}  // namespace

ModelPath resolve_model(const std::string& argument) {
  if (is_directory(argument)) return from_directory(argument);
  if (file_exists(argument)) return from_file(argument);
  ModelPath found;
  if (find_checkpoint(argument, found)) return found;
  if (file_exists(argument + ".meta")) return from_file(argument + ".meta");
  const fs::path path(argument);
  const fs::path folder = path.parent_path().empty() ? "." : path.parent_path();
  throw Error(Code::NotFound, fmt::format("there is no model \"{}\": no file or folder of this name, no \"{}.index\", "
                                          "no \"{}.meta\"{}", argument, argument, argument,
                                          nearest_phrase(path.filename().string(), names_in(folder))));
}

std::string checkpoint_of(const ModelPath& model) {
  ModelPath found;
  switch (model.kind) {
    case ModelKind::Bundle:
    case ModelKind::V1Checkpoint: return model.path;
    case ModelKind::MetaGraph:
      return model.path.ends_with(".meta") && find_checkpoint(without(model.path, 5), found) ? found.path : "";
    case ModelKind::SavedModel: {
      const fs::path variables = fs::path(model.path).parent_path() / "variables" / "variables";
      return find_checkpoint(variables.string(), found) ? found.path : "";
    }
    case ModelKind::GraphDef: return "";
  }
  return "";
}

std::string meta_of(const std::string& checkpoint) {
  const std::string meta = checkpoint + ".meta";
  return file_exists(meta) ? meta : "";
}

}  // namespace tenon
