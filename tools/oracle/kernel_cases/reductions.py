"""Reductions, scans, segments, ranges."""
import numpy as np
from quiet_tensorflow import tf

from .elementwise import FLOATS, INTS, NUMBERS, numbers


def reduce(r):
    shape = (2, 3, 4, 5)
    for op in ['Sum', 'Mean', 'Prod', 'Max', 'Min']:
        for axes in [[], [0], [1], [2], [3], [-1], [0, 1], [2, 3], [0, 2], [1, 3], [0, 3], [0, 1, 2, 3], [3, -4]]:
            for keep in (False, True):
                x = numbers(np.float32, shape, 1)
                r.add(op, x / 4 if op == 'Prod' else x, np.array(axes, np.int32), keep_dims=keep, rtol=4)
        for dtype in NUMBERS if op in ('Sum', 'Mean', 'Prod') else FLOATS + INTS:
            x = numbers(dtype, (3, 4), 2)
            for axes in ([0], [1], [0, 1]):
                r.add(op, x, np.array(axes, np.int64), rtol=4)
        for dtype in (np.float32, np.int32):
            r.add(op, np.zeros((0, 3), dtype), np.array([0], np.int32))
            r.add(op, np.zeros((0, 3), dtype), np.array([1], np.int32))
            r.add(op, np.zeros((2, 0, 3), dtype), np.array([1, 2], np.int32))
        r.add(op, np.float32(3), np.array([], np.int32))
        r.add(op, np.zeros((2, 3), np.float32), np.array([2], np.int32))
        r.add(op, np.zeros((2, 3), np.float32), np.array(-1, np.int32))
        r.add(op, np.zeros((2, 3), np.float32), np.array([0, 0], np.int32))
        odd = np.array([[np.nan, 1], [1, np.nan], [np.inf, -np.inf], [-np.inf, -np.inf], [np.inf, 2]], np.float32)
        r.add(op, odd, np.array([1], np.int32))
        r.add(op, odd, np.array([0], np.int32))
    random = np.random.RandomState(3)
    for shape, axes in [((300, 7), [0]), ((7, 300), [1]), ((20, 3, 70), [0, 2]), ((2000,), [0]), ((5, 600), [0])]:
        for op in ('Sum', 'Mean', 'Max'):
            r.add(op, random.uniform(0, 1, shape).astype(np.float32), np.array(axes, np.int32))
    for op in ('Sum', 'Mean'):
        r.add(op, np.array([100, 100, 100], np.int8), np.array([0], np.int32))
        r.add(op, np.array([2**31 - 1, 2**31 - 1, 2**31 - 1], np.int32), np.array([0], np.int32))
        r.add(op, np.array([-5, -2], np.int32), np.array([0], np.int32))
        r.add(op, np.array([250, 250, 250], np.uint8), np.array([0], np.int32))
    flags = np.array([[True, False, True], [True, True, True]])
    for op in ('All', 'Any'):
        for axes in ([], [0], [1], [0, 1]):
            r.add(op, flags, np.array(axes, np.int32))
        r.add(op, np.zeros((0, 2), np.bool_), np.array([0], np.int32))


def extremes(r):
    for op in ('ArgMax', 'ArgMin'):
        for dtype in FLOATS + INTS:
            for axis in (0, 1, -1):
                r.add(op, numbers(dtype, (3, 4, 5), 1), np.int32(axis))
        r.add(op, np.array([[np.nan, 1], [1, np.nan], [np.nan, np.nan], [-np.inf, -np.inf]], np.float32), np.int32(1))
        r.add(op, np.array([[2, 1], [1, 2]], np.float32), np.int64(0), output_type=tf.int32)
        r.add(op, np.zeros((0, 3), np.float32), np.int32(0))
        r.add(op, np.zeros((0, 3), np.float32), np.int32(1))
        r.add(op, np.zeros((2, 3), np.float32), np.int32(2))


def scans(r):
    for op in ('Cumsum', 'Cumprod'):
        for exclusive in (False, True):
            for reverse in (False, True):
                for axis in (0, 1, -1):
                    r.add(op, numbers(np.float32, (2, 3, 4), 1), np.int32(axis), exclusive=exclusive, reverse=reverse, rtol=4)
        for dtype in NUMBERS:
            r.add(op, numbers(dtype, (5,), 1), np.int32(0), rtol=4)
        r.add(op, np.zeros((3,), np.float32), np.int32(1))


def segments(r):
    x = numbers(np.float32, (5, 2), 1)
    for op in ('SegmentSum', 'SegmentMean', 'SegmentProd', 'SegmentMax', 'SegmentMin'):
        r.add(op, x, np.array([0, 0, 1, 3, 3], np.int32), rtol=4)
        r.add(op, numbers(np.int32, (4,), 2), np.array([1, 1, 2, 4], np.int64))
        r.add(op, x, np.array([0, 2, 1, 3, 3], np.int32))
        r.add(op, x, np.array([0, 2], np.int32))
        r.add(op, x, np.array([-1, 0, 1, 3, 3], np.int32))
        r.add(op, np.zeros((0, 2), np.float32), np.array([], np.int32))
    for op in ('UnsortedSegmentSum', 'UnsortedSegmentProd', 'UnsortedSegmentMax', 'UnsortedSegmentMin'):
        r.add(op, x, np.array([3, 0, -1, 3, 1], np.int32), np.int32(5), rtol=4)
        r.add(op, numbers(np.int32, (2, 3), 2), np.array([[1, 1, 0], [2, 4, 4]], np.int64), np.int32(6))
        r.add(op, numbers(np.float64, (2, 3, 2), 2), np.array([[1, 1, 0], [2, 4, 4]], np.int64), np.int32(6), rtol=4)
        r.add(op, x, np.array([3, 0, 7, 3, 1], np.int32), np.int32(5))
        r.add(op, x, np.array([3, 0], np.int32), np.int32(5))
        r.add(op, x, np.array([0, 0, 0, 0, 0], np.int32), np.int32(-1), words=False)


def ranges(r):
    for start, limit, delta in [(0, 1, .1), (0, .3, .1), (5, 0, -.7), (1, 1, .5), (0, 10, 3)]:
        for dtype in (np.float32, np.float64):
            r.add('Range', dtype(start), dtype(limit), dtype(delta))
    for start, limit, delta in [(0, 10, 3), (10, 0, -3), (5, 5, 1), (5, 0, 1), (0, 5, -1), (5, 0, 0), (-3, 3, 1)]:
        for dtype in (np.int32, np.int64):
            r.add('Range', dtype(start), dtype(limit), dtype(delta))
    for n in (7, 1, 0, 2):
        r.add('LinSpace', np.float32(0), np.float32(1), np.int32(n))
        r.add('LinSpace', np.float64(5), np.float64(-3), np.int64(n))


def record(r):
    reduce(r)
    extremes(r)
    scans(r)
    segments(r)
    ranges(r)
