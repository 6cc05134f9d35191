// Files: whole, mapped, by position, and written so that nobody ever sees half of one.
//
//   std::string text = read_file("checkpoint", 1 << 20);
//   write_file_atomic("checkpoint", text);
//
//   AtomicFile data("model.ckpt.data-00000-of-00001");     // goes to a temporary file beside it
//   data.write(bytes);
//   data.commit();                                         // rename; without it the temporary file is removed
//
// Errors name the path and the system's words: NotFound, PermissionDenied, ResourceExhausted (disk full, too many
// open files), FailedPrecondition (a directory where a file is wanted, or the reverse), Unavailable otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/shared_bytes.h"
#include "tenon/error.h"

namespace tenon {

// "<path>: <what failed>: <errno text>" with the code that fits `error_number`.
Error file_error(const std::string& path, std::string_view what, int error_number);

inline constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

// The whole file. Throws ResourceExhausted, before reading, if it is longer than `limit`.
std::string read_file(const std::string& path, std::uint64_t limit = kNoLimit);
// For large files: no thread fills the memory with zeros first.
SharedBytes read_shared(const std::string& path, std::uint64_t limit = kNoLimit);

bool file_exists(const std::string& path);  // anything by that name
bool is_directory(const std::string& path);
void remove_file(const std::string& path);   // fine if there is none
// Takes the place of a file `to`. What that file held is given back to the system by a thread of its own, as with
// remove_file: of a large file that takes as long as writing it.
void rename_file(const std::string& from, const std::string& to);

// Reads at positions of an open file; safe from many threads.
class RandomFile {
 public:
  explicit RandomFile(std::string path);
  ~RandomFile();
  RandomFile(const RandomFile&) = delete;
  RandomFile& operator=(const RandomFile&) = delete;

  const std::string& path() const { return path_; }
  std::uint64_t size() const { return size_; }
  // Which file it is, whatever its name has become since.
  bool is_still(const std::string& path) const;
  // Fills `into` with `count` bytes from `offset` on; throws OutOfRange if the file ends before.
  void read(std::uint64_t offset, std::uint64_t count, void* into) const;

 private:
  friend class MappedFile;
  std::string path_;
  int fd_ = -1;
  std::uint64_t size_ = 0;
};

// A file mapped into memory. Changes that are made there stay in this process (pages are copied when they are written).
// Somebody who cuts the file short while it is mapped makes reads of it fail with a bus
// error, and one who writes into it may be seen, so only files that nobody writes in place may be mapped.
class MappedFile {
 public:
  static std::shared_ptr<MappedFile> open(const std::string& path);
  static std::shared_ptr<MappedFile> open(const RandomFile& file);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const std::string& path() const { return path_; }
  std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }
  char* data() const { return static_cast<char*>(data_); }

 private:
  MappedFile() = default;
  std::string path_;
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

// A file in the making, `<path>.tempstate<number>-tenon` until commit() gives it its name. It is locked (flock) while
// its writer lives, so that what a killed process left can be told from what another one is writing (litter.h).
class AtomicFile {
 public:
  enum class Sync { No, Yes };

  explicit AtomicFile(std::string path, Sync sync = Sync::No);
  ~AtomicFile();  // removes the temporary file unless committed
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  const std::string& path() const { return path_; }
  const std::string& temporary_path() const { return temporary_; }
  // Appends. Not to be mixed with write_at().
  std::uint64_t written() const { return written_; }
  void write(std::string_view bytes);
  // Writes at a position; safe from many threads.
  void write_at(std::uint64_t offset, std::string_view bytes) const;

  void flush();               // hands everything to the system, and to the disk with Sync::Yes
  void rename_to(const std::string& path);  // gives the flushed file this name; it is nobody's temporary file then
  void commit();              // flush, rename to path(), and make the name durable with Sync::Yes

 private:
  void write_through(std::string_view bytes);

  std::string path_;
  std::string temporary_;
  Sync sync_;
  int fd_ = -1;
  std::string pending_;
  std::uint64_t written_ = 0;
};

void write_file_atomic(const std::string& path, std::string_view bytes, AtomicFile::Sync sync = AtomicFile::Sync::No);
void write_file_atomic(const std::string& path, std::span<const std::string> parts,
                       AtomicFile::Sync sync = AtomicFile::Sync::No);

// Makes the folder and those above it. Does nothing if it is there.
void make_directories(const std::string& directory);
// Makes the names in the folder of `path` durable.
void sync_directory_of(const std::string& path);

std::string parent_directory(const std::string& path);  // "." for a plain file name
std::string base_name(const std::string& path);         // without the folders; "" for "a/"
std::vector<std::string> names_in(const std::string& directory);  // sorted; empty if it cannot be read

}  // namespace tenon
