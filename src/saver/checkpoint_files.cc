#include "saver/checkpoint_files.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "base/files.h"
#include "base/nearest_names.h"
#include "formats/bundle/bundle_entry.h"
#include "formats/checkpoint/checkpoint_path.h"
#include "formats/checkpoint_state/checkpoint_state.h"
#include "formats/meta_graph/meta_graph.h"
#include "tenon/error.h"
#include "tenon/saver.h"

namespace tenon {
namespace {

namespace fs = std::filesystem;

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "00000-of-00002" -> 2
std::optional<int> shard_count(std::string_view text) {
  if (text.size() != 14 || text.substr(5, 4) != "-of-" || !is_digits(text.substr(0, 5)) || !is_digits(text.substr(9))) {
    return std::nullopt;
  }
  return std::stoi(std::string(text.substr(9)));
}

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(directory.empty() ? "." : directory, error), end; !error && at != end; at.increment(error)) {
    names.push_back(at->path().filename().string());
  }
  return names;
}

// The data files of a checkpoint, by their number of shards.
std::vector<std::pair<std::string, int>> data_files(const std::string& prefix) {
  std::vector<std::pair<std::string, int>> files;
  const std::string directory = directory_of(prefix), start = base_name(prefix) + ".data-";
  for (const std::string& name : names_in(directory)) {
    if (!name.starts_with(start)) continue;
    if (const auto count = shard_count(std::string_view(name).substr(start.size()))) {
      files.emplace_back(join_path(directory, name), *count);
    }
  }
  return files;
}

void try_remove(const std::string& path) {
  std::error_code ignored;
  fs::remove(path, ignored);
}

bool is_file(const std::string& path) { return file_exists(path) && !is_directory(path); }

// The name behind "P.index", "P.meta" and "P.data-00000-of-00001".
std::optional<std::string> without_suffix(const std::string& path) {
  for (const std::string_view suffix : {".index", ".meta"}) {
    if (path.ends_with(suffix)) return path.substr(0, path.size() - suffix.size());
  }
  const std::size_t data = path.rfind(".data-");
  if (data != std::string::npos && shard_count(std::string_view(path).substr(data + 6))) return path.substr(0, data);
  return std::nullopt;
}

std::string nearby_checkpoints(const std::string& path) {
  std::vector<std::string> found;
  for (const std::string& name : names_in(directory_of(path))) {
    if (name.ends_with(".index")) found.push_back(join_path(directory_of(path), name.substr(0, name.size() - 6)));
  }
  std::sort(found.begin(), found.end());
  return nearest_phrase(path, found);
}

}  // namespace

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return "";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string join_path(const std::string& directory, const std::string& path) {
  if (directory.empty() || path.starts_with('/')) return path;
  return directory.ends_with('/') ? directory + path : directory + "/" + path;
}

std::string relative_to(const std::string& path, const std::string& directory) {
  const fs::path from = fs::absolute(directory.empty() ? "." : directory).lexically_normal() / "";
  return fs::absolute(path).lexically_normal().lexically_relative(from).string();
}

std::string resolve_checkpoint(const std::string& path) {
  if (path.empty()) throw Error(Code::InvalidArgument, "Can't load save_path when it is None: the name is empty");
  if (find_checkpoint(path)) return path;
  if (is_directory(path)) {
    if (const auto latest = latest_checkpoint(path)) return *latest;
    throw Error(Code::NotFound, fmt::format("Couldn't find 'checkpoint' file or checkpoints in given directory {}", path));
  }
  if (const auto prefix = without_suffix(path); prefix && is_file(index_path(*prefix))) return *prefix;
  throw Error(Code::NotFound, fmt::format("The passed save_path is not a valid checkpoint: {} (there is no {}){}", path,
                                          index_path(path), nearby_checkpoints(path)));
}

bool checkpoint_exists(const std::string& path) {
  try {
    return find_checkpoint(path).has_value();
  } catch (const Error&) {
    return false;  // some of its files are missing
  }
}

void remove_checkpoint(const std::string& prefix, const std::string& meta_suffix) {
  const auto shards = parse_shard_name(prefix);  // a V1 checkpoint, "P-?????-of-00002"
  try_remove((shards ? shards->prefix : prefix) + "." + meta_suffix);
  try_remove(index_path(prefix));
  for (const auto& [file, count] : data_files(prefix)) try_remove(file);
  for (int i = 0; shards && i < shards->count; ++i) try_remove(shard_path(shards->prefix, i, shards->count));
  if (is_file(prefix) && recognise_model_file(prefix) == ModelFile::V1Checkpoint) try_remove(prefix);
}

void remove_stale_shards(const std::string& prefix, int num_shards) {
  for (const auto& [file, count] : data_files(prefix)) {
    if (count != num_shards) try_remove(file);
  }
}

std::optional<double> checkpoint_time(const std::string& prefix) {
  struct stat status {};
  const std::string index = index_path(prefix);
  const auto shards = parse_shard_name(prefix);
  const std::string v1 = shards ? shard_path(shards->prefix, 0, shards->count) : prefix;
  if (::stat(index.c_str(), &status) != 0 && ::stat(v1.c_str(), &status) != 0) return std::nullopt;
  return static_cast<double>(status.st_mtim.tv_sec) + 1e-9 * static_cast<double>(status.st_mtim.tv_nsec);
}

std::optional<std::string> latest_checkpoint(const std::string& directory, std::string_view latest_filename) {
  const std::string file = join_path(directory, std::string(latest_filename));
  if (!is_file(file)) return std::nullopt;
  const CheckpointState state = read_checkpoint_state(file);
  const std::string recorded = join_path(directory, state.model_checkpoint_path);
  if (checkpoint_exists(recorded)) return recorded;
  // The folder may have been moved since.
  const std::string beside = join_path(directory, base_name(state.model_checkpoint_path));
  return checkpoint_exists(beside) ? std::optional(beside) : std::nullopt;
}

}  // namespace tenon
