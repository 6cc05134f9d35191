"""Random numbers: several runs of one session, every type, sizes that are no multiple of a group."""
import numpy as np
from quiet_tensorflow import tf


def record(r):
    for op in ('RandomUniform', 'RandomStandardNormal', 'TruncatedNormal'):
        for dtype in (tf.float32, tf.float64, tf.float16, tf.bfloat16):
            r.add(op, np.array([7], np.int32), runs=3, dtype=dtype, seed=42, seed2=7, rtol=1, atol=1e-7)
            r.add(op, np.array([3, 2], np.int64), runs=2, dtype=dtype, seed=0, seed2=2**40 + 5, atol=1e-7)
        r.add(op, np.array([1283], np.int32), dtype=tf.float32, seed=87654321, seed2=1, atol=1e-7)
        r.add(op, np.array([601], np.int32), dtype=tf.float64, seed=-5, seed2=9, atol=1e-12)
        r.add(op, np.array([], np.int32), runs=2, dtype=tf.float32, seed=1, seed2=2, atol=1e-7)
        r.add(op, np.array([0], np.int32), runs=2, dtype=tf.float32, seed=1, seed2=2)
    for dtype in (np.int32, np.int64):
        for low, high in ((0, 100), (-5, 6), (np.iinfo(dtype).min, np.iinfo(dtype).max)):
            r.add('RandomUniformInt', np.array([9], np.int32), dtype(low), dtype(high), runs=3, seed=3, seed2=4)
        r.add('RandomUniformInt', np.array([9], np.int32), dtype(5), dtype(5), seed=3, seed2=4)
        r.add('RandomUniformInt', np.array([1025], np.int32), dtype(0), dtype(250), seed=3, seed2=4)
    for shape in ((10,), (1,), (0,), (7, 2), (500,), (3, 0), (1, 4), ()):
        r.add('RandomShuffle', np.arange(np.prod(shape, dtype=np.int64), dtype=np.int32).reshape(shape), runs=3, seed=8, seed2=9)
    r.add('RandomShuffle', np.array([b'a', b'b', b'c', b'd']), runs=2, seed=8, seed2=9)
    logits = np.log(np.array([[.1, .2, .7]], np.float32))
    for rows, samples in ((1, 11), (1, 1), (3, 5), (2, 0), (1, 300)):
        for dtype in (np.float32, np.float64):
            r.add('Multinomial', np.repeat(logits, rows, 0).astype(dtype), np.int32(samples), runs=2, seed=5, seed2=6)
    r.add('Multinomial', np.array([[-np.inf, 1, np.nan, 2]], np.float32), np.int32(20), seed=5, seed2=6, output_dtype=tf.int32)
