// Which files are checkpoints, and which belong to one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tenon {

// The checkpoint's name for what a user gave: the name itself, one of its files, or a folder with a state file. Throws
// NotFound, with the checkpoints that are near, if there is none.
std::string resolve_checkpoint(const std::string& path);

// Removes the index, the data files and PREFIX.META_SUFFIX. What cannot be removed stays.
void remove_checkpoint(const std::string& prefix, const std::string& meta_suffix);

// Data files of PREFIX from an earlier save with another number of shards.
void remove_stale_shards(const std::string& prefix, int num_shards);

// When the checkpoint was written, in seconds since 1970; nothing if there is none.
std::optional<double> checkpoint_time(const std::string& prefix);

std::string directory_of(const std::string& path);  // "" for a plain file name
std::string base_name(const std::string& path);
// os.path.join: `path` itself if it is absolute.
std::string join_path(const std::string& directory, const std::string& path);
// `path` as seen from `directory`, with the shortest way ("../other/m-1").
std::string relative_to(const std::string& path, const std::string& directory);

}  // namespace tenon
