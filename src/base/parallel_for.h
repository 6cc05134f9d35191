// Splits a loop over the threads of the process's OpenMP pool, which oneDNN uses as well.
//
//   parallel_for(n, 4096, [&](std::int64_t begin, std::int64_t end) {
//     for (std::int64_t i = begin; i < end; ++i) out[i] = std::exp(in[i]);
//   });
//
// The ranges cover [0, n) once; each but the last has at least `grain` elements. With n <= grain, inside another
// parallel loop, or with one thread, the whole range is done by the caller's thread. An exception of a range is
// thrown again by parallel_for once all ranges are done (that of the lowest range, if there are several).
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <mutex>
#include <type_traits>

namespace tenon {

// What the first of several tasks threw, in the order of their numbers. Thread-safe.
class FirstFailure {
 public:
  // Calls run(), and keeps what it throws; false if it did.
  template <typename F>
  bool guard(std::size_t task, F&& run) {
    try {
      run();
      return true;
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (task >= task_) return false;
      task_ = task;
      exception_ = std::current_exception();
      return false;
    }
  }
  bool is_before(std::size_t task) const { return task_ <= task; }
  void rethrow() const {
    if (exception_) std::rethrow_exception(exception_);
  }

 private:
  std::mutex mutex_;
  std::atomic<std::size_t> task_ = std::numeric_limits<std::size_t>::max();
  std::exception_ptr exception_;
};

using RangeFunction = void (*)(void* context, std::int64_t begin, std::int64_t end);

void parallel_for_ranges(std::int64_t n, std::int64_t grain, RangeFunction function, void* context);

// How many threads a loop may use from here.
int parallel_threads();

template <typename F>
void parallel_for(std::int64_t n, std::int64_t grain, F&& function) {
  if (n <= 0) return;
  if (n <= grain) {
    function(std::int64_t{0}, n);
    return;
  }
  using Function = std::remove_reference_t<F>;
  parallel_for_ranges(
      n, grain,
      [](void* context, std::int64_t begin, std::int64_t end) { (*static_cast<Function*>(context))(begin, end); },
      const_cast<void*>(static_cast<const void*>(&function)));
}

// Calls a copy of `task` for 0, 1, ... n-1; each thread takes the next when it is free, for tasks that take unequal
// time. Once one has thrown, no later ones begin; the first of those that threw is thrown again in the end.
template <typename F>
void parallel_tasks(std::size_t n, F&& task) {
  std::atomic<std::size_t> next = 0;
  FirstFailure failure;
  const auto threads =
      static_cast<std::int64_t>(std::min<std::size_t>(n, static_cast<std::size_t>(parallel_threads())));
  parallel_for(threads, 1, [&](std::int64_t begin, std::int64_t end) {
    for (; begin < end; ++begin) {
      auto mine = task;
      for (std::size_t i = next++; i < n && !failure.is_before(i); i = next++) {
        failure.guard(i, [&] { mine(i); });
      }
    }
  });
  failure.rethrow();
}

// Calls step(begin, end) for pieces of [0, n), each of `piece` elements or fewer: a parallel_for whose elements are
// unequally much work. The threads take the pieces in turn, the same ones in each call, so that they find in their
// caches what they did to them in the call before. Exceptions as of parallel_tasks.
template <typename F>
void parallel_pieces(std::int64_t n, std::int64_t piece, F&& step) {
  if (n <= 0) return;
  if (n <= piece) {
    step(std::int64_t{0}, n);
    return;
  }
  const std::int64_t pieces = (n + piece - 1) / piece;
  const std::int64_t threads = std::min<std::int64_t>(pieces, parallel_threads());
  FirstFailure failure;
  parallel_for(threads, 1, [&](std::int64_t thread, std::int64_t end) {
    for (; thread < end; ++thread) {
      for (std::int64_t i = thread; i < pieces && !failure.is_before(static_cast<std::size_t>(i)); i += threads) {
        failure.guard(static_cast<std::size_t>(i), [&] { step(i * piece, std::min(n, (i + 1) * piece)); });
      }
    }
  });
  failure.rethrow();
}

}  // namespace tenon
