#include "saver/checkpoint_files.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "base/files.h"
#include "formats/bundle/bundle_entry.h"
#include "formats/checkpoint/checkpoint_path.h"
#include "formats/commit/checkpoint_commit.h"
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

bool is_file(const std::string& path) { return file_exists(path) && !is_directory(path); }

bool is_v1_file(const std::string& path) {
  try {
    return is_file(path) && recognise_model_file(path) == ModelFile::V1Checkpoint;
  } catch (const Error&) {
    return false;  // it cannot be read
  }
}

// A checkpoint that a state file names, or the one of that name in the file's folder, which may have been moved since.
std::optional<std::string> find_recorded(const std::string& directory, const std::string& recorded) {
  for (std::string path : {join_path(directory, recorded), join_path(directory, base_name(recorded))}) {
    if (checkpoint_exists(path)) return path;
  }
  return std::nullopt;
}

}  // namespace

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return "";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string join_path(const std::string& directory, const std::string& path) {
  if (directory.empty() || path.starts_with('/')) return path;
  return directory.ends_with('/') ? directory + path : directory + "/" + path;
}

std::string relative_to(const std::string& path, const std::string& directory) {
  const fs::path from = fs::absolute(directory.empty() ? "." : directory).lexically_normal() / "";
  return fs::absolute(path).lexically_normal().lexically_relative(from).string();
}

std::string resolve_checkpoint(const std::string& path) {
  return find_checkpoint(path) ? path : locate_checkpoint(path).prefix;
}

bool checkpoint_exists(const std::string& path) {
  try {
    return find_checkpoint(path).has_value();
  } catch (const Error&) {
    return false;  // some of its files are missing
  }
}

void remove_checkpoint(const std::string& prefix, const std::string& meta_graph_suffix) {
  const auto shards = parse_shard_name(prefix);  // a V1 checkpoint, "P-?????-of-00002"
  const std::string meta = (shards ? shards->prefix : prefix) + "." + meta_graph_suffix;
  std::vector<std::string> others = {meta};
  std::string leader = index_path(prefix);
  if (shards) {
    for (int i = 0; i + 1 < shards->count; ++i) others.push_back(shard_path(shards->prefix, i, shards->count));
    leader = shard_path(shards->prefix, shards->count - 1, shards->count);
  } else if (is_committed(leader)) {
    for (const auto& [file, count] : data_files(prefix)) others.push_back(file);
  } else if (!is_v1_file(prefix)) {
    return;
  }
  try {
    if (shards || is_committed(leader)) return remove_committed(leader, others);
    remove_file(meta);
    remove_file(prefix);
  } catch (const Error&) {
    // The next checkpoint is not in danger, and the caller can do nothing about it.
  }
}

std::optional<double> checkpoint_time(const std::string& prefix) {
  struct stat status {};
  const std::string index = settled_path(index_path(prefix), index_path(prefix));
  const auto shards = parse_shard_name(prefix);
  const std::string v1 = shards ? shard_path(shards->prefix, 0, shards->count) : prefix;
  if (::stat(index.c_str(), &status) != 0 && ::stat(v1.c_str(), &status) != 0) return std::nullopt;
  return static_cast<double>(status.st_mtim.tv_sec) + 1e-9 * static_cast<double>(status.st_mtim.tv_nsec);
}

std::optional<std::string> latest_checkpoint(const std::string& directory, std::string_view latest_filename) {
  const std::string file = join_path(directory, std::string(latest_filename));
  if (!is_file(file)) return std::nullopt;
  return find_recorded(directory, read_checkpoint_state(file).model_checkpoint_path);
}

std::vector<std::string> listed_checkpoints(const std::string& directory, std::string_view latest_filename) {
  const std::string file = join_path(directory, std::string(latest_filename));
  std::vector<std::string> found;
  if (!is_file(file)) return found;
  for (const std::string& path : read_checkpoint_state(file).all_model_checkpoint_paths) {
    if (auto existing = find_recorded(directory, path)) found.push_back(*std::move(existing));
  }
  return found;
}

std::vector<double> get_checkpoint_mtimes(const std::vector<std::string>& paths) {
  std::vector<double> times;
  for (const std::string& path : paths) {
    if (const auto time = checkpoint_time(path)) times.push_back(*time);
  }
  return times;
}

}  // namespace tenon
