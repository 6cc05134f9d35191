#include "kernels/array/array_kernels.h"

namespace tenon {

KernelMaker make_bitcast, make_broadcast_to, make_check_numerics, make_concat, make_concat_offset, make_concat_v2,
    make_const, make_dynamic_partition, make_dynamic_stitch, make_ensure_shape, make_expand_dims, make_fill,
    make_gather, make_gather_nd, make_identity, make_invert_permutation, make_matrix_band_part, make_matrix_diag,
    make_matrix_diag_part, make_one_hot, make_ones_like, make_pack, make_pad, make_placeholder,
    make_placeholder_with_default, make_rank, make_reshape, make_reverse_v2, make_scatter_nd, make_shape, make_size,
    make_slice, make_split, make_split_v, make_squeeze, make_strided_slice, make_strided_slice_grad,
    make_tensor_scatter_add, make_tensor_scatter_sub, make_tensor_scatter_update, make_tile, make_transpose,
    make_unique_kernel, make_unpack, make_where, make_zeros_like;

namespace {

const KernelRow kRows[] = {
    {"Bitcast", make_bitcast},
    {"BroadcastTo", make_broadcast_to, {1}},
    {"CheckNumerics", make_check_numerics},
    {"Concat", make_concat, {0}},
    {"ConcatOffset", make_concat_offset},
    {"ConcatV2", make_concat_v2, {-1}},
    {"Const", make_const},
    {"DynamicPartition", make_dynamic_partition},
    {"DynamicStitch", make_dynamic_stitch},
    {"EnsureShape", make_ensure_shape},
    {"ExpandDims", make_expand_dims, {1}},
    {"Fill", make_fill, {0}},
    {"Gather", make_gather},
    {"GatherNd", make_gather_nd},
    {"GatherV2", make_gather, {2}},
    {"Identity", make_identity},
    {"IdentityN", make_identity},
    {"InvertPermutation", make_invert_permutation},
    {"MatrixBandPart", make_matrix_band_part},
    {"MatrixDiag", make_matrix_diag},
    {"MatrixDiagPart", make_matrix_diag_part},
    {"OneHot", make_one_hot, {1}},
    {"OnesLike", make_ones_like},
    {"Pack", make_pack},
    {"Pad", make_pad, {1}},
    {"PadV2", make_pad, {1}},
    {"ParallelDynamicStitch", make_dynamic_stitch},
    {"Placeholder", make_placeholder},
    {"PlaceholderV2", make_placeholder},
    {"PlaceholderWithDefault", make_placeholder_with_default},
    {"PreventGradient", make_identity},
    {"Rank", make_rank, {}, true},
    {"Reshape", make_reshape, {1}},
    {"ReverseV2", make_reverse_v2, {1}},
    {"ScatterNd", make_scatter_nd, {2}},
    {"Shape", make_shape, {}, true},
    {"ShapeN", make_shape, {}, true},
    {"Size", make_size, {}, true},
    {"Slice", make_slice, {1, 2}},
    {"Snapshot", make_identity},
    {"Split", make_split, {0}},
    {"SplitV", make_split_v, {1, 2}},
    {"Squeeze", make_squeeze},
    {"StopGradient", make_identity},
    {"StridedSlice", make_strided_slice, {1, 2, 3}},
    {"StridedSliceGrad", make_strided_slice_grad, {0, 1, 2, 3}},
    {"TensorScatterAdd", make_tensor_scatter_add},
    {"TensorScatterSub", make_tensor_scatter_sub},
    {"TensorScatterUpdate", make_tensor_scatter_update},
    {"Tile", make_tile, {1}},
    {"Transpose", make_transpose, {1}},
    {"Unique", make_unique_kernel},
    {"UniqueWithCounts", make_unique_kernel},
    {"Unpack", make_unpack},
    {"Where", make_where},
    {"ZerosLike", make_zeros_like},
};

}  // namespace

std::span<const KernelRow> array_kernels() { return kRows; }

}  // namespace tenon
