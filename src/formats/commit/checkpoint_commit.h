// How the files of a checkpoint get their names: all or none, whenever the process is killed.
//
//   CheckpointCommit commit("model.ckpt");
//   AtomicFile& data = commit.create("model.ckpt.data-00000-of-00001");
//   AtomicFile& index = commit.create("model.ckpt.index");               // the leader: the last one
//   ...                                                                  // write both
//   commit.commit();
//
// Old data must never stand beside a new index, nor the reverse, and data without an index should not be left lying
// around. So the files first become FILE.next, the leader last: from then on the new checkpoint holds, and readers
// (settled_path) take FILE.next where there is one. Then each FILE.next becomes FILE, the leader last again. Whoever
// commits next in the folder finishes what a killed process began. A single file is just renamed.
//
// Commits in one folder wait for each other (base/directory_lock.h). Each sweeps away what killed saves have left in
// the folder: temporary files whose writer is gone, and .next files without a leader.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/files.h"

namespace tenon {

class CheckpointCommit {
 public:
  explicit CheckpointCommit(std::string prefix, AtomicFile::Sync sync = AtomicFile::Sync::No);

  // A file to be written, "PREFIX.index", "PREFIX.data-00000-of-00002", ...
  AtomicFile& create(const std::string& path);
  // A finished file that only changes its name.
  void adopt(const std::string& from, const std::string& path);

  // Throws the errors of writing and renaming; before the leader has a name, nothing has changed then. Data files of
  // this name from a save with another number of shards are removed.
  void commit();

 private:
  struct Member {
    std::unique_ptr<AtomicFile> file;  // null for an adopted one
    std::string adopted, path;

    void rename_to(const std::string& name) const;
  };

  void name_all();
  void remove_others() const;
  void sync_names() const;

  std::string prefix_;
  AtomicFile::Sync sync_;
  std::vector<Member> members_;
};

// Removes a checkpoint, the leader's name first: either all of it is there or none, and the next commit in the folder
// removes what is left. Throws if the leader cannot be renamed (everything is still there) or another file not be
// removed.
void remove_committed(const std::string& leader, const std::vector<std::string>& others);

// Where the bytes of `path` are while the commit of `leader` is not finished: PATH.next, or `path` itself.
std::string settled_path(const std::string& path, const std::string& leader);

// There is such a leader, with either name.
bool is_committed(const std::string& leader);

}  // namespace tenon
