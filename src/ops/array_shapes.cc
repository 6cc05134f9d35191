// Shapes of operations that make, pass on or combine arrays without arithmetic.
#include <fmt/format.h>

#include "graph.pb.h"
#include "ops/shape_inference.h"

namespace tenon {
namespace {

void const_shape(ShapeContext& c) { c.set(0, c.node().tensor_attr_shape("value")); }

void placeholder_shape(ShapeContext& c) { c.set(0, c.attr<PartialShape>("shape", PartialShape::unknown())); }

// Up to version 21 of the graph format, [] in a Placeholder meant "unknown".
void first_placeholder_shape(ShapeContext& c) {
  constexpr int kLastWithoutScalars = 21;
  placeholder_shape(c);
  const bool old = c.node().graph().versions().producer() <= kLastWithoutScalars;
  if (old && c.node().attr_or<PartialShape>("shape", PartialShape::unknown()).rank() == 0)
    c.set(0, PartialShape::unknown());
}

void fill_shape(ShapeContext& c) { c.set(0, c.shape_value(0)); }

void shape_of_shape(ShapeContext& c) {
  for (int i = 0; i < c.num_outputs(); ++i) c.set(i, PartialShape{c.input(i).known_rank() ? c.input(i).rank() : -1});
}

void pack_shape(ShapeContext& c) {
  PartialShape each = c.input(0);
  for (int i = 1; i < c.num_inputs(); ++i) each = c.merge(each, c.input(i));
  if (!each.known_rank()) return;
  const int axis = c.axis(c.attr<std::int64_t>("axis", 0), each.rank() + 1);
  c.set(0, concatenated(concatenated(sub_shape(each, 0, axis), PartialShape{c.num_inputs()}),
                        sub_shape(each, axis, each.rank())));
}

void unpack_shape(ShapeContext& c) {
  if (!c.input(0).known_rank()) return;
  const PartialShape x = c.with_rank_at_least(0, 1);
  const int axis = c.axis(c.attr<std::int64_t>("axis", 0), x.rank());
  c.set_all(concatenated(sub_shape(x, 0, axis), sub_shape(x, axis + 1, x.rank())));
}

// Inputs [begin, end) side by side along an axis.
void concat_along(ShapeContext& c, int axis_input, int begin, int end) {
  PartialShape like = PartialShape::unknown();
  for (int i = begin; i < end && !like.known_rank(); ++i) like = c.input(i);
  if (!like.known_rank()) return;
  std::optional<std::int64_t> value = c.scalar_value(axis_input);
  if (!value) return c.set(0, PartialShape::unknown_of_rank(like.rank()));
  const int axis = c.axis(*value, like.rank());
  std::int64_t length = 0;
  PartialShape rest = with_dim(like, axis, -1);
  for (int i = begin; i < end; ++i) {
    const std::int64_t part = c.input(i).known_rank() ? c.with_rank(i, like.rank())[axis] : -1;
    length = sum_of(length, part);
    if (c.input(i).known_rank()) rest = c.merge(rest, with_dim(c.input(i), axis, -1));
  }
  c.set(0, with_dim(rest, axis, length));
}

void concat_shape(ShapeContext& c) { concat_along(c, 0, 1, c.num_inputs()); }
void concat_v2_shape(ShapeContext& c) { concat_along(c, c.num_inputs() - 1, 0, c.num_inputs() - 1); }

void concat_offset_shape(ShapeContext& c) {
  for (int i = 0; i < c.num_outputs(); ++i) c.set(i, c.input(i + 1));
}

void split_shape(ShapeContext& c) {
  if (!c.input(1).known_rank()) return;
  std::optional<std::int64_t> value = c.scalar_value(0);
  if (!value) return c.set_all(PartialShape::unknown_of_rank(c.input(1).rank()));
  const int axis = c.axis(*value, c.input(1).rank());
  const std::int64_t length = c.input(1)[axis], parts = c.num_outputs();
  if (length >= 0 && parts > 0 && length % parts != 0)
    c.fail(fmt::format("dimension {} of size {} cannot be split into {} equal parts", axis, length, parts));
  c.set_all(with_dim(c.input(1), axis, length < 0 || parts == 0 ? -1 : length / parts));
}

void split_v_shape(ShapeContext& c) {
  if (!c.input(0).known_rank()) return;
  std::optional<std::int64_t> value = c.scalar_value(2);
  if (!value) return c.set_all(PartialShape::unknown_of_rank(c.input(0).rank()));
  const int axis = c.axis(*value, c.input(0).rank());
  std::optional<IntArray> sizes = c.value(1);
  if (sizes && static_cast<int>(sizes->values.size()) != c.num_outputs())
    c.fail(fmt::format("{} sizes for {} outputs", sizes->values.size(), c.num_outputs()));
  std::int64_t rest = c.input(0)[axis];
  for (int i = 0; sizes && i < c.num_outputs(); ++i)
    if (sizes->values[i] >= 0 && rest >= 0) rest -= sizes->values[i];
  for (int i = 0; i < c.num_outputs(); ++i) {
    const std::int64_t size = !sizes ? -1 : sizes->values[i] < 0 ? rest : sizes->values[i];
    c.set(i, with_dim(c.input(0), axis, std::max<std::int64_t>(size, -1)));
  }
}

void gather_shape(ShapeContext& c) {
  const PartialShape& params = c.input(0);
  const PartialShape& indices = c.input(1);
  std::optional<std::int64_t> value = c.num_inputs() > 2 ? c.scalar_value(2) : 0;
  if (!params.known_rank() || !indices.known_rank()) return;
  const int batch = static_cast<int>(c.attr<std::int64_t>("batch_dims", 0));
  if (batch < 0 || batch > indices.rank()) return;
  if (!value) return c.set(0, PartialShape::unknown_of_rank(params.rank() + indices.rank() - 1 - batch));
  const int axis = c.axis(*value, params.rank());
  if (batch > axis) return;
  c.set(0, concatenated(concatenated(sub_shape(params, 0, axis), sub_shape(indices, batch, indices.rank())),
                        sub_shape(params, axis + 1, params.rank())));
}

void gather_nd_shape(ShapeContext& c) {
  const PartialShape &params = c.input(0), &indices = c.input(1);
  if (!params.known_rank() || !indices.known_rank() || indices.rank() == 0) return;
  const std::int64_t depth = indices[indices.rank() - 1];
  if (depth < 0 || depth > params.rank()) return;
  c.set(0, concatenated(sub_shape(indices, 0, indices.rank() - 1),
                        sub_shape(params, static_cast<int>(depth), params.rank())));
}

void one_hot_shape(ShapeContext& c) {
  if (!c.input(0).known_rank()) return;
  const int rank = c.input(0).rank();
  const std::int64_t asked = c.attr<std::int64_t>("axis", -1);
  const int axis = asked == -1 ? rank : c.axis(asked, rank + 1);
  std::optional<std::int64_t> depth = c.scalar_value(1);
  c.set(0, concatenated(concatenated(sub_shape(c.input(0), 0, axis), PartialShape{depth && *depth >= 0 ? *depth : -1}),
                        sub_shape(c.input(0), axis, rank)));
}

void unique_shape(ShapeContext& c) {
  c.set(0, PartialShape{-1});
  c.set(1, c.input(0));
  if (c.num_outputs() > 2) c.set(2, PartialShape{-1});
}

void where_shape(ShapeContext& c) { c.set(0, PartialShape{-1, c.input(0).known_rank() ? c.input(0).rank() : -1}); }

// A scalar condition, a vector over the first dimension, or one of the operands' shape.
void select_shape(ShapeContext& c) { c.set(0, c.merge(c.input(1), c.input(2))); }

void select_v2_shape(ShapeContext& c) { c.set(0, broadcast(c, broadcast(c, c.input(1), c.input(2)), c.input(0))); }

void identity_n_shape(ShapeContext& c) {
  for (int i = 0; i < c.num_outputs(); ++i) c.set(i, c.input(i));
}

void dynamic_stitch_shape(ShapeContext& c) {
  const int n = c.num_inputs() / 2;
  PartialShape rest = PartialShape::unknown();
  std::int64_t largest = -1;  // of the indices
  bool all_known = true;
  for (int i = 0; i < n; ++i) {
    std::optional<IntArray> indices = c.value(i);
    all_known = all_known && indices.has_value();
    if (indices)
      for (std::int64_t index : indices->values) largest = std::max(largest, index);
    const PartialShape &at = c.input(i), &data = c.input(n + i);
    if (at.known_rank() && data.known_rank() && at.rank() <= data.rank())
      rest = c.merge(rest, sub_shape(data, at.rank(), data.rank()));
  }
  if (rest.known_rank())
    c.set(0, concatenated(PartialShape{!all_known ? -1 : largest < 0 ? 0 : sum_of(largest, 1)}, rest));
}

void unsorted_segment_shape(ShapeContext& c) {
  const PartialShape &data = c.input(0), &ids = c.input(1);
  if (!data.known_rank() || !ids.known_rank() || ids.rank() > data.rank()) return;
  std::optional<std::int64_t> segments = c.scalar_value(2);
  c.set(0, concatenated(PartialShape{segments && *segments >= 0 ? *segments : -1},
                        sub_shape(data, ids.rank(), data.rank())));
}

void segment_shape(ShapeContext& c) {
  if (c.input(0).known_rank() && c.input(0).rank() > 0) c.set(0, with_dim(c.input(0), 0, -1));
}

void string_join_shape(ShapeContext& c) {
  PartialShape shape = PartialShape::scalar();
  for (int i = 0; i < c.num_inputs(); ++i)
    if (!(c.input(i) == PartialShape::scalar())) shape = c.input(i).known_rank() ? c.input(i) : PartialShape::unknown();
  c.set(0, shape);
}

void broadcast_gradient_args_shape(ShapeContext& c) { c.set_all(PartialShape{-1}); }

void set_diff_shape(ShapeContext& c) { c.set_all(PartialShape{-1}); }

constexpr ShapeRow kRows[] = {
    {"AsString", unchanged_shape},
    {"BroadcastGradientArgs", broadcast_gradient_args_shape},
    {"CheckNumerics", unchanged_shape},
    {"CheckNumericsV2", unchanged_shape},
    {"Concat", concat_shape},
    {"ConcatOffset", concat_offset_shape},
    {"ConcatV2", concat_v2_shape},
    {"Const", const_shape},
    {"DynamicStitch", dynamic_stitch_shape},
    {"Fill", fill_shape},
    {"Gather", gather_shape},
    {"GatherNd", gather_nd_shape},
    {"GatherV2", gather_shape},
    {"GuaranteeConst", unchanged_shape},
    {"Identity", unchanged_shape},
    {"IdentityN", identity_n_shape},
    {"InvertPermutation", unchanged_shape},
    {"ListDiff", set_diff_shape},
    {"OneHot", one_hot_shape},
    {"OnesLike", unchanged_shape},
    {"Pack", pack_shape},
    {"ParallelDynamicStitch", dynamic_stitch_shape},
    {"Placeholder", first_placeholder_shape},
    {"PlaceholderV2", placeholder_shape},
    {"PlaceholderWithDefault", placeholder_shape},
    {"PreventGradient", unchanged_shape},
    {"Rank", scalar_shape},
    {"RefIdentity", unchanged_shape},
    {"Reverse", unchanged_shape},
    {"ReverseSequence", unchanged_shape},
    {"ReverseV2", unchanged_shape},
    {"SegmentMax", segment_shape},
    {"SegmentMean", segment_shape},
    {"SegmentSum", segment_shape},
    {"Select", select_shape},
    {"SelectV2", select_v2_shape},
    {"Shape", shape_of_shape},
    {"ShapeN", shape_of_shape},
    {"Size", scalar_shape},
    {"Split", split_shape},
    {"SplitV", split_v_shape},
    {"StopGradient", unchanged_shape},
    {"StringJoin", string_join_shape},
    {"StringToHashBucketFast", unchanged_shape},
    {"Unique", unique_shape},
    {"UniqueWithCounts", unique_shape},
    {"Unpack", unpack_shape},
    {"UnsortedSegmentMax", unsorted_segment_shape},
    {"UnsortedSegmentSum", unsorted_segment_shape},
    {"Where", where_shape},
    {"ZerosLike", unchanged_shape},
};

}  // namespace

std::span<const ShapeRow> array_shapes() { return kRows; }

}  // namespace tenon
