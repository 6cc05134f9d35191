// Shapes of operations that rearrange, cut or repeat an array.
#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include "ops/shape_inference.h"

namespace tenon {
namespace {

// One -1 in the new shape is what the number of elements leaves over.
void reshape_shape(ShapeContext& c) {
  PartialShape out = c.shape_value(1);
  const PartialShape& in = c.input(0);
  if (!out.known_rank() || !in.known_rank()) return c.set(0, out);
  int unknown = -1, unknowns = 0, in_unknowns = 0;
  std::int64_t out_known = 1, in_known = 1;
  for (int i = 0; i < out.rank(); ++i) {
    if (out[i] < 0) unknown = i, ++unknowns;
    else if (__builtin_mul_overflow(out_known, out[i], &out_known)) return;
  }
  for (int i = 0; i < in.rank(); ++i) {
    if (in[i] < 0) ++in_unknowns;
    else if (__builtin_mul_overflow(in_known, in[i], &in_known)) return;
  }
  auto mismatch = [&] {
    c.fail(fmt::format("cannot reshape {} elements ({}) to {}", in_known, in.to_string(), out.to_string()));
  };
  if (in_unknowns == 0 && unknowns == 0 && in_known != out_known) mismatch();
  if (in_unknowns == 0 && unknowns == 1 && out_known > 0) {
    if (in_known % out_known != 0) mismatch();
    out = with_dim(out, unknown, in_known / out_known);
  }
  // One unknown size on either side: it is the same up to the known parts.
  if (in_unknowns == 1 && unknowns == 0 && in_known > 0 && out_known % in_known != 0) mismatch();
  c.set(0, out);
}

void expand_dims_shape(ShapeContext& c) {
  if (!c.input(0).known_rank()) return;
  std::optional<std::int64_t> value = c.scalar_value(1);
  const int rank = c.input(0).rank();
  if (!value) return c.set(0, PartialShape::unknown_of_rank(rank + 1));
  const int axis = c.axis(*value, rank + 1);
  c.set(0, concatenated(concatenated(sub_shape(c.input(0), 0, axis), PartialShape{1}),
                        sub_shape(c.input(0), axis, rank)));
}

void squeeze_shape(ShapeContext& c) {
  const PartialShape& x = c.input(0);
  if (!x.known_rank()) return;
  std::vector<std::int64_t> asked = c.attr<std::vector<std::int64_t>>("squeeze_dims", {});
  for (std::int64_t& axis : asked) axis = c.axis(axis, x.rank());
  Dims dims;
  for (int i = 0; i < x.rank(); ++i) {
    if (asked.empty() && x[i] < 0) return;  // it may be 1
    const bool drop = asked.empty() ? x[i] == 1 : std::find(asked.begin(), asked.end(), i) != asked.end();
    if (drop && x[i] > 1) c.fail(fmt::format("dimension {} has size {} and cannot be squeezed", i, x[i]));
    if (!drop) dims.push_back(x[i]);
  }
  c.set(0, PartialShape(std::span<const std::int64_t>(dims)));
}

void transpose_shape(ShapeContext& c) {
  std::optional<IntArray> perm = c.value(1);
  const PartialShape& x = c.input(0);
  if (!x.known_rank() || !perm) {
    const PartialShape& length = c.input(1);
    const int rank = x.known_rank() ? x.rank() : length.rank() == 1 && length[0] >= 0 && length[0] <= 254
                                                     ? static_cast<int>(length[0]) : -1;
    if (rank >= 0) c.set(0, PartialShape::unknown_of_rank(rank));
    return;
  }
  if (static_cast<int>(perm->values.size()) != x.rank())
    c.fail(fmt::format("permutation of {} dimensions for a shape of rank {}", perm->values.size(), x.rank()));
  Dims dims;
  for (std::int64_t from : perm->values) dims.push_back(x[c.axis(from, x.rank())]);
  c.set(0, PartialShape(std::span<const std::int64_t>(dims)));
}

void tile_shape(ShapeContext& c) {
  const PartialShape multiples = c.shape_value(1);
  if (!c.input(0).known_rank()) {
    if (multiples.known_rank()) c.set(0, PartialShape::unknown_of_rank(multiples.rank()));
    return;
  }
  const PartialShape& x = c.input(0);
  if (!multiples.known_rank()) return c.set(0, PartialShape::unknown_of_rank(x.rank()));
  if (multiples.rank() != x.rank())
    c.fail(fmt::format("{} multiples for a shape of rank {}", multiples.rank(), x.rank()));
  Dims dims;
  for (int i = 0; i < x.rank(); ++i) {
    std::int64_t size = -1;
    const bool known = x[i] >= 0 && multiples[i] >= 0 && !__builtin_mul_overflow(x[i], multiples[i], &size);
    dims.push_back(known ? size : -1);
  }
  c.set(0, PartialShape(std::span<const std::int64_t>(dims)));
}

void broadcast_to_shape(ShapeContext& c) { c.set(0, c.shape_value(1)); }

void slice_shape(ShapeContext& c) {
  const PartialShape begin = c.shape_value(1), size = c.shape_value(2);
  std::optional<IntArray> exact = c.value(2), from = c.value(1);
  const PartialShape& x = c.input(0);
  const int rank = x.known_rank() ? x.rank() : begin.known_rank() ? begin.rank() : size.rank();
  if (rank < 0) return;
  if (!x.known_rank() || !exact) {
    PartialShape out = PartialShape::unknown_of_rank(rank);
    if (size.known_rank() && size.rank() == rank && !exact) out = size;
    if (exact && static_cast<int>(exact->values.size()) == rank)
      for (int i = 0; i < rank; ++i) out = with_dim(out, i, std::max<std::int64_t>(exact->values[i], -1));
    return c.set(0, out);
  }
  if (static_cast<int>(exact->values.size()) != rank) c.fail("size and input have different ranks");
  Dims dims;
  for (int i = 0; i < rank; ++i) {
    std::int64_t n = exact->values[i];
    const bool known = from && i < static_cast<int>(from->values.size()) && from->values[i] >= 0;
    if (n < 0) n = x[i] >= 0 && known ? x[i] - from->values[i] : -1;
    dims.push_back(std::max<std::int64_t>(n, -1));
  }
  c.set(0, PartialShape(std::span<const std::int64_t>(dims)));
}

struct Slicing {
  std::optional<IntArray> begin, end, stride;
  std::int64_t begin_mask, end_mask, ellipsis, new_axis, shrink;
};

// Length of dim[begin:end:stride]; -1 if unknown.
std::int64_t sliced_length(const Slicing& s, int i, std::int64_t dim) {
  const std::int64_t stride = s.stride ? s.stride->values[i] : 0;
  const bool from_start = s.begin_mask >> i & 1, to_end = s.end_mask >> i & 1;
  if (stride == 0 || stride == INT64_MIN || (!from_start && !s.begin) || (!to_end && !s.end)) return -1;
  const std::int64_t b = from_start ? 0 : s.begin->values[i], e = to_end ? 0 : s.end->values[i];
  if (dim < 0) return -1;
  const std::int64_t low = stride > 0 ? 0 : -1, high = stride > 0 ? dim : dim - 1;
  auto clamp = [&](std::int64_t v) { return std::clamp(v < 0 ? v + dim : v, low, high); };
  const std::int64_t first = from_start ? (stride > 0 ? low : high) : clamp(b);
  const std::int64_t last = to_end ? (stride > 0 ? high : low) : clamp(e);
  const std::int64_t span = stride > 0 ? last - first : first - last;
  const std::int64_t step = stride > 0 ? stride : -stride;
  return span <= 0 ? 0 : (span - 1) / step + 1;
}

void strided_slice_shape(ShapeContext& c) {
  const PartialShape& x = c.input(0);
  Slicing s{c.value(1), c.value(2), c.value(3), c.attr<std::int64_t>("begin_mask", 0),
            c.attr<std::int64_t>("end_mask", 0), c.attr<std::int64_t>("ellipsis_mask", 0),
            c.attr<std::int64_t>("new_axis_mask", 0), c.attr<std::int64_t>("shrink_axis_mask", 0)};
  PartialShape spec_shape = c.merge(c.merge(c.input(1), c.input(2)), c.input(3));
  if (!x.known_rank() || spec_shape.rank() != 1 || spec_shape[0] < 0 || spec_shape[0] > 32) return;
  const int spec = static_cast<int>(spec_shape[0]);
  for (std::optional<IntArray>* bounds : {&s.begin, &s.end, &s.stride})
    if (*bounds && static_cast<int>((*bounds)->values.size()) != spec) bounds->reset();
  int consumed = 0;
  for (int i = 0; i < spec; ++i) consumed += !(s.ellipsis >> i & 1) && !(s.new_axis >> i & 1);
  if (consumed > x.rank()) c.fail(fmt::format("{} indices for a shape of rank {}", consumed, x.rank()));
  Dims dims;
  int at = 0;
  for (int i = 0; i < spec; ++i) {
    if (s.ellipsis >> i & 1) {
      for (int n = x.rank() - consumed; n > 0; --n) dims.push_back(x[at++]);
    } else if (s.new_axis >> i & 1) {
      dims.push_back(1);
    } else if (s.shrink >> i & 1) {
      ++at;
    } else {
      dims.push_back(sliced_length(s, i, x[at++]));
    }
  }
  while (at < x.rank()) dims.push_back(x[at++]);
  c.set(0, PartialShape(std::span<const std::int64_t>(dims)));
}

void strided_slice_grad_shape(ShapeContext& c) { c.set(0, c.shape_value(0)); }

void pad_shape(ShapeContext& c) {
  const PartialShape& x = c.input(0);
  std::optional<IntArray> paddings = c.value(1);
  if (!x.known_rank() || !paddings || static_cast<int>(paddings->values.size()) != 2 * x.rank()) {
    const PartialShape& p = c.input(1);
    const int rank = x.known_rank()                              ? x.rank()
                     : p.rank() == 2 && p[0] >= 0 && p[0] <= 254 ? static_cast<int>(p[0])
                                                                 : -1;
    if (rank >= 0) c.set(0, PartialShape::unknown_of_rank(rank));
    return;
  }
  Dims dims;
  for (int i = 0; i < x.rank(); ++i)
    dims.push_back(sum_of(x[i], sum_of(paddings->values[2 * i], paddings->values[2 * i + 1])));
  c.set(0, PartialShape(std::span<const std::int64_t>(dims)));
}

constexpr ShapeRow kRows[] = {
    {"BroadcastTo", broadcast_to_shape},
    {"ExpandDims", expand_dims_shape},
    {"MirrorPad", pad_shape},
    {"Pad", pad_shape},
    {"PadV2", pad_shape},
    {"Reshape", reshape_shape},
    {"Slice", slice_shape},
    {"Squeeze", squeeze_shape},
    {"StridedSlice", strided_slice_shape},
    {"StridedSliceGrad", strided_slice_grad_shape},
    {"Tile", tile_shape},
    {"Transpose", transpose_shape},
};

}  // namespace

std::span<const ShapeRow> reshaping_shapes() { return kRows; }

}  // namespace tenon
