// Broadcasting as NumPy has it: shapes are aligned at the right, and a dimension of size 1 repeats.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "tenon/shape.h"

namespace tenon {

// How up to three arrays run along one result. Neighbouring dimensions that run alike are merged, so that `sizes`
// is as short as can be, and the last dimension is as long as can be: there, a stride is 1 or 0.
struct Broadcast {
  static constexpr int kMax = 3;
  Shape out;
  Dims sizes;                         // of the merged dimensions; at least one
  std::array<Dims, kMax> strides;     // in elements; 0 where the array repeats
  std::int64_t elements = 0;

  std::int64_t inner() const { return sizes.back(); }
  std::int64_t inner_stride(int input) const { return strides[static_cast<std::size_t>(input)].back(); }
};

// The shape that both have when broadcast; nothing if they do not fit.
std::optional<Shape> broadcast_shape(const Shape& a, const Shape& b);
std::optional<Broadcast> broadcast(std::span<const Shape* const> inputs);
std::optional<Broadcast> broadcast(const Shape& a, const Shape& b);

// Calls fn(offsets, begin, count) for the pieces of [begin, end) of the result that lie in one row each;
// offsets[k] is where input k starts.
template <typename Fn>
void for_each_row(const Broadcast& plan, std::int64_t begin, std::int64_t end, Fn&& fn) {
  if (begin >= end) return;
  const int rank = plan.sizes.size();
  const std::int64_t inner = plan.inner();
  std::array<std::int64_t, Broadcast::kMax> offsets{};
  Dims at = plan.sizes;
  std::int64_t rest = begin / inner;
  for (int d = rank - 2; d >= 0; --d) {
    at[d] = rest % plan.sizes[d];
    rest /= plan.sizes[d];
  }
  std::int64_t column = begin % inner;
  while (begin < end) {
    for (std::size_t k = 0; k < Broadcast::kMax; ++k) {
      if (plan.strides[k].size() != rank) continue;
      offsets[k] = column * plan.strides[k][rank - 1];
      for (int d = 0; d < rank - 1; ++d) offsets[k] += at[d] * plan.strides[k][d];
    }
    const std::int64_t count = std::min(inner - column, end - begin);
    fn(offsets, begin, count);
    begin += count;
    column = 0;
    for (int d = rank - 2; d >= 0 && ++at[d] == plan.sizes[d]; --d) at[d] = 0;
  }
}

}  // namespace tenon
