#include "base/directory_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

namespace tenon {

DirectoryLock::DirectoryLock(const std::string& directory, Kind kind) {
  fd_ = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd_ < 0) return;
  int result = 0;
  do {
    result = ::flock(fd_, kind == Kind::Exclusive ? LOCK_EX : LOCK_SH);
  } while (result != 0 && errno == EINTR);
  held_ = result == 0;
}

DirectoryLock::~DirectoryLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace tenon
