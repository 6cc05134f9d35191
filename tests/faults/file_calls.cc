#include "faults/file_calls.h"

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>

#include "faults/call_player.h"

namespace tenon::faults {

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
extern "C" ssize_t seen_copy_file_range(int in, off64_t* in_at, int out, off64_t* out_at, size_t count,
                                        unsigned flags) {
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
