#include "cli/model_path.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <vector>

#include "base/files.h"
#include "base/nearest_names.h"
#include "formats/bundle/bundle_entry.h"
#include "formats/checkpoint/checkpoint_path.h"
#include "formats/commit/checkpoint_commit.h"
#include "formats/meta_graph/meta_graph.h"
#include "tenon/error.h"

namespace tenon {
namespace {

namespace fs = std::filesystem;

// A checkpoint by its name, if there is one.
std::optional<ModelPath> checkpoint_named(const std::string& prefix) {
  const auto found = find_checkpoint(prefix);
  if (!found) return std::nullopt;
  return ModelPath{found->format == CheckpointFormat::V2 ? ModelKind::Bundle : ModelKind::V1Checkpoint, found->prefix};
}

// A checkpoint by one of its files, or by its state file.
ModelPath located_checkpoint(const std::string& path) {
  const CheckpointPath found = locate_checkpoint(path);
  return {found.format == CheckpointFormat::V2 ? ModelKind::Bundle : ModelKind::V1Checkpoint, found.prefix};
}

ModelPath from_directory(const std::string& folder) {
  for (const char* name : {"saved_model.pb", "saved_model.pbtxt"}) {
    const std::string file = (fs::path(folder) / name).string();
    if (file_exists(file)) return {ModelKind::SavedModel, file};
  }
  const std::string state = (fs::path(folder) / "checkpoint").string();
  if (file_exists(state)) return located_checkpoint(state);
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
  const auto prefix = prefix_of_file(file);
  if (prefix && !file.ends_with(".meta") && is_committed(index_path(*prefix))) return {ModelKind::Bundle, *prefix};
  // A file of this name beside an index is not what a checkpoint's name means.
  if (is_committed(index_path(file))) return {ModelKind::Bundle, file};
  switch (const ModelFile kind = recognise_model_file(file)) {
    case ModelFile::MetaGraph: return {ModelKind::MetaGraph, file};
    case ModelFile::GraphDef: return {ModelKind::GraphDef, file};
    case ModelFile::SavedModel: return {ModelKind::SavedModel, file};
    case ModelFile::CheckpointState: return located_checkpoint(file);
    case ModelFile::BundleIndex:
      if (file.ends_with(".index")) return {ModelKind::Bundle, without(file, 6)};
      throw Error(Code::InvalidArgument, fmt::format("{} is the index of a checkpoint, but its name does not end in "
                                                     "\".index\", so its data files cannot be told", file));
    case ModelFile::V1Checkpoint: return located_checkpoint(file);
    default: throw Error(Code::InvalidArgument, fmt::format("{} is no model: it is {}", file, model_file_name(kind)));
  }
}

}  // namespace

ModelPath resolve_model(const std::string& argument) {
  if (is_directory(argument)) return from_directory(argument);
  if (file_exists(argument)) return from_file(argument);
  if (const auto found = checkpoint_named(argument)) return *found;
  if (file_exists(argument + ".meta")) return from_file(argument + ".meta");
  const fs::path path(argument);
  const fs::path folder = path.parent_path().empty() ? "." : path.parent_path();
  throw Error(Code::NotFound, fmt::format("there is no model \"{}\": no file or folder of this name, no \"{}.index\", "
                                          "no \"{}.meta\"{}", argument, argument, argument,
                                          nearest_phrase(path.filename().string(), names_in(folder))));
}

std::string checkpoint_of(const ModelPath& model) {
  const auto name_of = [](const std::string& prefix) {
    const auto found = checkpoint_named(prefix);
    return found ? found->path : std::string();
  };
  switch (model.kind) {
    case ModelKind::Bundle:
    case ModelKind::V1Checkpoint: return model.path;
    case ModelKind::MetaGraph:
      return model.path.ends_with(".meta") ? name_of(without(model.path, 5)) : "";
    case ModelKind::SavedModel: {
      const fs::path variables = fs::path(model.path).parent_path() / "variables" / "variables";
      return name_of(variables.string());
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
