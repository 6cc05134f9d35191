"""Moving values about."""
import numpy as np
from quiet_tensorflow import tf

from .elementwise import numbers

TYPES = [np.float32, np.int64, np.uint8, np.float16, np.complex128, np.bool_]
TEXT = np.array([b'a', b'', b'ccc', b'dd', b'e', b'f'])


def x(*shape, dtype=np.float32):
    if dtype == np.bool_:
        return numbers(np.int32, shape, 1) > 0
    return np.arange(np.prod(shape, dtype=np.int64)).reshape(shape).astype(dtype)


def i32(*values):
    return np.array(values, np.int32)


def i64(*values):
    return np.array(values, np.int64)


def shapes(r):
    for op in ('Shape', 'Size'):
        for out in (tf.int32, tf.int64):
            r.add(op, x(2, 3), out_type=out)
            r.add(op, x(), out_type=out)
    r.add('ShapeN', [x(2, 3), x(), x(0, 1)])
    r.add('Rank', x(2, 3, 1))
    for sizes in ([3, 2], [-1], [6, -1], [2, -1, 1], [4], [-1, 4], [-1, -1], [-2, 3], [], [1, 6]):
        r.add('Reshape', x(2, 3), i32(*sizes), words=sizes != [-2, 3])
    r.add('Reshape', x(1), i64())
    r.add('Reshape', x(0, 3), i32(0, -1))
    r.add('Reshape', x(0, 3), i32(5, -1))
    r.add('Reshape', TEXT, i64(2, 3))
    r.add('Reshape', x(6), i64(2**40, 2**40), words=False)
    for axis in (0, 1, 2, -1, -3, 3, -4):
        r.add('ExpandDims', x(2, 3), np.int32(axis))
    for axes in ([], [0], [-1], [0, 3], [1]):
        r.add('Squeeze', x(1, 2, 3, 1), squeeze_dims=axes)
    r.add('Squeeze', x(1, 2), squeeze_dims=[5])
    for op in ('Identity', 'StopGradient', 'PreventGradient', 'Snapshot'):
        r.add(op, x(2, 3))
    r.add('IdentityN', [x(2), TEXT])
    r.add('EnsureShape', x(2, 3), shape=[None, 3])
    r.add('EnsureShape', x(2, 3), shape=[None, 4], words=False)
    r.add('Bitcast', x(2, 3), type=tf.int32)
    r.add('Bitcast', x(2, 3), type=tf.uint8)
    r.add('Bitcast', x(2, 4, dtype=np.uint8), type=tf.float32)
    r.add('Bitcast', x(2, 3, dtype=np.uint8), type=tf.float32, words=False)
    r.add('CheckNumerics', x(3), message='hey')
    for bad in ([np.nan, 1], [np.inf, 1], [np.inf, np.nan]):
        r.add('CheckNumerics', np.array(bad, np.float32), message='hey')
    r.add('Placeholder', dtype=tf.float32, shape=[None, 3])
    r.add('Placeholder', dtype=tf.int32, shape=None)
    r.add('Placeholder', dtype=tf.float64, shape=[])
    r.add('PlaceholderWithDefault', x(2, 3), shape=[None, 3])


def makers(r):
    for dtype in TYPES:
        r.add('Fill', i32(2, 3), x(dtype=dtype))
        r.add('ZerosLike', x(2, 3, dtype=dtype))
        r.add('OnesLike', x(2, 3, dtype=dtype))
    r.add('Fill', i64(2), np.array(b'text'))
    r.add('Fill', i32(), np.float32(3))
    r.add('Fill', i32(-1), np.float32(3), words=False)
    r.add('Fill', i32(2), x(2), words=False)
    r.add('ZerosLike', TEXT)
    for axis in (-1, 0, 1):
        r.add('OneHot', np.array([[0, 2], [-1, 5]], np.int32), np.int32(3), np.float32(2), np.float32(-1), axis=axis)
    r.add('OneHot', np.array([0, 2], np.uint8), np.int32(3), np.array(True), np.array(False))
    r.add('OneHot', np.array(1, np.int64), np.int32(3), np.int32(2), np.int32(-1))
    r.add('OneHot', np.array([1], np.int64), np.int32(-3), np.int32(2), np.int32(-1))


def joins(r):
    for dtype in TYPES:
        for axis in (0, 1, -1):
            r.add('ConcatV2', [x(2, 2, dtype=dtype)] * 3, np.int32(axis))
        r.add('Pack', [x(2, 2, dtype=dtype)] * 3, axis=1)
    r.add('ConcatV2', [x(2, 1), x(2, 0), x(2, 3)], np.int32(1))
    r.add('ConcatV2', [TEXT, TEXT[:2]], np.int64(0))
    r.add('ConcatV2', [x(2, 1), x(3, 1)], np.int32(1))
    r.add('ConcatV2', [x(2, 1), x(3)], np.int32(1))
    r.add('ConcatV2', [x(2, 1), x(2, 1)], np.int32(2))
    r.add('Concat', np.int32(1), [x(2, 1), x(2, 3)])
    for axis in (0, 1, 2, -1, -3):
        r.add('Pack', [x(2, 3), x(2, 3) + 10], axis=axis)
        r.add('Unpack', x(3, 3, 3), num=3, axis=axis) if axis not in (-3,) else None
    r.add('Pack', [x(), x()])
    r.add('Pack', [x(2), x(3)])
    r.add('Pack', [TEXT, TEXT])
    r.add('Unpack', x(3, 2), num=2, axis=0, words=False)
    r.add('Unpack', TEXT, num=6)
    r.add('ConcatOffset', np.int32(1), [i32(2, 2, 5), i32(2, 3, 5), i32(2, 4, 5)])
    r.add('ConcatOffset', np.int32(1), [i32(2, 2, 5), i32(3, 3, 5)])
    for axis in (0, 1, -1):
        r.add('Split', np.int32(axis), x(4, 6), num_split=2)
    r.add('Split', np.int32(0), x(4, 6), num_split=3)
    r.add('Split', np.int32(2), x(4, 6), num_split=3)
    r.add('Split', np.int32(0), x(4, 6), num_split=1)
    for sizes in ([1, 2, 3], [1, -1, 3], [0, 6, 0], [1, 2, 2], [4, -1, 4]):
        r.add('SplitV', x(2, 6), i32(*sizes), np.int32(1), num_split=3)
        r.add('SplitV', x(6), i64(*sizes), np.int32(0), num_split=3)


def slices(r):
    for dtype in TYPES:
        r.add('Slice', x(3, 4, 5, dtype=dtype), i32(1, 0, 2), i32(2, -1, 2))
    r.add('Slice', TEXT, i64(2), i64(3))
    r.add('Slice', x(3, 4), i32(0, 0), i32(3, 4))
    r.add('Slice', x(3, 4), i32(2, 0), i32(2, 4))
    r.add('Slice', x(3, 4), i32(4, 0), i32(-1, 4))
    r.add('Slice', x(3, 4), i32(4), i32(1))

    def strided(shape, begin, end, strides, **masks):
        r.add('StridedSlice', x(*shape), i32(*begin), i32(*end), i32(*strides), **masks)
        with tf.Graph().as_default(), tf.Session() as session:
            try:
                out = session.run(tf.raw_ops.StridedSlice(input=x(*shape), begin=begin, end=end, strides=strides, **masks))
            except (ValueError, tf.errors.OpError):
                return
        r.add('StridedSliceGrad', i32(*shape), i32(*begin), i32(*end), i32(*strides), out + 1, **masks)

    strided((5,), [1], [4], [1])
    strided((5,), [1], [5], [2])
    strided((5,), [-1], [-6], [-2])
    strided((5,), [7], [-9], [-1])
    strided((5,), [3], [1], [1])
    strided((5,), [0], [0], [1], begin_mask=1, end_mask=1)
    strided((5,), [0], [0], [-1], begin_mask=1, end_mask=1)
    strided((5,), [2], [3], [1], shrink_axis_mask=1)
    strided((5,), [-2], [-1], [1], shrink_axis_mask=1)
    strided((5,), [5], [6], [1], shrink_axis_mask=1)
    strided((5,), [2], [3], [-1], shrink_axis_mask=1)
    strided((5,), [0], [3], [0])
    strided((3, 4, 5), [1, 0], [2, 3], [1, 2])
    strided((3, 4, 5), [1, 0, 0], [2, 0, 3], [1, 1, 2], ellipsis_mask=2)
    strided((3, 4, 5), [0, 1], [0, 3], [1, 2], ellipsis_mask=1)
    strided((3, 4, 5), [0, 0, 1], [0, 0, 2], [1, 1, 1], ellipsis_mask=1, new_axis_mask=2)
    strided((3, 4, 5), [0, 1, 0], [0, 2, 0], [1, 1, 1], new_axis_mask=5, shrink_axis_mask=2)
    strided((3, 4, 5), [0, 0], [0, 0], [1, 1], new_axis_mask=1, ellipsis_mask=2)
    strided((3, 4, 5), [1, 0, 2], [2, 0, 3], [1, 1, 1], ellipsis_mask=2, shrink_axis_mask=5)
    strided((3, 4, 5), [0, 0, 0, 0], [1, 1, 1, 1], [1, 1, 1, 1])
    strided((3, 4, 5), [0, 0], [1, 1], [1, 1], ellipsis_mask=3)
    strided((3, 4, 5), [0, 0, 0], [3, 4, 5], [1, 1, 1])
    strided((3, 4, 5), [2, 3, 4], [0, 0, 0], [-1, -2, -3])
    strided((0, 3), [0, 1], [0, 2], [1, 1], end_mask=1)
    strided((), [0], [0], [1], new_axis_mask=1)
    strided((), [0], [0], [1], ellipsis_mask=1)
    r.add('StridedSlice', TEXT, i64(4), i64(0), i64(-2))
    r.add('StridedSliceGrad', i32(5), i32(1), i32(4), i32(1), x(2))
    for dtype in TYPES[:5]:
        r.add('StridedSlice', x(4, 6, dtype=dtype), i32(1, 1), i32(4, 6), i32(2, 3))


def moves(r):
    for dtype in TYPES:
        r.add('Tile', x(2, 3, dtype=dtype), i32(2, 3))
        r.add('Transpose', x(2, 3, 4, dtype=dtype), i32(2, 0, 1))
        r.add('ReverseV2', x(2, 3, 4, dtype=dtype), i32(0, -1))
        r.add('BroadcastTo', x(3, 1, dtype=dtype), i32(2, 3, 4))
        r.add('Pad', x(2, 3, dtype=dtype), np.array([[1, 0], [2, 1]], np.int32))
    r.add('Tile', x(2, 3), i32(1, 1))
    r.add('Tile', x(2, 3), i32(0, 1))
    r.add('Tile', x(2, 3), i32(2))
    r.add('Tile', x(2, 3), i32(-1, 2))
    r.add('Tile', TEXT, i64(2))
    r.add('Tile', x(), i32())
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [0, 2, 1, 3], [0, 3, 1, 2], [1, 0, 3, 2], [-1, 0, 1, 2]):
        r.add('Transpose', x(2, 3, 1, 5), i32(*order))
    r.add('Transpose', x(40, 50), i32(1, 0))
    r.add('Transpose', x(2, 33, 37), i64(0, 2, 1))
    r.add('Transpose', x(2, 3), i32(0, 0), words=False)
    r.add('Transpose', x(2, 3), i32(0))
    r.add('Transpose', x(2, 3), i32(0, 2))
    r.add('Transpose', TEXT.reshape(2, 3), i32(1, 0))
    r.add('InvertPermutation', i32(3, 0, 2, 1))
    r.add('InvertPermutation', i64(3, 0, 2, 4))
    r.add('InvertPermutation', i64(1, 0, 1))
    r.add('ReverseV2', x(2, 3), i32())
    r.add('ReverseV2', x(2, 3), i32(2))
    r.add('ReverseV2', x(2, 3), i32(0, 0))
    r.add('ReverseV2', x(0, 3), i32(0))
    r.add('ReverseV2', TEXT, i32(0))
    r.add('BroadcastTo', x(3), i32(2))
    r.add('BroadcastTo', x(3), i32(4, 3))
    r.add('BroadcastTo', x(), i32(2, 2))
    r.add('BroadcastTo', x(2, 3), i32(2, 3))
    r.add('BroadcastTo', x(2, 3), i32(3))
    r.add('PadV2', x(2, 3), np.array([[1, 0], [2, 1]], np.int64), np.float32(9))
    r.add('PadV2', x(2, 0), np.array([[1, 0], [2, 1]], np.int64), np.float32(9))
    r.add('Pad', x(2, 3), np.array([[1, -1], [2, 1]], np.int32))
    r.add('Pad', x(2, 3), np.array([[1, 1]], np.int32), words=False)
    for low, high in ((1, 0), (-1, 1), (0, 0), (-1, -1), (2, 1), (5, 1), (1, 9)):
        r.add('MatrixBandPart', x(2, 3, 4) + 1, np.int64(low), np.int64(high))
    r.add('MatrixDiag', x(2, 3))
    r.add('MatrixDiagPart', x(2, 3, 4))


def gathers(r):
    for dtype in TYPES:
        r.add('GatherV2', x(4, 3, dtype=dtype), i32(3, 0, 3), np.int32(0))
        r.add('GatherV2', x(4, 3, dtype=dtype), i64(2, 0), np.int32(1))
    r.add('GatherV2', x(4, 3), np.array([[1, 2], [3, 0]], np.int32), np.int32(-2))
    r.add('GatherV2', x(2, 4, 3), np.array([[1, 2], [3, 0]], np.int32), np.int32(1), batch_dims=1)
    r.add('GatherV2', x(2, 4, 3), np.array([[1, 2], [2, 0]], np.int32), np.int32(2), batch_dims=1)
    r.add('GatherV2', x(2, 4, 3), np.array([[1, 2], [2, 0]], np.int32), np.int32(2), batch_dims=-1)
    r.add('GatherV2', x(4, 3), np.int32(2), np.int32(0))
    r.add('GatherV2', x(4, 3), i32(4), np.int32(0))
    r.add('GatherV2', x(4, 3), np.array([[0, 1], [-1, 0]], np.int32), np.int32(0))
    r.add('GatherV2', x(4, 3), i32(0), np.int32(2), words=False)
    r.add('GatherV2', TEXT, i32(5, 0), np.int32(0))
    r.add('GatherV2', x(4, 0), i32(1, 2), np.int32(0))
    r.add('Gather', x(4, 3), i32(1, 2))
    r.add('GatherNd', x(4, 3), np.array([[1, 2], [3, 0]], np.int32))
    r.add('GatherNd', x(4, 3), np.array([[[1], [3]]], np.int64))
    r.add('GatherNd', x(4, 3), np.array([[1, 2], [4, 0]], np.int32), words=False)
    r.add('GatherNd', x(4, 3), np.zeros((2, 0), np.int32))
    r.add('GatherNd', x(4, 3), np.zeros((2, 3), np.int32))
    for dtype in TYPES:
        r.add('ScatterNd', np.array([[1], [3], [1]], np.int32), x(3, 2, dtype=dtype), i32(4, 2))
    r.add('ScatterNd', np.array([[1, 0], [3, 1]], np.int64), x(2), i64(4, 2))
    r.add('ScatterNd', np.array([[1, 0], [4, 1]], np.int64), x(2), i64(4, 2))
    r.add('ScatterNd', np.array([[1, 0], [3, 1]], np.int64), x(3), i64(4, 2), words=False)
    for op in ('TensorScatterUpdate', 'TensorScatterAdd', 'TensorScatterSub'):
        r.add(op, x(4, 2), np.array([[1], [3], [1]], np.int32), x(3, 2) + 10)
        r.add(op, x(4, dtype=np.int32), np.array([[1], [3], [1]], np.int32), i32(3, 2, 7))


def dynamic(r):
    r.add('Unique', i32(3, 1, 3, 2, 1))
    r.add('Unique', np.array([1.5, -0.0, 0.0, 1.5], np.float32), out_idx=tf.int64)
    r.add('Unique', np.array([b'b', b'a', b'b']))
    r.add('Unique', i64())
    r.add('Unique', x(2, 2), words=False)
    r.add('UniqueWithCounts', i64(3, 1, 3, 2, 1))
    for dtype in (np.bool_, np.float32, np.int64, np.complex64):
        r.add('Where', numbers(np.int32, (3, 4), 4, -1, 2).astype(dtype))
    r.add('Where', np.array(True))
    r.add('Where', np.zeros((0, 3), np.bool_))
    r.add('DynamicStitch', [i32(0, 3), i32(1, 5)], [x(2, 2), x(2, 2) + 10])
    r.add('DynamicStitch', [i32(0, 2), np.int32(1), np.array([[3, 0]], np.int32)], [x(2), np.float32(9), x(1, 2) + 20])
    r.add('DynamicStitch', [i32(0, 2)], [x(3, 2)])
    r.add('DynamicStitch', [i32(0, 1)], [np.array([b'a', b'b'])])
    r.add('DynamicPartition', x(5, 2), i32(0, 2, 0, 1, 2), num_partitions=4)
    r.add('DynamicPartition', x(2, 2), np.array([[0, 1], [1, 0]], np.int32), num_partitions=2)
    r.add('DynamicPartition', x(3), i32(0, 2, 1), num_partitions=2)
    r.add('DynamicPartition', x(3), i32(0, 2), num_partitions=2)


def record(r):
    shapes(r)
    makers(r)
    joins(r)
    slices(r)
    moves(r)
    gathers(r)
    dynamic(r)
