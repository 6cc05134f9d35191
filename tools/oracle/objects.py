"""Writes the object-based checkpoints of tests/fixtures/objects with TensorFlow: the files, and the values in NAME.npz.

    $(tools/tensorflow_python) tools/oracle/objects.py

modules    tf.train.Checkpoint of modules, lists, dicts, a shared object, names that must be escaped, a Python object's
           state, a lookup table; with a state file
adam       a Keras model and its optimizer with slot variables
weights    what a Keras model's save_weights writes
graph      written in graph mode: its full names are the names of a TensorFlow 1 graph
"""
import os
import sys
import warnings

os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'
os.environ['TF_USE_LEGACY_KERAS'] = '1'
warnings.filterwarnings('ignore')

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
import tf_keras  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(ROOT, 'tests', 'fixtures', 'objects')


def numbers(*shape):
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape) / 4 - 1


class Layer(tf.Module):
    def __init__(self, rows, name):
        super().__init__(name)
        self.w = tf.Variable(numbers(rows, 2), name=name + '/w')
        self.b = tf.Variable(numbers(2), name=name + '/b')


class Counter(tf.train.experimental.PythonState):
    def serialize(self):
        return 'counted to 3'

    def deserialize(self, value):
        pass


class Net(tf.Module):
    def __init__(self):
        super().__init__('net')
        self.layers = [Layer(2, 'first'), Layer(3, 'second')]
        self.odd = {'x': Layer(1, 'third'), 'a/b.c': tf.Variable(5, name='odd')}
        self.shared = self.layers[0]
        self.empty = []
        self.half = tf.Variable(numbers(3).astype(np.float16), name='half')
        self.counter = Counter()
        self.text = tf.Variable(['one', '', 'three'], name='text')
        self.table = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1)


def modules():
    net = Net()
    net.table.insert(tf.constant(['k']), tf.constant([7], tf.int64))
    return tf.train.Checkpoint(net=net, step=tf.Variable(7, dtype=tf.int64, name='step')).save(path('modules/ckpt'))


def model():
    layers = [tf_keras.layers.Dense(2, name='hidden', input_shape=(3,)), tf_keras.layers.Dense(1, name='out')]
    result = tf_keras.Sequential(layers, name='model')
    for i, variable in enumerate(result.variables):
        variable.assign(numbers(*variable.shape) + i)
    return result


def adam():
    net, optimizer = model(), tf_keras.optimizers.legacy.Adam(.125)
    optimizer.apply_gradients([(tf.ones_like(v), v) for v in net.trainable_variables])
    return tf.train.Checkpoint(model=net, optimizer=optimizer).write(path('adam'))


def weights():
    model().save_weights(path('weights'), save_format='tf')
    return path('weights')


def graph():
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        with tf.compat.v1.variable_scope('dense'):
            kernel = tf.compat.v1.get_variable('kernel', initializer=numbers(3, 2))
            bias = tf.compat.v1.get_variable('bias', initializer=numbers(2), use_resource=True)
        step = tf.compat.v1.train.get_or_create_global_step()
        optimizer = tf.compat.v1.train.MomentumOptimizer(.5, .5)
        train = optimizer.minimize(tf.reduce_sum(kernel) + tf.reduce_sum(bias), global_step=step)
        session.run(tf.compat.v1.global_variables_initializer())
        session.run(train)
        checkpoint = tf.compat.v1.train.Checkpoint(dense=[kernel, bias], optimizer=optimizer, step=step)
        return checkpoint.save(path('graph'), session=session)


def path(name):
    return os.path.join(FOLDER, name)


def record(prefix):
    reader = tf.train.load_checkpoint(prefix)
    values = {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}
    del values['_CHECKPOINTABLE_OBJECT_GRAPH']
    texts = {name: np.asarray(value, 'S') for name, value in values.items()
             if getattr(value, 'dtype', object) == object}
    np.savez_compressed(prefix + '.npz', **{**values, **texts})


if __name__ == '__main__':
    os.makedirs(path('modules'), exist_ok=True)
    for make in modules, adam, weights, graph:
        record(make())
    for unwanted in 'graph-1.meta', 'checkpoint':
        if os.path.exists(path(unwanted)):
            os.remove(path(unwanted))
