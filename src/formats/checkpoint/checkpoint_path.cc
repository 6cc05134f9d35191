#include "formats/checkpoint/checkpoint_path.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "base/files.h"
#include "base/nearest_names.h"
#include "formats/bundle/bundle_entry.h"
#include "formats/commit/checkpoint_commit.h"
#include "formats/checkpoint_state/checkpoint_state.h"
#include "formats/meta_graph/meta_graph.h"
#include "tenon/error.h"

namespace tenon {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kShardEnding = 15;  // "-00000-of-00001"

bool is_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_file(const std::string& path) { return file_exists(path) && !is_directory(path); }

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (fs::directory_iterator at(folder.empty() ? "." : folder, ignored), end; at != end; at.increment(ignored)) {
    names.push_back(at->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// How many shards the V1 checkpoints of this name have.
std::set<int> shard_counts(const std::string& prefix) {
  const fs::path path(prefix);
  const std::string base = path.filename().string();
  std::set<int> counts;
  for (const std::string& name : names_in(path.parent_path())) {
    const auto shard = name.starts_with(base) ? parse_shard_name(name) : std::nullopt;
    if (!shard || shard->prefix != base) continue;
    if (recognise_model_file((path.parent_path() / name).string()) == ModelFile::V1Checkpoint)
      counts.insert(shard->count);
  }
  return counts;
}

CheckpointPath all_shards(const std::string& prefix, int count) {
  CheckpointPath found{CheckpointFormat::V1, prefix, {}};
  for (int i = 0; i < count; ++i) {
    found.files.push_back(shard_path(prefix, i, count));
    if (!file_exists(found.files.back())) {
      throw Error(Code::NotFound, fmt::format("{}: the shard {} of {} of the checkpoint \"{}\" is missing",
                                              found.files.back(), i, count, prefix));
    }
  }
  return found;
}

std::optional<CheckpointPath> find_v1(const std::string& prefix) {
  const auto shard = parse_shard_name(prefix);
  if (is_file(prefix)) {
    if (recognise_model_file(prefix) != ModelFile::V1Checkpoint) return std::nullopt;
    if (!shard) return CheckpointPath{CheckpointFormat::V1, prefix, {prefix}};
    // A shard alone is of use, too, if the others are gone.
    for (int i = 0; i < shard->count; ++i) {
      if (!file_exists(shard_path(shard->prefix, i, shard->count))) {
        return CheckpointPath{CheckpointFormat::V1, prefix, {prefix}};
      }
    }
    return all_shards(shard->prefix, shard->count);
  }
  if (shard && prefix.ends_with(fmt::format("-\?\?\?\?\?-of-{:05}", shard->count))) {
    if (shard_counts(shard->prefix).contains(shard->count)) return all_shards(shard->prefix, shard->count);
    return std::nullopt;
  }
  const std::set<int> counts = shard_counts(prefix);
  if (counts.empty()) return std::nullopt;
  if (counts.size() == 1) return all_shards(prefix, *counts.begin());
  throw Error(Code::InvalidArgument,
              fmt::format("there are V1 checkpoints \"{}\" of {} shards; name one as \"{}-\?\?\?\?\?-of-{:05}\"",
                          prefix, fmt::join(counts, " and of "), prefix, *counts.begin()));
}

std::optional<CheckpointPath> from_state_file(const std::string& file) {
  const std::string recorded = read_checkpoint_state(file).model_checkpoint_path;
  const fs::path folder = fs::path(file).parent_path();
  // A folder that was moved still has its files under their last names.
  for (const fs::path& candidate : {folder / recorded, folder / fs::path(recorded).filename()}) {
    if (auto found = find_checkpoint(candidate.string())) return found;
  }
  throw Error(Code::NotFound, fmt::format("{} names the checkpoint \"{}\", which does not exist", file, recorded));
}

std::string nearby(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  std::vector<std::string> found;
  for (const std::string& name : names_in(folder)) {
    if (name.ends_with(".index")) found.push_back((folder / name.substr(0, name.size() - 6)).string());
  }
  return nearest_phrase(path, found);
}

}  // namespace

std::optional<ShardName> parse_shard_name(const std::string& path) {
  if (path.size() <= kShardEnding) return std::nullopt;
  const std::string_view ending = std::string_view(path).substr(path.size() - kShardEnding);
  const std::string_view number = ending.substr(1, 5), count = ending.substr(10);
  if (ending[0] != '-' || ending.substr(6, 4) != "-of-" || !is_digits(count)) return std::nullopt;
  if (!is_digits(number) && number != "\?\?\?\?\?") return std::nullopt;
  return ShardName{path.substr(0, path.size() - kShardEnding), std::stoi(std::string(count))};
}

std::string shard_path(const std::string& prefix, int shard, int count) {
  return fmt::format("{}-{:05}-of-{:05}", prefix, shard, count);
}

int data_files_by_name(const std::string& prefix) {
  const fs::path path(prefix);
  const std::string base = path.filename().string() + ".data";
  for (const std::string& name : names_in(path.parent_path())) {
    const auto shard = name.starts_with(base) ? parse_shard_name(name) : std::nullopt;
    if (shard && shard->prefix == base) return shard->count;
  }
  return 0;
}

std::optional<std::string> prefix_of_file(const std::string& path) {
  for (const std::string_view ending : {".index", ".meta"}) {
    if (path.ends_with(ending)) return path.substr(0, path.size() - ending.size());
  }
  const auto shard = parse_shard_name(path);
  if (!shard || !shard->prefix.ends_with(".data")) return std::nullopt;
  return shard->prefix.substr(0, shard->prefix.size() - 5);
}

std::optional<CheckpointPath> find_checkpoint(const std::string& prefix) {
  if (prefix.empty()) return std::nullopt;
  if (is_committed(index_path(prefix))) return CheckpointPath{CheckpointFormat::V2, prefix, {}};
  return find_v1(prefix);
}

CheckpointPath locate_checkpoint(const std::string& path) {
  if (path.empty()) throw Error(Code::InvalidArgument, "Can't load save_path when it is None: the name is empty");
  const auto prefix = prefix_of_file(path);
  if (prefix && is_committed(index_path(*prefix))) return {CheckpointFormat::V2, *prefix, {}};
  if (auto found = find_checkpoint(path)) return *std::move(found);
  if (prefix) {
    if (auto found = find_checkpoint(*prefix)) return *std::move(found);
  }
  const bool directory = is_directory(path);
  const std::string state = directory ? (fs::path(path) / "checkpoint").string() : path;
  if (is_file(state) && (directory || recognise_model_file(state) == ModelFile::CheckpointState)) {
    return *from_state_file(state);
  }
  if (directory) {
    throw Error(Code::NotFound,
                fmt::format("Couldn't find 'checkpoint' file or checkpoints in given directory {}", path));
  }
  throw Error(Code::NotFound,
              fmt::format("The passed save_path is not a valid checkpoint: {}: Failed to find any matching "
                          "files for {} (there is no {}){}",
                          path, path, index_path(path), nearby(path)));
}

}  // namespace tenon
