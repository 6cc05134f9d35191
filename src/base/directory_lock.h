// A lock on a folder, between threads and between processes (flock): held exclusively while files in it get their names
// or are swept away, shared while a temporary file is made.
//
//   DirectoryLock lock("train", DirectoryLock::Kind::Exclusive);
//   if (lock.held()) ...                        // file systems without locks: work goes on without
//
// Waits for others. A thread must not ask for a lock that it holds: it would wait for itself.
#pragma once

#include <string>

namespace tenon {

class DirectoryLock {
 public:
  enum class Kind { Shared, Exclusive };

  DirectoryLock(const std::string& directory, Kind kind);
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

  bool held() const { return held_; }

 private:
  int fd_ = -1;
  bool held_ = false;
};

}  // namespace tenon
