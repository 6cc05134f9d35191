"""Checkpoints of any tensors, with the graph of their variables; read back by TensorFlow's own op."""
import contextlib

import numpy as np

from harness import tf

NUMERIC = [tf.float16, tf.bfloat16, tf.float32, tf.float64, tf.int8, tf.int16, tf.int32, tf.int64, tf.uint8, tf.uint16,
           tf.uint32, tf.uint64, tf.complex64, tf.complex128]
# Types that numpy cannot feed: they travel as integers of the same size.
AS_INTEGERS = {tf.qint8: tf.int8, tf.quint8: tf.uint8, tf.quint16: tf.uint16, tf.qint32: tf.int32}
IN_V1 = {tf.float16, tf.float32, tf.float64, tf.int8, tf.int16, tf.int32, tf.int64, tf.uint8, tf.uint16, tf.complex64,
         tf.complex128, tf.bool, tf.string}


def random_bits(dtype, shape, seed):
    """An array with any bits that a value of the type can have, NaNs and infinities among them."""
    random = np.random.RandomState(seed)
    if dtype == tf.bool:
        return np.asarray(random.rand(*shape) < .5)
    if dtype == tf.string:
        values = [random.bytes(random.choice([0, 1, 5, 127, 128, 300])) for _ in range(int(np.prod(shape)))]
        result = np.empty(len(values), object)
        result[:] = values
        return result.reshape(shape)
    dtype = AS_INTEGERS.get(dtype, dtype)
    count = int(np.prod(shape))
    return np.frombuffer(random.bytes(count * dtype.size), dtype.as_numpy_dtype).reshape(shape)


def save(prefix, tensors, **saver_arguments):
    """tensors: name -> (type, array). The variables are called v0, v1, ...; the checkpoint has the given names."""
    with tf.Graph().as_default(), tf.Session() as session:
        feeds, variables = {}, {}
        for name, (dtype, array) in tensors.items():
            fed = tf.placeholder(AS_INTEGERS.get(dtype, dtype), array.shape)
            feeds[fed] = array
            variables[name] = tf.Variable(tf.bitcast(fed, dtype) if dtype in AS_INTEGERS else fed, name=f'v{len(feeds)}')
        saver = tf.train.Saver(variables, **saver_arguments)
        session.run(tf.global_variables_initializer(), feeds)
        saver.save(session, str(prefix))


def load(prefix, tensors):
    """Reads tensors of the same names and types: name -> array."""
    names = list(tensors)
    with tf.Graph().as_default(), tf.Session() as session:
        types = [tensors[name][0] for name in names]
        values = tf.raw_ops.RestoreV2(prefix=str(prefix), tensor_names=names, shape_and_slices=[''] * len(names),
                                      dtypes=types)
        values = [tf.bitcast(v, AS_INTEGERS[t]) if t in AS_INTEGERS else v for v, t in zip(values, types)]
        values = [np.asarray(v, object) if t == tf.string else v for v, t in zip(session.run(values), types)]
        return dict(zip(names, values))


@contextlib.contextmanager
def version_1():
    """Where checkpoints of the format before 2017 are saved: TensorFlow warns of it each time."""
    tf.logging.set_verbosity(tf.logging.FATAL)
    try:
        yield
    finally:
        tf.logging.set_verbosity(tf.logging.ERROR)
