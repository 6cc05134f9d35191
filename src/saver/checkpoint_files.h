// Which files are checkpoints, and which belong to one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

// The checkpoint's name for what a user gave (formats/checkpoint/checkpoint_path.h). Throws
// NotFound, with the checkpoints that are near, if there is none.
std::string resolve_checkpoint(const std::string& path);

// The checkpoints that the folder's state file lists and that exist, the oldest first.
std::vector<std::string> listed_checkpoints(const std::string& directory, std::string_view latest_filename);

// When the checkpoint was written, in seconds since 1970; nothing if there is none.
std::optional<double> checkpoint_time(const std::string& prefix);

std::string directory_of(const std::string& path);  // "" for a plain file name
// os.path.join: `path` itself if it is absolute.
std::string join_path(const std::string& directory, const std::string& path);
// `path` as seen from `directory`, with the shortest way ("../other/m-1").
std::string relative_to(const std::string& path, const std::string& directory);

}  // namespace tenon
