#include "base/parallel_for.h"

#include <algorithm>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace tenon {

int parallel_threads() {
#ifdef _OPENMP
  return omp_in_parallel() ? 1 : omp_get_max_threads();
#else
  return 1;
#endif
}

void parallel_for_ranges(std::int64_t n, std::int64_t grain, RangeFunction function, void* context) {
  if (n <= 0) return;
  const std::int64_t most = std::max<std::int64_t>(1, n / std::max<std::int64_t>(grain, 1));
  const int threads = static_cast<int>(std::min<std::int64_t>(parallel_threads(), most));
  if (threads <= 1) {
    function(context, 0, n);
    return;
  }
#ifdef _OPENMP
  FirstFailure failure;
#pragma omp parallel num_threads(threads)
  {
    const std::int64_t team = omp_get_num_threads();
    const std::int64_t me = omp_get_thread_num();
    const std::int64_t share = n / team;
    const std::int64_t rest = n % team;
    const std::int64_t begin = me * share + std::min(me, rest);
    const std::int64_t end = begin + share + (me < rest ? 1 : 0);
    failure.guard(static_cast<std::size_t>(me), [&] {
      if (begin < end) function(context, begin, end);
    });
  }
  failure.rethrow();
#endif
}

}  // namespace tenon
