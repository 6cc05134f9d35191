// A disk that keeps what was synced and may lose the rest, for asking what a power failure would leave behind.
//
//   DiskModel disk(folder);                              // what is there before, safely stored
//   for (const FileCall& call : calls) {
//     disk.apply(call);
//     for (const Files& left : disk.after_power_failure()) ...    // each way in which it could look after the restart
//   }
//
// Names (create, rename, remove) reach the disk in their order, as with a file system that has a journal: what is left
// is a beginning of them, which holds at least all that a sync of their folder was asked for. The bytes of a file reach
// it when that file is synced, or earlier, or only some of them.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "faults/file_calls.h"

namespace tenon::faults {

// Path below the folder -> content; folders have a path that ends in "/".
using Files = std::map<std::string, std::string>;

Files files_in(const std::string& folder);
// Makes `folder` look so and no different.
void write_files(const Files& files, const std::string& folder);

class DiskModel {
 public:
  explicit DiskModel(const std::string& folder);

  void apply(FileCall call);

  Files now() const;  // as programs see it
  std::set<Files> after_power_failure() const;

  std::vector<std::string> unsynced_files() const;  // those with bytes that are not on the disk for certain
  std::vector<std::string> unsynced_names() const;  // those that changed and may yet be what they were
  bool is_synced(const std::string& path) const;

 private:
  struct File {
    std::string bytes;   // as programs see it
    std::string stored;  // as of the last sync
    bool synced() const { return bytes == stored; }
  };
  using Names = std::map<std::string, std::uint64_t>;  // files by our own number, folders as 0

  static void rename_in(Names& names, const FileCall& call);
  static void apply_to(Names& names, const FileCall& call);
  void sync_folder(const std::string& path);
  template <typename BytesOf>
  Files with(const Names& names, BytesOf bytes_of) const;

  std::map<std::uint64_t, File> files_;         // those that are gone too: their names may come back
  std::map<std::uint64_t, std::uint64_t> ids_;  // inode -> number; the system gives inodes a second time
  std::uint64_t last_id_ = 0;
  Names names_;
  Names stored_names_;
  std::vector<FileCall> pending_;  // changes of names that are not on the disk for certain
};

}  // namespace tenon::faults
