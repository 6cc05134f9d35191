#include "base/files.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/huge_pages.h"
#include "base/parallel_for.h"

namespace tenon {
namespace {

Code code_of(int error_number) {
  switch (error_number) {
    case ENOENT:
      return Code::NotFound;
    case EACCES:
    case EPERM:
    case EROFS:
      return Code::PermissionDenied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return Code::ResourceExhausted;
    case EEXIST:
      return Code::AlreadyExists;
    case EISDIR:
    case ENOTDIR:
    case ENOTEMPTY:
      return Code::FailedPrecondition;
    case ENAMETOOLONG:
    case EINVAL:
    case ELOOP:
      return Code::InvalidArgument;
    default:
      return Code::Unavailable;
  }
}

// Opens a regular file for reading and says how long it is.
std::pair<int, std::uint64_t> open_for_reading(const std::string& path) {
  // A pipe must be refused below, not waited for.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) throw file_error(path, "cannot open", errno);
  struct stat status {};
  const int error_number = ::fstat(fd, &status) != 0 ? errno : S_ISDIR(status.st_mode) ? EISDIR : 0;
  if (error_number != 0) {
    ::close(fd);
    throw file_error(path, "cannot read", error_number);
  }
  if (!S_ISREG(status.st_mode)) {
    ::close(fd);
    throw Error(Code::FailedPrecondition, fmt::format("{}: not a regular file", path));
  }
  return {fd, static_cast<std::uint64_t>(status.st_size)};
}

// Keeps a large file open while it loses its name, and closes it in a thread that nobody waits for.
class FreedLater {
 public:
  explicit FreedLater(const std::string& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size < kLarge) return;
    fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  }
  ~FreedLater() {
    if (fd_ < 0) return;
    try {
      std::thread([fd = fd_] { ::close(fd); }).detach();
    } catch (const std::system_error&) {
      ::close(fd_);
    }
  }
  FreedLater(const FreedLater&) = delete;
  FreedLater& operator=(const FreedLater&) = delete;

 private:
  static constexpr off_t kLarge = 16 << 20;
  int fd_ = -1;
};

}  // namespace

Error file_error(const std::string& path, std::string_view what, int error_number) {
  return Error(code_of(error_number), fmt::format("{}: {}: {}", path, what, std::strerror(error_number)));
}

bool file_exists(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0;
}

bool is_directory(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

std::string parent_directory(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

void make_directories(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) throw file_error(directory, "cannot make the folder", error.value());
}

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (std::filesystem::directory_iterator at(directory.empty() ? "." : directory, ignored), end; at != end;
       at.increment(ignored)) {
    names.push_back(at->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

void remove_file(const std::string& path) {
  const FreedLater old(path);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw file_error(path, "cannot remove", errno);
}

void rename_file(const std::string& from, const std::string& to) {
  const FreedLater old(to);
  if (::rename(from.c_str(), to.c_str()) != 0) {
    throw file_error(to, fmt::format("cannot rename {} to it", from), errno);
  }
}

namespace {

void check_limit(const RandomFile& file, std::uint64_t limit) {
  if (file.size() <= limit) return;
  throw Error(Code::ResourceExhausted,
              fmt::format("{}: {} bytes long; at most {} are read of such a file", file.path(), file.size(), limit));
}

void read_all(const RandomFile& file, char* into) {
  constexpr std::int64_t kBytesOfAThread = 4 << 20;
  parallel_for(static_cast<std::int64_t>(file.size()), kBytesOfAThread, [&](std::int64_t begin, std::int64_t end) {
    file.read(static_cast<std::uint64_t>(begin), static_cast<std::uint64_t>(end - begin), into + begin);
  });
}

}  // namespace

std::string read_file(const std::string& path, std::uint64_t limit) {
  const RandomFile file(path);
  check_limit(file, limit);
  std::string bytes;
  bytes.reserve(file.size());
  prefer_huge_pages(bytes.data(), file.size());
  bytes.resize(file.size());
  read_all(file, bytes.data());
  return bytes;
}

SharedBytes read_shared(const std::string& path, std::uint64_t limit) {
  const RandomFile file(path);
  check_limit(file, limit);
  char* bytes = static_cast<char*>(allocate_aligned(std::max<std::uint64_t>(file.size(), 1)));
  if (bytes == nullptr) throw file_error(path, "cannot read", ENOMEM);
  std::shared_ptr<const void> owner(bytes, std::free);
  read_all(file, bytes);
  return {std::move(owner), {bytes, file.size()}};
}

RandomFile::RandomFile(std::string path) : path_(std::move(path)) {
  std::tie(fd_, size_) = open_for_reading(path_);
}

RandomFile::~RandomFile() { ::close(fd_); }

void RandomFile::read(std::uint64_t offset, std::uint64_t count, void* into) const {
  constexpr std::uint64_t kMostAtOnce = std::uint64_t{1} << 30;
  if (offset > size_ || count > size_ - offset) {
    throw Error(Code::OutOfRange, fmt::format("{}: {} bytes wanted from byte {} on, but the file ends at byte {}",
                                              path_, count, offset, size_));
  }
  char* out = static_cast<char*>(into);
  while (count > 0) {
    const ssize_t got = ::pread(fd_, out, std::min(count, kMostAtOnce), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw file_error(path_, fmt::format("cannot read at byte {}", offset), errno);
    if (got == 0) {
      throw Error(Code::OutOfRange,
                  fmt::format("{}: cut short while it was read: it ends at byte {} now", path_, offset));
    }
    out += got;
    offset += static_cast<std::uint64_t>(got);
    count -= static_cast<std::uint64_t>(got);
  }
}

bool RandomFile::is_still(const std::string& path) const {
  struct stat mine {}, named {};
  return ::fstat(fd_, &mine) == 0 && ::stat(path.c_str(), &named) == 0 && mine.st_dev == named.st_dev &&
         mine.st_ino == named.st_ino;
}

std::shared_ptr<MappedFile> MappedFile::open(const std::string& path) { return open(RandomFile(path)); }

std::shared_ptr<MappedFile> MappedFile::open(const RandomFile& from) {
  std::shared_ptr<MappedFile> file(new MappedFile);
  file->path_ = from.path();
  if (from.size() == 0) return file;
  void* data = ::mmap(nullptr, from.size(), PROT_READ | PROT_WRITE, MAP_PRIVATE, from.fd_, 0);
  if (data == MAP_FAILED) throw file_error(from.path(), "cannot map", errno);
  file->data_ = data;
  file->size_ = from.size();
  return file;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

}  // namespace tenon
