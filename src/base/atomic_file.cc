#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "base/files.h"

namespace tenon {
namespace {

constexpr std::size_t kPendingLimit = 1 << 20;
constexpr std::size_t kLongestName = 255;

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string temporary_name(const std::string& path) {
  std::random_device device;
  const std::uint64_t number = (static_cast<std::uint64_t>(device()) << 32) | device();
  const std::string ending = fmt::format(".tempstate{}", number);
  const std::size_t slash = path.rfind('/');
  const std::size_t name = path.size() - (slash == std::string::npos ? 0 : slash + 1);
  if (name + ending.size() <= kLongestName) return path + ending;
  return directory_of(path) + "/" + ending;
}

}  // namespace

AtomicFile::AtomicFile(std::string path, Sync sync) : path_(std::move(path)), sync_(sync) {
  if (is_directory(path_)) throw file_error(path_, "cannot write", EISDIR);
  temporary_ = temporary_name(path_);
  fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd_ < 0) throw file_error(path_, "cannot create", errno);
}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) ::close(fd_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
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

void AtomicFile::flush() {
  write_through(pending_);
  pending_.clear();
  if (sync_ == Sync::Yes && ::fsync(fd_) != 0) throw file_error(path_, "cannot write to the disk", errno);
}

void AtomicFile::close() {
  const int fd = std::exchange(fd_, -1);
  if (::close(fd) != 0) throw file_error(path_, "cannot close", errno);
}

void AtomicFile::commit() {
  flush();
  close();
  rename_file(temporary_, path_);
  temporary_.clear();
  if (sync_ == Sync::Yes) sync_directory_of(path_);
}

void write_file_atomic(const std::string& path, std::string_view bytes, AtomicFile::Sync sync) {
  AtomicFile file(path, sync);
  file.write(bytes);
  file.commit();
}

void sync_directory_of(const std::string& path) {
  const std::string directory = directory_of(path);
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) throw file_error(directory, "cannot open", errno);
  const int failed = ::fsync(fd) != 0 ? errno : 0;
  ::close(fd);
  // Some file systems cannot sync a folder; there is nothing more to do then.
  if (failed != 0 && failed != EINVAL) throw file_error(directory, "cannot write to the disk", failed);
}

}  // namespace tenon
