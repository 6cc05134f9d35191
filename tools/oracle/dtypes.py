"""Writes checkpoints of rare types and forms to tests/fixtures/dtypes.

    $(tools/tensorflow_python) tools/oracle/dtypes.py

variants    by TensorFlow: tensor lists, an optional, a serialized sparse tensor
one_byte    by TensorFlow: the types of 8 bits and less, 0 1 2 3 as bits (0 1 0 1 for one of 2 bits that is signed)
big_endian  by table_files.py, read by TensorFlow: numbers and strings of a big-endian machine
packed      by table_files.py, read by TensorFlow: the same values, with an index compressed with Snappy
"""
import os
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(HERE), HERE]

import table_files  # noqa: E402
from quiet_tensorflow import tf  # noqa: E402

FOLDER = os.path.join(os.path.dirname(os.path.dirname(HERE)), 'tests', 'fixtures', 'dtypes')


def path(name):
    return os.path.join(FOLDER, name)


def save(name, tensors):
    with tf.Session() as session:
        session.run(tf.raw_ops.SaveV2(prefix=path(name), tensor_names=list(tensors),
                                      shape_and_slices=[''] * len(tensors), tensors=list(tensors.values())))


def variants():
    tensor_list = tf.raw_ops.TensorListFromTensor(tensor=[[1., 2.], [3., 4.]], element_shape=tf.constant([2]))
    lists = tf.stack([tensor_list, tensor_list])
    save('variants', {
        'list': tensor_list, 'lists': lists, 'none': lists[:0],
        'optional': tf.raw_ops.OptionalFromValue(components=[tf.constant(['a', ''])]),
        'sparse': tf.raw_ops.SerializeSparse(sparse_indices=[[0, 1]], sparse_values=[1.], sparse_shape=[2, 2],
                                             out_type=tf.variant)})


def one_byte():
    names = ['bool', 'float8_e4m3b11fnuz', 'float8_e4m3fn', 'float8_e4m3fnuz', 'float8_e5m2', 'float8_e5m2fnuz', 'int2',
             'int4', 'int8', 'qint8', 'quint8', 'uint2', 'uint4', 'uint8']
    tensors = {}
    for name in names:
        dtype = tf.as_dtype(name)
        bits = np.asarray([0, 1, 0, 1] if name in ('bool', 'int2') else [0, 1, 2, 3], np.uint8)
        kind = dtype.as_numpy_dtype
        array = bits.astype(kind) if 'float' not in name and np.dtype(kind).kind not in 'biu' else bits.view(kind)
        tensors[name] = tf.constant(array, dtype)
    save('one_byte', tensors)


def by_hand():
    values = {
        'complex128': (tf.complex128, np.asarray([1 + 2j, -3.5j])), 'float32': (tf.float32, np.float32([1, -2.5])),
        'half': (tf.float16, np.float16([1, -2.5])), 'int16': (tf.int16, np.int16([1, -2])),
        'int64': (tf.int64, np.int64(-1 << 40)), 'no_strings': (tf.string, np.zeros([0], object)),
        'strings': (tf.string, np.asarray([b'one', b'', b'\0\xff' * 100], object)),
        'uint8': (tf.uint8, np.uint8([1, 2])),
    }
    tensors = {name: (dtype.as_datatype_enum, value) for name, (dtype, value) in values.items()}
    table_files.write_bundle(path('big_endian'), tensors, order='>')
    table_files.write_bundle(path('packed'), tensors, compress=True)
    for name in 'big_endian', 'packed':
        reader = tf.train.load_checkpoint(path(name))
        for key, (_, value) in values.items():
            np.testing.assert_array_equal(reader.get_tensor(key), value)


if __name__ == '__main__':
    os.makedirs(FOLDER, exist_ok=True)
    variants()
    one_byte()
    by_hand()
