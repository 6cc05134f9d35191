"""Writes the V1 checkpoints of tests/fixtures/v1 with TensorFlow: the files, and their values in values.npz.

    $(tools/tensorflow_python) tools/oracle/checkpoints.py

every_dtype   a plain one, with tensors of all types that V1 holds, scalars and empty ones
partitioned   variables in pieces
sharded       two shards; one variable has a piece in each
"""
import os
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(HERE)]

from quiet_tensorflow import tf  # noqa: E402

FOLDER = os.path.join(os.path.dirname(os.path.dirname(HERE)), 'tests', 'fixtures', 'v1')
V1 = tf.train.SaverDef.V1
NUMBERS = [tf.float16, tf.float32, tf.float64, tf.int8, tf.int16, tf.int32, tf.int64, tf.uint8, tf.uint16]
QUANTISED = {tf.qint8: tf.int8, tf.quint8: tf.uint8, tf.qint32: tf.int32}


def numbers(dtype, count=5):
    """The least, the greatest, and some between."""
    if dtype.is_floating:
        return np.asarray([0, -1.5, np.inf, -0., 3e-5][:count], dtype.as_numpy_dtype)
    return np.asarray([dtype.min, dtype.max, 0, 1, 100][:count], dtype.as_numpy_dtype)


def every_dtype():
    values = {f'of_{t.name}': numbers(t) for t in NUMBERS}
    values.update({f'scalar/of_{t.name}': numbers(t)[1] for t in NUMBERS})
    values['of_bool'] = np.asarray([[True, False], [False, True]])
    values['of_complex64'] = np.asarray([1 - 2j, 0], np.complex64)
    values['of_complex128'] = np.asarray([[3 + 4j]], np.complex128)
    values['of_string'] = np.asarray([b'', b'one', b'\0\xff' * 70], object)
    values['scalar/of_string'] = np.asarray(b'alone', object)
    values['empty'] = np.zeros([2, 0, 3], np.float32)
    values['no_strings'] = np.zeros([0], object)
    values['names/\u00e4 b'] = np.asarray([7], np.int32)
    variables = {name: tf.Variable(value, name=f'v{i}') for i, (name, value) in enumerate(values.items())}
    for dtype, plain in QUANTISED.items():
        values[f'of_{dtype.name}'] = numbers(plain)
        variables[f'of_{dtype.name}'] = tf.Variable(tf.bitcast(tf.constant(numbers(plain)), dtype))
    return variables, values


def partitioned(devices=('/cpu:0',)):
    values, variables = {}, []
    for i, (dtype, shape, parts) in enumerate([(np.float32, [5, 3], [3, 1]), (np.float16, [4], [2]), (np.int64, [2, 4], [1, 2])]):
        value = np.arange(np.prod(shape), dtype=dtype).reshape(shape) - 3
        values[f'net/w{i}'] = value
        variable = tf.create_partitioned_variables(shape, parts, tf.constant(value), name=f'w{i}')
        for part in variable:
            part._set_save_slice_info(type(part._get_save_slice_info())(
                f'net/w{i}', part._get_save_slice_info().full_shape, part._get_save_slice_info().var_offset,
                part._get_save_slice_info().var_shape))
        variables += variable
    values['words'] = np.asarray([b'a', b'', b'ccc'], object)
    variables.append(tf.Variable(values['words'], name='words'))
    return variables, values


def save(name, make, **arguments):
    with tf.Graph().as_default(), tf.Session(config=tf.ConfigProto(device_count={'CPU': 2})) as session:
        variables, values = make()
        session.run(tf.global_variables_initializer())
        saver = tf.train.Saver(variables, write_version=V1, **arguments)
        saver.save(session, os.path.join(FOLDER, name), write_meta_graph=False, write_state=False)
    texts = {k: v for k, v in values.items() if v.dtype == object}
    np.savez_compressed(os.path.join(FOLDER, name + '.npz'), **{k: v for k, v in values.items() if k not in texts},
                        **{k: np.asarray(v, 'S') for k, v in texts.items()})


def sharded():
    values = {'a': np.float32([1, 2]), 'b': np.int32(-7), 'both': np.float32(np.arange(8)).reshape(4, 2)}
    with tf.device('/cpu:0'):
        a = tf.Variable(values['a'], name='a')
        top = tf.Variable(values['both'][:3], name='both/part_0')
    with tf.device('/cpu:1'):
        b = tf.Variable(values['b'], name='b')
        rest = tf.Variable(values['both'][3:], name='both/part_1')
    for part, offset in (top, 0), (rest, 3):
        part._set_save_slice_info(tf.Variable.SaveSliceInfo('both', [4, 2], [offset, 0], part.shape.as_list()))
    return [a, b, top, rest], values


if __name__ == '__main__':
    os.makedirs(FOLDER, exist_ok=True)
    tf.logging.set_verbosity(tf.logging.FATAL)
    save('every_dtype', every_dtype)
    save('partitioned', partitioned)
    save('sharded', sharded, sharded=True)
