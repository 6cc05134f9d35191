// Splits a loop over the threads of the process's OpenMP pool, which oneDNN uses as well.
//
//   parallel_for(n, 4096, [&](std::int64_t begin, std::int64_t end) {
//     for (std::int64_t i = begin; i < end; ++i) out[i] = std::exp(in[i]);
//   });
//
// The ranges cover [0, n) once; each but the last has at least `grain` elements. With n <= grain, inside another
// parallel loop, or with one thread, the whole range is done by the caller's thread. An exception of a range is
// thrown again by parallel_for once all ranges are done (the first one, if there are several).
#pragma once

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

}  // namespace tenon
