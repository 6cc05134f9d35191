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
#include <type_traits>

namespace tenon {

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

// Calls a copy of `task` for 0, 1, ... n-1; each thread takes the next when it is free, for tasks that take unequal time.
// Once one has thrown, no further ones begin.
template <typename F>
void parallel_tasks(std::size_t n, F&& task) {
  std::atomic<std::size_t> next = 0;
  const auto threads = static_cast<std::int64_t>(std::min<std::size_t>(n, static_cast<std::size_t>(parallel_threads())));
  parallel_for(threads, 1, [&](std::int64_t begin, std::int64_t end) {
    for (; begin < end; ++begin) {
      auto mine = task;
      try {
        for (std::size_t i = next++; i < n; i = next++) mine(i);
      } catch (...) {
        next = n;
        throw;
      }
    }
  });
}

}  // namespace tenon
