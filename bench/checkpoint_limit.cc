// What saving and restoring cannot beat: the bytes alone, written to and read from the system's page cache by two
// threads.
//
// usage: checkpoint_limit MODE BYTES FILE
//   write_new, write_over    into a new file, or over one of that size
//   write_sync               into a new file, and then onto the disk (fsync)
//   read_new, read_used      into memory that was just allocated, or into memory that has been used before
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <future>
#include <stdexcept>
#include <string>

#include "line_protocol.h"

namespace {

using tenon::bench::Stopwatch;

constexpr std::size_t kPiece = 1 << 20;

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what + ": " + std::strerror(errno)); }

class Memory {
 public:
  explicit Memory(std::size_t size) : size_(size) {
    data_ = static_cast<char*>(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (data_ == MAP_FAILED) fail("no memory");
  }
  ~Memory() { ::munmap(data_, size_); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  char* data() const { return data_; }

 private:
  std::size_t size_;
  char* data_;
};

// work(offset, count) for all pieces, by two threads.
template <typename Work>
void for_pieces(std::size_t bytes, Work work) {
  std::atomic<std::size_t> next{0};
  const auto run = [&] {
    for (std::size_t at; (at = next.fetch_add(kPiece)) < bytes;) work(at, std::min(kPiece, bytes - at));
  };
  auto other = std::async(std::launch::async, run);
  run();
  other.get();
}

void write_file(const std::string& path, const Memory& memory, std::size_t bytes, bool sync) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) fail(path);
  for_pieces(bytes, [&](std::size_t at, std::size_t count) {
    if (::pwrite(fd, memory.data() + at, count, static_cast<off_t>(at)) != static_cast<ssize_t>(count)) fail(path);
  });
  if (sync && ::fsync(fd) != 0) fail(path);
  ::close(fd);
}

void read_file(const std::string& path, const Memory& memory, std::size_t bytes) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail(path);
  for_pieces(bytes, [&](std::size_t at, std::size_t count) {
    if (::pread(fd, memory.data() + at, count, static_cast<off_t>(at)) != static_cast<ssize_t>(count)) fail(path);
  });
  ::close(fd);
}

int serve_writes(const std::string& mode, std::size_t bytes, const std::string& path) {
  const Memory memory(bytes);
  std::memset(memory.data(), 1, bytes);
  return tenon::bench::serve_timed([&](int steps, Stopwatch& watch) {
    for (int i = 0; i < steps; ++i) {
      if (mode != "write_over") ::unlink(path.c_str());
      watch.start();
      write_file(path, memory, bytes, mode == "write_sync");
      watch.stop();
    }
    return static_cast<double>(bytes);
  });
}

int serve_reads(const std::string& mode, std::size_t bytes, const std::string& path) {
  const Memory used(bytes);
  if (mode == "read_used") std::memset(used.data(), 1, bytes);
  return tenon::bench::serve_timed([&](int steps, Stopwatch& watch) {
    for (int i = 0; i < steps; ++i) {
      const Memory fresh(bytes);
      watch.start();
      read_file(path, mode == "read_used" ? used : fresh, bytes);
      watch.stop();
    }
    return static_cast<double>(bytes);
  });
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string mode = argc == 4 ? argv[1] : "";
  if (mode == "write_new" || mode == "write_over" || mode == "write_sync")
    return serve_writes(mode, std::stoull(argv[2]), argv[3]);
  if (mode == "read_new" || mode == "read_used") return serve_reads(mode, std::stoull(argv[2]), argv[3]);
  std::fputs("usage: checkpoint_limit write_new|write_over|write_sync|read_new|read_used BYTES FILE\n", stderr);
  return 2;
} catch (const std::exception& error) {
  std::fprintf(stderr, "checkpoint_limit: %s\n", error.what());
  return 1;
}
