// A bar on stderr while something takes long; nothing if stderr is no terminal or the work is done at once.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace tenon {

// add() may be called from many threads.
class Progress {
 public:
  Progress(std::string what, std::uint64_t total);
  ~Progress();  // wipes the bar away
  void add(std::uint64_t done);

 private:
  void draw(std::uint64_t done);

  std::string what_;
  std::uint64_t total_;
  std::atomic<std::uint64_t> done_ = 0;
  bool terminal_;
  bool drawn_ = false;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace tenon
