// Copies of equal blocks that lie at equal distances: what joins and splits arrays along one axis.
#pragma once

#include <cstdint>

#include "base/parallel_for.h"
#include "kernels/elements.h"

namespace tenon {

// An axis splits a shape into outer * size * inner elements.
struct AxisSplit {
  std::int64_t outer = 1, size = 1, inner = 1;
};

inline AxisSplit split_at(const Shape& shape, int axis) {
  AxisSplit split;
  for (int d = 0; d < shape.rank(); ++d) {
    (d < axis ? split.outer : d == axis ? split.size : split.inner) *= shape[d];
  }
  return split;
}

template <typename T>
void copy_blocks(const T* from, std::int64_t from_step, T* to, std::int64_t to_step, std::int64_t block,
                 std::int64_t count) {
  if (from_step == block && to_step == block) {
    block *= count;
    count = 1;
  }
  if (count == 1) {
    return parallel_for(block, 65536, [&](std::int64_t begin, std::int64_t end) {
      copy_elements(from + begin, end - begin, to + begin);
    });
  }
  parallel_for(count, std::max<std::int64_t>(1, 32768 / std::max<std::int64_t>(1, block)),
               [&](std::int64_t begin, std::int64_t end) {
                 if (block == 1) {
                   for (std::int64_t i = begin; i < end; ++i) to[i * to_step] = from[i * from_step];
                   return;
                 }
                 for (std::int64_t i = begin; i < end; ++i)
                   copy_elements(from + i * from_step, block, to + i * to_step);
               });
}

}  // namespace tenon
