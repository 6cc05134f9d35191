#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "base/directory_lock.h"
#include "base/files.h"

namespace tenon {
namespace {

constexpr std::size_t kPendingLimit = 1 << 20;
constexpr std::size_t kLongestName = 255;

std::string temporary_name(const std::string& path) {
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof number, 0) != sizeof number) throw file_error(path, "no random name", errno);
  const std::string ending = fmt::format(".tempstate{}-tenon", number);
  const std::size_t slash = path.rfind('/');
  const std::size_t name = path.size() - (slash == std::string::npos ? 0 : slash + 1);
  if (name + ending.size() <= kLongestName) return path + ending;
  return parent_directory(path) + "/" + ending;
}

}  // namespace

AtomicFile::AtomicFile(std::string path, Sync sync) : path_(std::move(path)), sync_(sync) {
  if (is_directory(path_)) throw file_error(path_, "cannot write", EISDIR);
  const std::string name = temporary_name(path_);
  // Whoever sweeps the folder must not see the file before it is locked.
  const DirectoryLock lock(parent_directory(path_), DirectoryLock::Kind::Shared);
  fd_ = ::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd_ < 0) throw file_error(path_, "cannot create", errno);
  temporary_ = name;
  ::flock(fd_, LOCK_EX | LOCK_NB);  // where locks do not exist, nobody sweeps
}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  if (fd_ >= 0) ::close(fd_);
}

void AtomicFile::write(std::string_view bytes) {
  written_ += bytes.size();
  if (pending_.size() + bytes.size() < kPendingLimit) {
    pending_.append(bytes);
    return;
  }
  write_through(pending_);
  pending_.clear();
  write_through(bytes);
}

void AtomicFile::write_through(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd_, bytes.data(), std::min(bytes.size(), std::size_t{1} << 30));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw file_error(path_, "cannot write", errno);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void AtomicFile::write_at(std::uint64_t offset, std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(fd_, bytes.data(), std::min(bytes.size(), std::size_t{1} << 30),
                                   static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw file_error(path_, fmt::format("cannot write at byte {}", offset), errno);
    bytes.remove_prefix(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
}

void AtomicFile::flush() {
  write_through(pending_);
  pending_.clear();
  if (sync_ == Sync::Yes && ::fsync(fd_) != 0) throw file_error(path_, "cannot write to the disk", errno);
  // Network file systems report a full disk when a file is closed; this one must stay open for its lock.
  const int copy = ::dup(fd_);
  if (copy >= 0 && ::close(copy) != 0) throw file_error(path_, "cannot close", errno);
}

void AtomicFile::rename_to(const std::string& path) {
  rename_file(temporary_, path);
  temporary_.clear();
  ::close(std::exchange(fd_, -1));
}

void AtomicFile::commit() {
  flush();
  rename_to(path_);
  if (sync_ == Sync::Yes) sync_directory_of(path_);
}

void write_file_atomic(const std::string& path, std::string_view bytes, AtomicFile::Sync sync) {
  AtomicFile file(path, sync);
  file.write(bytes);
  file.commit();
}

void write_file_atomic(const std::string& path, std::span<const std::string> parts, AtomicFile::Sync sync) {
  AtomicFile file(path, sync);
  for (const std::string& part : parts) file.write(part);
  file.commit();
}

void sync_directory_of(const std::string& path) {
  const std::string directory = parent_directory(path);
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) throw file_error(directory, "cannot open", errno);
  const int failed = ::fsync(fd) != 0 ? errno : 0;
  ::close(fd);
  // Some file systems cannot sync a folder; there is nothing more to do then.
  if (failed != 0 && failed != EINVAL) throw file_error(directory, "cannot write to the disk", failed);
}

}  // namespace tenon
