#include "faults/file_calls.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>

namespace tenon::faults {
namespace {

using Kind = FileCall::Kind;

struct Watch {
  std::string folder;
  Fault fault;
  std::mutex mutex;
  std::vector<FileCall> calls;
  int count = 0;
};

std::atomic<Watch*> watching{nullptr};
thread_local bool inside = false;  // what this file calls itself is not seen

// The function of the C library (or of a sanitizer) that ours stands before.
template <typename Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

bool on_duty() { return watching.load(std::memory_order_acquire) != nullptr && !inside; }

std::string link_target(const std::string& link) {
  char target[4096];
  const long length = ::syscall(SYS_readlinkat, AT_FDCWD, link.c_str(), target, sizeof target);
  return length < 0 ? "" : std::string(target, static_cast<std::size_t>(length));
}

std::string path_of(int fd) { return link_target("/proc/self/fd/" + std::to_string(fd)); }

std::string path_of(int folder, const char* path) {
  if (path[0] == '/') return path;
  return (folder == AT_FDCWD ? link_target("/proc/self/cwd") : path_of(folder)) + "/" + path;
}

// The name below the watched folder, "." for the folder itself.
std::optional<std::string> watched_name(const std::string& path) {
  const Watch* watch = watching.load(std::memory_order_acquire);
  if (watch == nullptr || path.empty()) return std::nullopt;
  std::string clean = std::filesystem::path(path).lexically_normal().string();
  if (clean.size() > 1 && clean.back() == '/') clean.pop_back();
  if (clean == watch->folder) return ".";
  if (!clean.starts_with(watch->folder + "/")) return std::nullopt;
  return clean.substr(watch->folder.size() + 1);
}

std::optional<std::string> watched_name(int folder, const char* path) { return watched_name(path_of(folder, path)); }

bool is_folder(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
}

bool makes_a_file(int flags) { return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE; }

bool needs_room(Kind kind) {
  return kind == Kind::Create || kind == Kind::Write || kind == Kind::Resize || kind == Kind::MakeFolder;
}

[[noreturn]] void die() {
  ::syscall(SYS_kill, ::syscall(SYS_getpid), SIGKILL);
  for (;;) ::pause();
}

void fill_in(FileCall& call, int fd) {
  struct stat status {};
  if (fd < 0 || ::fstat(fd, &status) != 0) return;
  call.file = status.st_ino;
  if (call.kind == Kind::Resize) call.size = static_cast<std::uint64_t>(status.st_size);
}

class Inside {
 public:
  Inside() { inside = true; }
  ~Inside() { inside = false; }
};

// Does a call, or does what the fault wants instead. `perform(most)` makes the real call, writing at most that much, and
// returns -1 if it fails; `seen(call, result)` adds what is known afterwards.
template <typename Perform, typename Seen>
auto play(FileCall call, Perform perform, Seen seen) -> decltype(perform(std::size_t{})) {
  using Result = decltype(perform(std::size_t{}));
  const Inside guard;
  Watch& watch = *watching.load(std::memory_order_acquire);
  const std::lock_guard lock(watch.mutex);  // while the call is made, so that the record has the true order
  Fault& fault = watch.fault;
  const int number = ++watch.count;
  std::size_t most = SIZE_MAX;
  if (number == fault.at) {
    if (fault.strike) fault.strike(call);
    if (fault.kind == Fault::Kind::Kill) die();
    if (fault.kind == Fault::Kind::KillHalfway && call.kind == Kind::Write) {
      if (call.size > 1) perform(call.size / 2);
      die();
    }
  }
  const bool later = number >= fault.at && needs_room(call.kind);
  if ((fault.kind == Fault::Kind::Fail && number == fault.at) || (fault.kind == Fault::Kind::FailFromHere && later)) {
    if (call.kind == Kind::Close) perform(most);  // a file is closed even if close() reports an error
    call.failed = call.made_to_fail = true;
    watch.calls.push_back(std::move(call));
    errno = fault.error;
    return Result(-1);
  }
  if (fault.kind == Fault::Kind::ShortWrites && number >= fault.at) most = std::max<std::size_t>(1, call.size / 2);
  const Result result = perform(most);
  const int error = errno;
  call.failed = result == Result(-1);
  if (!call.failed) seen(call, result);
  watch.calls.push_back(std::move(call));
  errno = error;
  return result;
}

FileCall call_of(Kind kind, const char* function, std::string path, std::string to = "") {
  FileCall call;
  call.kind = kind;
  call.function = function;
  call.path = std::move(path);
  call.to = std::move(to);
  return call;
}

// Calls with an open file: `perform` alone if it is not below the folder.
template <typename Perform>
auto play_on(int fd, Kind kind, const char* function, Perform perform) -> decltype(perform(std::size_t{})) {
  if (!on_duty()) return perform(SIZE_MAX);
  const auto name = watched_name(path_of(fd));
  if (!name) return perform(SIZE_MAX);
  return play(call_of(kind, function, *name), perform, [&](FileCall& call, auto) { fill_in(call, fd); });
}

template <typename Perform>
int play_at(int folder, const char* path, Kind kind, const char* function, Perform perform) {
  if (!on_duty()) return perform(SIZE_MAX);
  const auto name = watched_name(folder, path);
  if (!name) return perform(SIZE_MAX);
  return play(call_of(kind, function, *name), perform, [](FileCall&, int) {});
}

template <typename Perform>
int play_two(int from_folder, const char* from, int to_folder, const char* to, Kind kind, const char* function,
             Perform perform) {
  if (!on_duty()) return perform(SIZE_MAX);
  const auto name = watched_name(from_folder, from), new_name = watched_name(to_folder, to);
  if (!name && !new_name) return perform(SIZE_MAX);
  return play(call_of(kind, function, name.value_or(from), new_name.value_or(to)), perform, [](FileCall&, int) {});
}

template <typename Perform>
int play_open(int folder, const char* path, int flags, const char* function, Perform perform) {
  if (!on_duty()) return perform(SIZE_MAX);
  const bool creates = makes_a_file(flags) || (flags & O_TRUNC) != 0;
  const auto name = watched_name(folder, path);
  const bool counts = creates || (watching.load()->fault.count_reads && (flags & (O_ACCMODE | O_DIRECTORY)) == O_RDONLY);
  if (!name || !counts) return perform(SIZE_MAX);
  FileCall call = call_of(creates ? Kind::Create : Kind::Read, function, *name);
  call.emptied = (flags & O_TRUNC) != 0;
  return play(std::move(call), perform, [](FileCall& made, int fd) { fill_in(made, fd); });
}

std::string flattened(const iovec* parts, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
  return bytes;
}

// A write of bytes that are at hand, at `offset` or (-1) where the file stands.
template <typename Perform>
ssize_t play_write(int fd, std::string_view bytes, off64_t offset, const char* function, Perform perform) {
  if (!on_duty()) return perform(bytes);
  const auto name = watched_name(path_of(fd));
  if (!name) return perform(bytes);
  FileCall call = call_of(Kind::Write, function, *name);
  call.size = bytes.size();
  const int flags = ::fcntl(fd, F_GETFL);
  const off64_t at = offset >= 0 ? offset : ::lseek64(fd, 0, (flags & O_APPEND) != 0 ? SEEK_END : SEEK_CUR);
  call.offset = static_cast<std::uint64_t>(at);
  return play(
      std::move(call), [&](std::size_t most) { return perform(bytes.substr(0, most)); },
      [&](FileCall& made, ssize_t written) {
        fill_in(made, fd);
        made.bytes = bytes.substr(0, static_cast<std::size_t>(written));
      });
}

// A write of bytes that the kernel fetches by itself: they are read back.
template <typename Perform>
ssize_t play_copy(int fd, off64_t* offset, std::size_t length, const char* function, Perform perform) {
  if (!on_duty()) return perform(length);
  const auto name = watched_name(path_of(fd));
  if (!name) return perform(length);
  FileCall call = call_of(Kind::Write, function, *name);
  call.size = length;
  call.offset = static_cast<std::uint64_t>(offset != nullptr ? *offset : ::lseek64(fd, 0, SEEK_CUR));
  return play(
      std::move(call), [&](std::size_t most) { return perform(std::min(length, most)); },
      [&](FileCall& made, ssize_t copied) {
        fill_in(made, fd);
        made.bytes.resize(static_cast<std::size_t>(copied));
        const long again = ::syscall(SYS_openat, AT_FDCWD, ("/proc/self/fd/" + std::to_string(fd)).c_str(), O_RDONLY, 0);
        if (again < 0) return;
        ::syscall(SYS_pread64, again, made.bytes.data(), made.bytes.size(), made.offset);
        ::syscall(SYS_close, again);
      });
}

}  // namespace

std::string FileCall::described() const {
  std::string text = function + " " + path;
  if (!to.empty()) text += " to " + to;
  if (kind == Kind::Write) text += " (" + std::to_string(size) + " bytes at " + std::to_string(offset) + ")";
  return text;
}

void watch(const std::string& folder, Fault fault) {
  auto watch = std::make_unique<Watch>();
  watch->folder = folder;
  watch->fault = std::move(fault);
  watching.store(watch.release(), std::memory_order_release);
}

std::vector<FileCall> stop_watching() {
  const std::unique_ptr<Watch> watch(watching.exchange(nullptr));
  return watch ? std::move(watch->calls) : std::vector<FileCall>();
}

// The functions themselves. The label gives each the name that the linker sees; in C++ they have names of their own, so
// that they do not meet the declarations of the system's headers.
#define SEEN(name) __asm__(#name) __attribute__((visibility("default"), used))
#define REAL(function, type) static const auto real = next<type>(#function)

// open and open64 are one on systems of 64 bits, as are the other pairs.
#define SEE_OPEN(name)                                                                                        \
  extern "C" int seen_##name(const char* path, int flags, ...) SEEN(name);                                    \
  extern "C" int seen_##name(const char* path, int flags, ...) {                                              \
    va_list more;                                                                                             \
    va_start(more, flags);                                                                                    \
    const mode_t mode = makes_a_file(flags) ? va_arg(more, mode_t) : 0;                                       \
    va_end(more);                                                                                             \
    REAL(name, int (*)(const char*, int, ...));                                                               \
    return play_open(AT_FDCWD, path, flags, "open", [&](std::size_t) { return real(path, flags, mode); });    \
  }
SEE_OPEN(open)
SEE_OPEN(open64)

#define SEE_OPENAT(name)                                                                                      \
  extern "C" int seen_##name(int folder, const char* path, int flags, ...) SEEN(name);                        \
  extern "C" int seen_##name(int folder, const char* path, int flags, ...) {                                  \
    va_list more;                                                                                             \
    va_start(more, flags);                                                                                    \
    const mode_t mode = makes_a_file(flags) ? va_arg(more, mode_t) : 0;                                       \
    va_end(more);                                                                                             \
    REAL(name, int (*)(int, const char*, int, ...));                                                          \
    return play_open(folder, path, flags, "openat", [&](std::size_t) { return real(folder, path, flags, mode); }); \
  }
SEE_OPENAT(openat)
SEE_OPENAT(openat64)

#define SEE_CREAT(name)                                                                                       \
  extern "C" int seen_##name(const char* path, mode_t mode) SEEN(name);                                       \
  extern "C" int seen_##name(const char* path, mode_t mode) {                                                 \
    REAL(name, int (*)(const char*, mode_t));                                                                 \
    return play_open(AT_FDCWD, path, O_CREAT | O_TRUNC, "creat", [&](std::size_t) { return real(path, mode); }); \
  }
SEE_CREAT(creat)
SEE_CREAT(creat64)

// std::ofstream opens by fopen and writes by write.
#define SEE_FOPEN(name)                                                                                       \
  extern "C" FILE* seen_##name(const char* path, const char* mode) SEEN(name);                                \
  extern "C" FILE* seen_##name(const char* path, const char* mode) {                                          \
    REAL(name, FILE* (*)(const char*, const char*));                                                          \
    FILE* file = nullptr;                                                                                     \
    const int flags = mode[0] == 'r' ? O_RDONLY : mode[0] == 'w' ? O_CREAT | O_TRUNC : O_CREAT;               \
    play_open(AT_FDCWD, path, flags, "fopen", [&](std::size_t) {                                              \
      file = real(path, mode);                                                                                \
      return file == nullptr ? -1 : ::fileno(file);                                                           \
    });                                                                                                       \
    return file;                                                                                              \
  }
SEE_FOPEN(fopen)
SEE_FOPEN(fopen64)

extern "C" ssize_t seen_write(int fd, const void* bytes, size_t count) SEEN(write);
extern "C" ssize_t seen_write(int fd, const void* bytes, size_t count) {
  REAL(write, ssize_t (*)(int, const void*, size_t));
  return play_write(fd, {static_cast<const char*>(bytes), count}, -1, "write",
                    [&](std::string_view part) { return real(fd, part.data(), part.size()); });
}

#define SEE_PWRITE(name)                                                                                      \
  extern "C" ssize_t seen_##name(int fd, const void* bytes, size_t count, off64_t offset) SEEN(name);         \
  extern "C" ssize_t seen_##name(int fd, const void* bytes, size_t count, off64_t offset) {                   \
    REAL(name, ssize_t (*)(int, const void*, size_t, off64_t));                                               \
    return play_write(fd, {static_cast<const char*>(bytes), count}, offset, "pwrite",                         \
                      [&](std::string_view part) { return real(fd, part.data(), part.size(), offset); });     \
  }
SEE_PWRITE(pwrite)
SEE_PWRITE(pwrite64)

// What is written is put into one piece first.
extern "C" ssize_t seen_writev(int fd, const iovec* parts, int count) SEEN(writev);
extern "C" ssize_t seen_writev(int fd, const iovec* parts, int count) {
  REAL(writev, ssize_t (*)(int, const iovec*, int));
  if (!on_duty()) return real(fd, parts, count);
  return play_write(fd, flattened(parts, count), -1, "writev", [&](std::string_view part) {
    const iovec whole{const_cast<char*>(part.data()), part.size()};
    return real(fd, &whole, 1);
  });
}

#define SEE_PWRITEV(name)                                                                                     \
  extern "C" ssize_t seen_##name(int fd, const iovec* parts, int count, off64_t offset) SEEN(name);           \
  extern "C" ssize_t seen_##name(int fd, const iovec* parts, int count, off64_t offset) {                     \
    REAL(name, ssize_t (*)(int, const iovec*, int, off64_t));                                                 \
    if (!on_duty()) return real(fd, parts, count, offset);                                                    \
    return play_write(fd, flattened(parts, count), offset, "pwritev", [&](std::string_view part) {            \
      const iovec whole{const_cast<char*>(part.data()), part.size()};                                         \
      return real(fd, &whole, 1, offset);                                                                     \
    });                                                                                                       \
  }
SEE_PWRITEV(pwritev)
SEE_PWRITEV(pwritev64)

extern "C" ssize_t seen_copy_file_range(int in, off64_t* in_at, int out, off64_t* out_at, size_t count,
                                        unsigned flags) SEEN(copy_file_range);
extern "C" ssize_t seen_copy_file_range(int in, off64_t* in_at, int out, off64_t* out_at, size_t count, unsigned flags) {
  REAL(copy_file_range, ssize_t (*)(int, off64_t*, int, off64_t*, size_t, unsigned));
  return play_copy(out, out_at, count, "copy_file_range",
                   [&](std::size_t most) { return real(in, in_at, out, out_at, most, flags); });
}

#define SEE_SENDFILE(name)                                                                                    \
  extern "C" ssize_t seen_##name(int out, int in, off64_t* in_at, size_t count) SEEN(name);                   \
  extern "C" ssize_t seen_##name(int out, int in, off64_t* in_at, size_t count) {                             \
    REAL(name, ssize_t (*)(int, int, off64_t*, size_t));                                                      \
    return play_copy(out, nullptr, count, "sendfile",                                                         \
                     [&](std::size_t most) { return real(out, in, in_at, most); });                           \
  }
SEE_SENDFILE(sendfile)
SEE_SENDFILE(sendfile64)

#define SEE_FTRUNCATE(name)                                                                                   \
  extern "C" int seen_##name(int fd, off64_t size) SEEN(name);                                                \
  extern "C" int seen_##name(int fd, off64_t size) {                                                          \
    REAL(name, int (*)(int, off64_t));                                                                        \
    return play_on(fd, Kind::Resize, "ftruncate", [&](std::size_t) { return real(fd, size); });               \
  }
SEE_FTRUNCATE(ftruncate)
SEE_FTRUNCATE(ftruncate64)

#define SEE_FALLOCATE(name)                                                                                   \
  extern "C" int seen_##name(int fd, int mode, off64_t offset, off64_t length) SEEN(name);                    \
  extern "C" int seen_##name(int fd, int mode, off64_t offset, off64_t length) {                              \
    REAL(name, int (*)(int, int, off64_t, off64_t));                                                          \
    return play_on(fd, Kind::Resize, "fallocate", [&](std::size_t) { return real(fd, mode, offset, length); }); \
  }
SEE_FALLOCATE(fallocate)
SEE_FALLOCATE(fallocate64)

// Returns the error instead of setting errno.
#define SEE_POSIX_FALLOCATE(name)                                                                             \
  extern "C" int seen_##name(int fd, off64_t offset, off64_t length) SEEN(name);                              \
  extern "C" int seen_##name(int fd, off64_t offset, off64_t length) {                                        \
    REAL(name, int (*)(int, off64_t, off64_t));                                                               \
    const int result = play_on(fd, Kind::Resize, "posix_fallocate", [&](std::size_t) {                        \
      errno = real(fd, offset, length);                                                                       \
      return errno == 0 ? 0 : -1;                                                                             \
    });                                                                                                       \
    return result == 0 ? 0 : errno;                                                                           \
  }
SEE_POSIX_FALLOCATE(posix_fallocate)
SEE_POSIX_FALLOCATE(posix_fallocate64)

// These two only say that they were called: nothing here has to outlive the machine, and disks are slow.
#define SEE_SYNC(name)                                                                                        \
  extern "C" int seen_##name(int fd) SEEN(name);                                                              \
  extern "C" int seen_##name(int fd) {                                                                        \
    if (!on_duty()) return 0;                                                                                 \
    return play_on(fd, is_folder(fd) ? Kind::SyncFolder : Kind::Sync, #name, [](std::size_t) { return 0; });  \
  }
SEE_SYNC(fsync)
SEE_SYNC(fdatasync)

extern "C" int seen_close(int fd) SEEN(close);
extern "C" int seen_close(int fd) {
  REAL(close, int (*)(int));
  if (!on_duty() || (::fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY) return real(fd);
  const auto name = watched_name(path_of(fd));
  if (!name) return real(fd);
  return play(call_of(Kind::Close, "close", *name), [&](std::size_t) { return real(fd); }, [](FileCall&, int) {});
}

extern "C" int seen_rename(const char* from, const char* to) SEEN(rename);
extern "C" int seen_rename(const char* from, const char* to) {
  REAL(rename, int (*)(const char*, const char*));
  return play_two(AT_FDCWD, from, AT_FDCWD, to, Kind::Rename, "rename", [&](std::size_t) { return real(from, to); });
}

extern "C" int seen_renameat(int folder, const char* from, int other, const char* to) SEEN(renameat);
extern "C" int seen_renameat(int folder, const char* from, int other, const char* to) {
  REAL(renameat, int (*)(int, const char*, int, const char*));
  return play_two(folder, from, other, to, Kind::Rename, "renameat",
                  [&](std::size_t) { return real(folder, from, other, to); });
}

extern "C" int seen_renameat2(int folder, const char* from, int other, const char* to, unsigned flags) SEEN(renameat2);
extern "C" int seen_renameat2(int folder, const char* from, int other, const char* to, unsigned flags) {
  REAL(renameat2, int (*)(int, const char*, int, const char*, unsigned));
  const char* name = (flags & RENAME_EXCHANGE) != 0 ? "renameat2 (exchange)" : "renameat2";
  return play_two(folder, from, other, to, Kind::Rename, name,
                  [&](std::size_t) { return real(folder, from, other, to, flags); });
}

extern "C" int seen_link(const char* from, const char* to) SEEN(link);
extern "C" int seen_link(const char* from, const char* to) {
  REAL(link, int (*)(const char*, const char*));
  return play_two(AT_FDCWD, from, AT_FDCWD, to, Kind::Link, "link", [&](std::size_t) { return real(from, to); });
}

extern "C" int seen_linkat(int folder, const char* from, int other, const char* to, int flags) SEEN(linkat);
extern "C" int seen_linkat(int folder, const char* from, int other, const char* to, int flags) {
  REAL(linkat, int (*)(int, const char*, int, const char*, int));
  return play_two(folder, from, other, to, Kind::Link, "linkat",
                  [&](std::size_t) { return real(folder, from, other, to, flags); });
}

extern "C" int seen_unlink(const char* path) SEEN(unlink);
extern "C" int seen_unlink(const char* path) {
  REAL(unlink, int (*)(const char*));
  return play_at(AT_FDCWD, path, Kind::Remove, "unlink", [&](std::size_t) { return real(path); });
}

extern "C" int seen_unlinkat(int folder, const char* path, int flags) SEEN(unlinkat);
extern "C" int seen_unlinkat(int folder, const char* path, int flags) {
  REAL(unlinkat, int (*)(int, const char*, int));
  return play_at(folder, path, (flags & AT_REMOVEDIR) != 0 ? Kind::RemoveFolder : Kind::Remove, "unlinkat",
                 [&](std::size_t) { return real(folder, path, flags); });
}

extern "C" int seen_remove(const char* path) SEEN(remove);
extern "C" int seen_remove(const char* path) {
  REAL(remove, int (*)(const char*));
  struct stat status {};
  const bool folder = ::lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
  return play_at(AT_FDCWD, path, folder ? Kind::RemoveFolder : Kind::Remove, "remove",
                 [&](std::size_t) { return real(path); });
}

extern "C" int seen_rmdir(const char* path) SEEN(rmdir);
extern "C" int seen_rmdir(const char* path) {
  REAL(rmdir, int (*)(const char*));
  return play_at(AT_FDCWD, path, Kind::RemoveFolder, "rmdir", [&](std::size_t) { return real(path); });
}

extern "C" int seen_mkdir(const char* path, mode_t mode) SEEN(mkdir);
extern "C" int seen_mkdir(const char* path, mode_t mode) {
  REAL(mkdir, int (*)(const char*, mode_t));
  return play_at(AT_FDCWD, path, Kind::MakeFolder, "mkdir", [&](std::size_t) { return real(path, mode); });
}

extern "C" int seen_mkdirat(int folder, const char* path, mode_t mode) SEEN(mkdirat);
extern "C" int seen_mkdirat(int folder, const char* path, mode_t mode) {
  REAL(mkdirat, int (*)(int, const char*, mode_t));
  return play_at(folder, path, Kind::MakeFolder, "mkdirat", [&](std::size_t) { return real(folder, path, mode); });
}

}  // namespace tenon::faults
