"""What needs TensorFlow 2's eager execution, which one process cannot have beside graphs: functions that harness.eager
calls in a process of its own. Arguments are strings; what they return is printed as JSON.

    python eager.py FUNCTION ARGUMENT...
"""
import json
import os
import random
import sys
import warnings

os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'
os.environ['TF_USE_LEGACY_KERAS'] = '1'
warnings.filterwarnings('ignore')

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
import tf_keras  # noqa: E402

tf.get_logger().setLevel('FATAL')


class Layer(tf.Module):
    def __init__(self, rows, name):
        super().__init__(name)
        self.w = tf.Variable(tf.zeros([rows, 2]), name=name + '/w')
        self.b = tf.Variable(tf.zeros([2]), name=name + '/b')


class Counter(tf.train.experimental.PythonState):
    value = ''

    def serialize(self):
        return self.value

    def deserialize(self, value):
        self.value = value


class Net(tf.Module):
    """The objects of object_files.cc."""

    def __init__(self):
        super().__init__('net')
        self.layers = [Layer(2, 'first'), Layer(3, 'second')]
        self.odd = {'a/b.c': tf.Variable(0, name='odd')}
        self.empty = []
        self.shared = self.layers[0]
        self.counter = Counter()
        self.text = tf.Variable(['', '', ''], name='text')
        self.table = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1)


def numbers(value):
    return np.asarray(value).ravel().tolist()


def restore(prefix):
    """tf.train.Checkpoint takes every object and value of ours."""
    net, step = Net(), tf.Variable(0, dtype=tf.int64)
    optimizer = tf_keras.optimizers.legacy.Adam(.5)
    optimizer._create_all_weights(net.layers[0].trainable_variables)
    checkpoint = tf.train.Checkpoint(net=net, step=step, optimizer=optimizer)
    checkpoint.restore(prefix).assert_consumed()
    first = net.layers[0]
    return {'w': numbers(first.w), 'b': numbers(first.b), 'second': numbers(net.layers[1].w),
            'odd': int(net.odd['a/b.c']), 'shared': net.shared is first, 'counter': tf.compat.as_str(net.counter.value),
            'text': [t.decode() for t in net.text.numpy().tolist()],
            'table': sorted(zip([k.decode() for k in net.table.export()[0].numpy().tolist()],
                                net.table.export()[1].numpy().tolist())),
            'step': int(step), 'save_counter': int(checkpoint.save_counter), 'iterations': int(optimizer.iterations),
            'm': numbers(optimizer.get_slot(first.w, 'm')), 'v': numbers(optimizer.get_slot(first.b, 'v')),
            'rate': float(optimizer.learning_rate)}


def keras_model():
    return tf_keras.Sequential([tf_keras.layers.Dense(2, name='hidden', input_shape=(3,)),
                                tf_keras.layers.Dense(1, name='out')])


def load_weights(prefix):
    model = keras_model()
    model.load_weights(prefix).assert_consumed()
    return [numbers(v) for v in model.variables]


def random_value(generator):
    shape = [generator.randint(0, 3) for _ in range(generator.randint(0, 3))]
    dtype = generator.choice([tf.float32, tf.float16, tf.bfloat16, tf.int8, tf.uint64, tf.bool, tf.string,
                              tf.complex128])
    if dtype == tf.string:
        return tf.constant([generator.choice(['', 'a', 'b' * 200]) for _ in range(int(np.prod(shape)))], dtype, shape)
    return tf.cast(tf.reshape(tf.range(int(np.prod(shape))), shape), dtype)


def random_objects(generator, known, depth=0):
    """Modules, lists and dicts within each other; some are found in several places, and some hold their parents."""
    kind = generator.choice(['module', 'list', 'dict', 'variable', 'variable'] if depth < 4 else ['variable'])
    if depth and generator.random() < .15:
        return generator.choice(known)
    if kind == 'variable':
        made = tf.Variable(random_value(generator), name=generator.choice(['v', 'w', 'scope/x']))
        known.append(made)
        return made
    children = [random_objects(generator, known, depth + 1) for _ in range(generator.randint(0, 4))]
    if kind == 'list':
        made = tf.Module()
        made.items = children
    elif kind == 'dict':
        made = tf.Module()
        made.items = {generator.choice('abc/.-_') * (i + 1): child for i, child in enumerate(children)}
    else:
        made = tf.Module()
        for i, child in enumerate(children):
            setattr(made, f'child{i}', child)
    known.append(made)
    return made


def save_random(prefix, seed):
    generator = random.Random(int(seed))
    known = [tf.Variable(1.)]
    root = tf.train.Checkpoint(**{name: random_objects(generator, known) for name in ('x', 'a', 'm')})
    root.m2 = root.m
    return root.save(prefix)


def save_adam(prefix):
    model, optimizer = keras_model(), tf_keras.optimizers.legacy.Adam(.125)
    optimizer.apply_gradients([(tf.ones_like(v), v) for v in model.trainable_variables])
    return tf.train.Checkpoint(model=model, optimizer=optimizer, rest=[optimizer]).save(prefix)


def call_signature(folder):
    """A SavedModel of version 1, loaded by version 2."""
    outputs = tf.saved_model.load(folder).signatures['serving_default'](tf.constant([[1., 2.]]))
    return {key: numbers(value) for key, value in outputs.items()}


def save_model(folder):
    model = keras_model()

    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, 'x')])
    def serve(x):
        return {'y': model(x)}

    model.variables[-1].assign([7.])
    tf.saved_model.save(model, folder, signatures=serve)
    return {variable.name.split(':')[0]: numbers(variable) for variable in model.variables}


def export_keras_3(folder):
    """Its variables have names that are neither unique nor those of the graph."""
    import keras
    model = keras.Sequential([keras.layers.Input([3]), keras.layers.Dense(2), keras.layers.Dense(1)])
    model.export(folder, verbose=False)
    keys = [name for name, _ in tf.train.list_variables(folder + '/variables/variables') if name.startswith('variables/')]
    return {key: numbers(tf.train.load_variable(folder + '/variables/variables', key)) for key in keys}


def iterator():
    return iter(tf.data.Dataset.range(10).map(lambda x: x * x).batch(2))


def save_iterator(prefix):
    values = iterator()
    next(values)
    return tf.train.Checkpoint(values=values, step=tf.Variable(1)).save(prefix)


def next_of_iterator(prefix):
    values = iterator()
    tf.train.Checkpoint(values=values, step=tf.Variable(0)).restore(prefix).assert_consumed()
    return numbers(next(values))


if __name__ == '__main__':
    print(json.dumps(globals()[sys.argv[1]](*sys.argv[2:])))
