#include "formats/commit/interrupted.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include <fmt/format.h>

#include "base/files.h"

namespace tenon {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kNext = ".next";
constexpr std::string_view kDeleted = ".deleted";
constexpr std::string_view kIndex = ".index";
constexpr std::string_view kData = ".data";
constexpr std::size_t kShardEnding = 15;  // "-00000-of-00001"

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_shard_ending(std::string_view text) {
  return text.size() == kShardEnding && text[0] == '-' && is_digits(text.substr(1, 5)) && text.substr(6, 4) == "-of-" &&
         is_digits(text.substr(10));
}

std::string in(const std::string& directory, const std::string& name) { return (fs::path(directory) / name).string(); }

// A temporary file of this library: "...tempstate<number>-tenon".
bool is_temporary(std::string_view name) {
  constexpr std::string_view kStart = ".tempstate", kEnd = "-tenon";
  const std::size_t start = name.rfind(kStart);
  if (start == std::string_view::npos || !name.ends_with(kEnd)) return false;
  name.remove_prefix(start + kStart.size());
  return name.size() > kEnd.size() && is_digits(name.substr(0, name.size() - kEnd.size()));
}

// A writer holds a lock on its file, and a killed one does not.
void remove_if_abandoned(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
  if (fd < 0) return;
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) ::unlink(path.c_str());
  ::close(fd);
}

void settle_or_remove(const std::string& directory, const std::string& name) {
  const auto member = parse_member_name(name.substr(0, name.size() - kNext.size()));
  const std::string path = in(directory, name);
  if (!member || !file_exists(path)) return;  // not ours, or gone with the rest of its checkpoint
  if (file_exists(next_name(in(directory, member->leader)))) {
    finish_interrupted(in(directory, member->prefix), in(directory, member->leader));
  } else {
    remove_file(path);
  }
}

// Unless a checkpoint of that name was saved again.
void finish_removal(const std::string& directory, const std::string& name) {
  const std::string leader = name.substr(0, name.size() - kDeleted.size());
  const auto removed = parse_member_name(leader);
  if (!removed || removed->leader != leader) return;
  if (!file_exists(in(directory, leader)) && !file_exists(next_name(in(directory, leader)))) {
    for (const std::string& file : names_in(directory)) {
      const auto member = parse_member_name(file);
      if (member && member->leader == leader) remove_file(in(directory, file));
    }
    remove_file(in(directory, removed->prefix + ".meta"));
  }
  remove_file(in(directory, name));
}

}  // namespace

std::string next_name(const std::string& path) { return path + std::string(kNext); }
std::string deleted_name(const std::string& path) { return path + std::string(kDeleted); }

std::optional<MemberName> parse_member_name(const std::string& name) {
  if (name.ends_with(kIndex)) return MemberName{name.substr(0, name.size() - kIndex.size()), name};
  if (name.size() <= kShardEnding) return std::nullopt;
  const std::string start = name.substr(0, name.size() - kShardEnding), ending = name.substr(start.size());
  if (!is_shard_ending(ending)) return std::nullopt;
  if (start.ends_with(kData)) {
    const std::string prefix = start.substr(0, start.size() - kData.size());
    return MemberName{prefix, prefix + std::string(kIndex)};
  }
  const int count = std::stoi(ending.substr(10));
  return MemberName{start, fmt::format("{}-{:05}-of-{:05}", start, std::max(count - 1, 0), count)};
}

void finish_interrupted(const std::string& prefix, const std::string& leader) {
  if (!file_exists(next_name(leader))) return;
  const std::string directory = parent_directory(prefix);
  for (const std::string& name : names_in(directory)) {
    if (!name.ends_with(kNext)) continue;
    const std::string file = name.substr(0, name.size() - kNext.size());
    const auto member = parse_member_name(file);
    const fs::path leader_name = fs::path(leader).filename();
    if (!member || member->leader != leader_name || file == leader_name) continue;
    rename_file(in(directory, name), in(directory, file));
  }
  rename_file(next_name(leader), leader);
}

void sweep(const std::string& directory) {
  for (const std::string& name : names_in(directory)) {
    try {
      if (is_temporary(name)) remove_if_abandoned(in(directory, name));
      else if (name.ends_with(kNext)) settle_or_remove(directory, name);
      else if (name.ends_with(kDeleted)) finish_removal(directory, name);
    } catch (const Error&) {
      // The next save tries again.
    }
  }
}

}  // namespace tenon
