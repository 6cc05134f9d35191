// What file_calls.cc does with a call before and after it makes it: whether it is watched, whether the fault strikes,
// and what is written down. Nobody else includes this.
#pragma once

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
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "faults/file_calls.h"

namespace tenon::faults {

using Kind = FileCall::Kind;

struct Watch {
  std::string folder;
  Fault fault;
  std::mutex mutex;
  std::vector<FileCall> calls;
  int count = 0;
};

inline std::atomic<Watch*> watching{nullptr};
inline thread_local bool inside = false;  // what this file calls itself is not seen

// The function of the C library (or of a sanitizer) that ours stands before.
template <typename Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

inline bool on_duty() { return watching.load(std::memory_order_acquire) != nullptr && !inside; }

inline std::string link_target(const std::string& link) {
  char target[4096];
  const long length = ::syscall(SYS_readlinkat, AT_FDCWD, link.c_str(), target, sizeof target);
  return length < 0 ? "" : std::string(target, static_cast<std::size_t>(length));
}

inline std::string path_of(int fd) { return link_target("/proc/self/fd/" + std::to_string(fd)); }

inline std::string path_of(int folder, const char* path) {
  if (path[0] == '/') return path;
  return (folder == AT_FDCWD ? link_target("/proc/self/cwd") : path_of(folder)) + "/" + path;
}

// The name below the watched folder, "." for the folder itself.
inline std::optional<std::string> watched_name(const std::string& path) {
  const Watch* watch = watching.load(std::memory_order_acquire);
  if (watch == nullptr || path.empty()) return std::nullopt;
  std::string clean = std::filesystem::path(path).lexically_normal().string();
  if (clean.size() > 1 && clean.back() == '/') clean.pop_back();
  if (clean == watch->folder) return ".";
  if (!clean.starts_with(watch->folder + "/")) return std::nullopt;
  return clean.substr(watch->folder.size() + 1);
}

inline std::optional<std::string> watched_name(int folder, const char* path) {
  return watched_name(path_of(folder, path));
}

inline bool is_folder(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
}

inline bool makes_a_file(int flags) { return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE; }

inline bool needs_room(Kind kind) {
  return kind == Kind::Create || kind == Kind::Write || kind == Kind::Resize || kind == Kind::MakeFolder;
}

[[noreturn]] inline void die() {
  ::syscall(SYS_kill, ::syscall(SYS_getpid), SIGKILL);
  for (;;) ::pause();
}

inline void fill_in(FileCall& call, int fd) {
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

// Does a call, or does what the fault wants instead. `perform(most)` makes the real call, writing at most that much,
// and returns -1 if it fails; `seen(call, result)` adds what is known afterwards.
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

inline FileCall call_of(Kind kind, const char* function, std::string path, std::string to = "") {
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
  const bool counts =
      creates || (watching.load()->fault.count_reads && (flags & (O_ACCMODE | O_DIRECTORY)) == O_RDONLY);
  if (!name || !counts) return perform(SIZE_MAX);
  FileCall call = call_of(creates ? Kind::Create : Kind::Read, function, *name);
  call.emptied = (flags & O_TRUNC) != 0;
  return play(std::move(call), perform, [](FileCall& made, int fd) { fill_in(made, fd); });
}

inline std::string flattened(const iovec* parts, int count) {
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
        const long again =
            ::syscall(SYS_openat, AT_FDCWD, ("/proc/self/fd/" + std::to_string(fd)).c_str(), O_RDONLY, 0);
        if (again < 0) return;
        ::syscall(SYS_pread64, again, made.bytes.data(), made.bytes.size(), made.offset);
        ::syscall(SYS_close, again);
      });
}

}  // namespace tenon::faults
