#include "formats/commit/checkpoint_commit.h"

#include <algorithm>
#include <exception>
#include <filesystem>

#include "base/directory_lock.h"
#include "formats/commit/interrupted.h"

namespace tenon {
namespace {

// Removes the files again unless they have come into use.
class Undo {
 public:
  ~Undo() {
    std::error_code ignored;
    for (const std::string& path : paths_) std::filesystem::remove(path, ignored);
  }
  void add(std::string path) { paths_.push_back(std::move(path)); }
  void dismiss() { paths_.clear(); }

 private:
  std::vector<std::string> paths_;
};

}  // namespace

CheckpointCommit::CheckpointCommit(std::string prefix, AtomicFile::Sync sync)
    : prefix_(std::move(prefix)), sync_(sync) {}

AtomicFile& CheckpointCommit::create(const std::string& path) {
  members_.push_back({std::make_unique<AtomicFile>(path, sync_), "", path});
  return *members_.back().file;
}

void CheckpointCommit::adopt(const std::string& from, const std::string& path) {
  members_.push_back({nullptr, from, path});
}

void CheckpointCommit::Member::rename_to(const std::string& name) const {
  if (file) file->rename_to(name);
  else rename_file(adopted, name);
}

void CheckpointCommit::sync_names() const {
  if (sync_ == AtomicFile::Sync::Yes) sync_directory_of(prefix_);
}

void CheckpointCommit::name_all() {
  Undo undo;
  for (const Member& member : members_) {
    if (&member == &members_.back()) sync_names();  // the data's names are on the disk before the index's
    member.rename_to(next_name(member.path));
    if (member.file) undo.add(next_name(member.path));
  }
  undo.dismiss();
  // The checkpoint holds now. Whatever fails from here on, its files must still get their names.
  std::exception_ptr failure;
  try {
    sync_names();
  } catch (const Error&) {
    failure = std::current_exception();
  }
  try {
    finish_interrupted(prefix_, members_.back().path);
  } catch (const Error&) {
    finish_interrupted(prefix_, members_.back().path);  // some failures pass
  }
  remove_others();
  if (failure) std::rethrow_exception(failure);
}

// Data files of this name from a save with another number of shards.
void CheckpointCommit::remove_others() const {
  const auto own = parse_member_name(base_name(members_.back().path));
  for (const std::string& name : names_in(parent_directory(prefix_))) {
    const auto member = parse_member_name(name);
    if (!own || !member || member->leader != own->leader) continue;
    const bool mine = std::any_of(members_.begin(), members_.end(),
                                  [&](const Member& file) { return base_name(file.path) == name; });
    if (!mine) remove_file((std::filesystem::path(prefix_).parent_path() / name).string());
  }
}

void CheckpointCommit::commit() {
  for (const Member& member : members_) {
    if (member.file) member.file->flush();
  }
  const std::string& leader = members_.back().path;
  const std::string directory = parent_directory(prefix_);
  const DirectoryLock lock(directory, DirectoryLock::Kind::Exclusive);
  finish_interrupted(prefix_, leader);
  if (members_.size() == 1) members_.back().rename_to(leader);
  else name_all();
  sync_names();
  if (lock.held()) sweep(directory);
}

void remove_committed(const std::string& leader, const std::vector<std::string>& others) {
  const DirectoryLock lock(parent_directory(leader), DirectoryLock::Kind::Exclusive);
  const std::string deleted = deleted_name(leader);
  rename_file(leader, deleted);
  for (const std::string& path : others) remove_file(path);
  remove_file(deleted);
}

std::string settled_path(const std::string& path, const std::string& leader) {
  const std::string next = next_name(path);
  return file_exists(next_name(leader)) && file_exists(next) ? next : path;
}

bool is_committed(const std::string& leader) {
  const auto is_file = [](const std::string& path) { return file_exists(path) && !is_directory(path); };
  return is_file(leader) || is_file(next_name(leader));
}

}  // namespace tenon
