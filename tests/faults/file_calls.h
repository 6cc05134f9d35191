// Sees every call of the C library that changes files below one folder, and lets one of them go wrong.
//
//   watch(folder, {.kind = Fault::Kind::Kill, .at = 7});      // the process dies before the seventh call
//   saver.save(session, folder + "/m");
//   const std::vector<FileCall> calls = stop_watching();      // what was done, in its order
//
// file_calls.cc defines open, write, rename, ... once more. A program that it is compiled into is where the dynamic
// linker looks first, so that the shared libraries of the process call these too. What a FILE* or a mapping writes is
// not seen; DiskModel (disk_model.h) notices, because the calls do not explain what is in the folder then.
//
// One folder at a time is watched, by all threads of the process. Calls are numbered from 1 on.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tenon::faults {

struct FileCall {
  enum class Kind {
    Read,
    Create,
    Write,
    Resize,
    Sync,
    SyncFolder,
    Rename,
    Link,
    Remove,
    MakeFolder,
    RemoveFolder,
    Close
  };

  Kind kind;
  std::string function;      // "pwrite"
  std::string path;          // below the folder; "." for the folder itself. For Rename and Link the old name
  std::string to;            // Rename, Link: the new name
  std::uint64_t file = 0;    // the inode, where there is an open file
  bool emptied = false;      // Create: what was there before is gone
  std::uint64_t offset = 0;  // Write
  std::string bytes;         // Write: what was really written
  std::uint64_t size = 0;    // Write: how much was to be written; Resize: how long the file is now
  bool failed = false;
  bool made_to_fail = false; // by a Fault

  std::string described() const;  // "rename m.index.tempstate1 to m.index"
};

struct Fault {
  enum class Kind {
    None,
    Kill,         // SIGKILL before the call
    KillHalfway,  // SIGKILL after half of a write; other calls are left alone
    Fail,         // the call fails with `error`
    FailFromHere, // this call and all later ones that need room on the disk fail with `error`
    ShortWrites,  // every write from this one on writes half of what it should, or one byte
  };
  Kind kind = Kind::None;
  int at = 0;
  int error = 0;
  bool count_reads = false;                      // opening files for reading counts too
  std::function<void(const FileCall&)> strike;  // called once, before call `at`; may wait
};

// REQUIRES: `folder` is absolute and without symbolic links.
void watch(const std::string& folder, Fault fault = {});
std::vector<FileCall> stop_watching();

}  // namespace tenon::faults
