#include "kernels/array/slice_spec.h"

#include <algorithm>
#include <bit>

#include "kernels/array/nd_copy.h"

namespace tenon {
namespace {

// One dimension of the input with what was asked of it.
struct Range {
  std::int64_t begin = 0, end = 0, stride = 1;
  bool from_start = true, to_end = true, shrink = false;
};

constexpr int kNewAxis = -1;

bool bit(std::int64_t mask, int i) { return i < 64 && (mask >> i & 1) != 0; }

// The ranges of the input's dimensions, and for each dimension of the result where it comes from.
void align(const PrepareContext& c, int rank, const Dims& begin, const Dims& end, const Dims& strides,
           const SliceMasks& masks, std::vector<Range>& ranges, std::vector<int>& result) {
  const int given = begin.size();
  int new_axes_after = 0;
  bool ellipsis_seen = false;
  for (int i = 0; i < given; ++i) {
    if (ellipsis_seen && bit(masks.new_axis, i)) ++new_axes_after;
    ellipsis_seen = ellipsis_seen || bit(masks.ellipsis, i);
  }
  ellipsis_seen = false;
  for (int i = 0; i <= given; ++i) {
    if (i == given ? !ellipsis_seen : bit(masks.ellipsis, i)) {
      // What nobody spoke of.
      const int after = i == given ? 0 : given - i - 1 - new_axes_after;
      while (static_cast<int>(ranges.size()) < rank - after) {
        result.push_back(static_cast<int>(ranges.size()));
        ranges.push_back({});
      }
      if (i < given && ellipsis_seen) c.fail("Multiple ellipses in slice spec not allowed");
      ellipsis_seen = true;
    } else if (i < given && bit(masks.new_axis, i)) {
      result.push_back(kNewAxis);
    } else if (i < given) {
      if (static_cast<int>(ranges.size()) == rank) {
        c.fail(fmt::format("Index out of range using input dim {}; input has only {} dims", rank, rank));
      }
      const bool shrink = bit(masks.shrink_axis, i);
      if (!shrink) result.push_back(static_cast<int>(ranges.size()));
      ranges.push_back({begin[i], end[i], strides[i], bit(masks.begin, i), bit(masks.end, i), shrink});
    }
  }
}

// First element and count of a range over a dimension of `size`.
std::pair<std::int64_t, std::int64_t> resolve(const PrepareContext& c, const Range& range, std::int64_t size, int d) {
  if (range.stride == 0) c.fail(fmt::format("strides[{}] must be non-zero", d));
  if (range.shrink) {
    if (range.stride < 0) c.fail("only stride 1 allowed on non-range indexing.");
    const std::int64_t at = range.from_start ? 0 : range.begin < 0 ? range.begin + size : range.begin;
    if (at < 0 || at >= size) {
      c.fail(fmt::format("slice index {} of dimension {} out of bounds.", range.from_start ? 0 : range.begin, d));
    }
    return {at, 1};
  }
  const bool forward = range.stride > 0;
  const std::int64_t low = forward ? 0 : -1;
  const std::int64_t high = forward ? size : size - 1;
  const auto place = [&](std::int64_t x, bool masked, std::int64_t otherwise) {
    return masked ? otherwise : std::clamp(x < 0 ? x + size : x, low, high);
  };
  const std::int64_t first = place(range.begin, range.from_start, forward ? low : high);
  const std::int64_t last = place(range.end, range.to_end, forward ? high : low);
  const std::int64_t distance = forward ? last - first : first - last;
  if (distance <= 0) return {first, 0};
  const std::uint64_t step = forward ? static_cast<std::uint64_t>(range.stride)
                                     : std::uint64_t{0} - static_cast<std::uint64_t>(range.stride);
  return {first, static_cast<std::int64_t>((static_cast<std::uint64_t>(distance) + step - 1) / step)};
}

}  // namespace

SliceMasks::SliceMasks(const Node& node)
    : begin(node.attr_or<std::int64_t>("begin_mask", 0)),
      end(node.attr_or<std::int64_t>("end_mask", 0)),
      ellipsis(node.attr_or<std::int64_t>("ellipsis_mask", 0)),
      new_axis(node.attr_or<std::int64_t>("new_axis_mask", 0)),
      shrink_axis(node.attr_or<std::int64_t>("shrink_axis_mask", 0)) {
  // An ellipsis wins over a new axis, and that over a shrunk one.
  new_axis &= ~ellipsis;
  shrink_axis &= ~(ellipsis | new_axis);
}

SliceSpec resolve_slice(const PrepareContext& c, const Shape& input, const Tensor& begin, const Tensor& end,
                        const Tensor& strides, const SliceMasks& masks) {
  if (begin.rank() != 1 || begin.shape() != end.shape() || begin.shape() != strides.shape() || begin.elements() >= 32) {
    c.fail(fmt::format("Expected begin, end, and strides to be 1D equal size tensors, but got shapes {}, {}, and {} "
                       "instead.",
                       begin.shape().to_string(), end.shape().to_string(), strides.shape().to_string()));
  }
  std::vector<Range> ranges;
  std::vector<int> result;
  align(c, input.rank(), indices_of(begin), indices_of(end), indices_of(strides), masks, ranges, result);
  SliceSpec spec;
  spec.strides = strides_of(input);
  spec.identity = true;
  for (int d = 0; d < input.rank(); ++d) {
    const auto at = static_cast<std::size_t>(d);
    const auto [first, count] = resolve(c, ranges[at], input[d], d);
    spec.identity = spec.identity && count == input[d] && (ranges[at].stride == 1 || count <= 1);
    if (count > 0) spec.offset += first * spec.strides[at];
    // Of a range of one, the stride does not matter (and may be huge).
    spec.strides[at] = count > 1 ? spec.strides[at] * ranges[at].stride : 0;
    spec.sizes.push_back(count);
  }
  for (int from : result) spec.shape.push_back(from == kNewAxis ? 1 : spec.sizes[static_cast<std::size_t>(from)]);
  return spec;
}

}  // namespace tenon
