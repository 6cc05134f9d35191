// Counts what several threads have done and tells somebody now and then.
//
//   ProgressMeter meter(options.progress, total_bytes);
//   meter.add(count);                                      // from any thread
//   meter.finish();                                        // tells that all is done
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>

#include "tenon/progress.h"

namespace tenon {

class ProgressMeter {
 public:
  ProgressMeter(ProgressFunction function, std::uint64_t total) : function_(std::move(function)), total_(total) {}

  void add(std::uint64_t count) {
    const std::uint64_t done = done_.fetch_add(count, std::memory_order_relaxed) + count;
    if (!function_) return;
    const std::unique_lock lock(mutex_, std::try_to_lock);
    const auto now = std::chrono::steady_clock::now();
    if (!lock || now < next_ || done >= total_) return;
    next_ = now + std::chrono::milliseconds(50);
    function_(done, total_);
  }
  void finish() {
    if (function_) function_(total_, total_);
  }

 private:
  ProgressFunction function_;
  std::uint64_t total_;
  std::atomic<std::uint64_t> done_ = 0;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace tenon
