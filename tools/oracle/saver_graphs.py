"""Writes the graphs that tests/oracle/saver_graphs_test.cc builds with our builders: tests/fixtures/saver_graphs/
NAME.meta, each a MetaGraphDef (nodes with _output_shapes, collections, saver_def), and init.ckpt, which one of them reads.

    $(tools/tensorflow_python) tools/oracle/saver_graphs.py [NAME...]
"""
import os
import sys
import tempfile

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(HERE)]

from quiet_tensorflow import tf  # noqa: E402
from tensorflow.python.training.saver import BaseSaverBuilder  # noqa: E402

tf.disable_control_flow_v2()
FOLDER = os.path.join(os.path.dirname(os.path.dirname(HERE)), 'tests', 'fixtures', 'saver_graphs')
V1 = tf.train.SaverDef.V1
GRAPHS = {}


def graph(build):
    """A function that makes a graph, and returns its Saver if it has one."""
    GRAPHS[build.__name__] = build
    return build


def zeros(name, shape, **options):
    return tf.get_variable(name, shape, initializer=tf.zeros_initializer(), **options)


def partitioned(name='w', shape=(10, 2), parts=3, axis=0, **options):
    return zeros(name, list(shape), partitioner=tf.fixed_size_partitioner(parts, axis), **options)


def plain():
    """v, and a/b in a scope."""
    v = tf.Variable(np.float32([1, 2]), name='v')
    with tf.variable_scope('a'):
        b = tf.get_variable('b', [2, 3], tf.int32, tf.zeros_initializer(tf.int32), trainable=False)
    return v, b


# --- Variables ---


@graph
def partitioned_variables():
    x = tf.placeholder(tf.float32, [None, 10])
    w = tf.get_variable('w', [10, 4], partitioner=tf.fixed_size_partitioner(3))
    tf.matmul(x, w)
    with tf.name_scope('outer'):
        tf.matmul(x, w)
    partitioned('columns', (2, 5), 2, axis=1, dtype=tf.int32)
    one = partitioned('one', (3,), 1, trainable=False)
    tf.identity(one)
    partitioned('many', (3,), 7)
    zeros('bytes', [8, 4], partitioner=tf.variable_axis_size_partitioner(40))
    zeros('few_bytes', [8, 4], partitioner=tf.variable_axis_size_partitioner(40, axis=1, max_shards=2))
    zeros('min_max', [8, 4], partitioner=tf.min_max_variable_partitioner(3, min_slice_size=40))
    zeros('min_max_columns', [8, 4], partitioner=tf.min_max_variable_partitioner(5, axis=1, min_slice_size=16))
    zeros('words', [3], dtype=tf.string, partitioner=tf.variable_axis_size_partitioner(32))


@graph
def partitioned_scopes():
    with tf.variable_scope('scope'):
        w = partitioned()
        with tf.name_scope('inner'):
            tf.get_variable('v', [6, 2], initializer=tf.ones_initializer(), partitioner=tf.fixed_size_partitioner(2))
    with tf.variable_scope('scope', reuse=True):
        again = partitioned()
        assert again is w
    with tf.device('/device:CPU:1'):
        partitioned('placed', (4,), 2)
    tf.global_variables_initializer()


@graph
def partitioned_from_a_value():
    value = tf.constant(np.arange(10, dtype=np.float32).reshape([5, 2]), name='value')
    tf.get_variable('w', initializer=value, partitioner=tf.fixed_size_partitioner(2))
    tf.create_partitioned_variables([5, 2], [1, 2], value, name='old')
    tf.create_partitioned_variables([5, 2], [2, 1], value)
    tf.create_partitioned_variables([4], [2], tf.ones_initializer(), tf.float64, trainable=False)


@graph
def partitioned_assignments():
    w = partitioned()
    w.assign(tf.ones([10, 2]))
    w.assign_add(tf.ones([10, 2]))
    w.assign_sub([tf.ones([4, 2]), tf.ones([3, 2]), tf.ones([3, 2])])


@graph
def resource_variables():
    tf.Variable(np.float32([1, 2]), name='v', use_resource=True)
    tf.Variable(tf.constant(3), use_resource=True, trainable=False)
    tf.get_variable('w', [3, 4], use_resource=True)
    zeros('z', [2], dtype=tf.int64, use_resource=True)
    with tf.name_scope('names'), tf.device('/device:CPU:0'):
        tf.Variable(1., name='placed', use_resource=True)
    with tf.variable_scope('scope', use_resource=True):
        u = zeros('u', [2])
        tf.get_variable('n', [2, 2], initializer=tf.random_normal_initializer(seed=3))
        with tf.variable_scope('deeper'):
            zeros('d', [1])
        zeros('reference', [1], use_resource=False)
    tf.assign(u, [1., 2.])
    tf.assign_add(u, [1., 2.], name='more')
    tf.assign_sub(u, [1., 2.])
    tf.global_variables_initializer()


@graph
def partitioned_resource_variables():
    w = partitioned(use_resource=True)
    tf.identity(w)
    tf.global_variables_initializer()


@graph
def collections_of_variables():
    tf.get_variable('local', [2], initializer=tf.zeros_initializer(), collections=[tf.GraphKeys.LOCAL_VARIABLES],
                    trainable=False)
    tf.get_variable('both', [2], initializer=tf.zeros_initializer(),
                    collections=[tf.GraphKeys.GLOBAL_VARIABLES, tf.GraphKeys.MODEL_VARIABLES])
    zeros('none', [2], collections=[], trainable=False)
    tf.Variable(tf.placeholder(tf.float32, [None, 2]), name='any_rows', validate_shape=False)
    tf.local_variables_initializer()


# --- Savers ---


@graph
def all_variables():
    plain()
    zeros('none', [2], collections=[tf.GraphKeys.LOCAL_VARIABLES])
    return tf.train.Saver(max_to_keep=3, keep_checkpoint_every_n_hours=2)


@graph
def a_list():
    v, b = plain()
    return tf.train.Saver([v, [b]], max_to_keep=None)


@graph
def a_dictionary():
    v, b = plain()
    return tf.train.Saver({'z/renamed': v, 'b': b})


@graph
def names():
    v, _ = plain()
    tf.train.Saver()
    with tf.name_scope('outer'):
        tf.train.Saver([v])
    tf.train.Saver([v], name='mine')
    return tf.train.Saver([v], filename='/somewhere/else', restore_sequentially=True)


@graph
def deferred():
    saver = tf.train.Saver(defer_build=True)
    plain()
    saver.build()
    saver.build()
    return saver


@graph
def optimizer_slots():
    v, _ = plain()
    step = tf.train.get_or_create_global_step()
    tf.train.AdamOptimizer(.1).minimize(tf.reduce_sum(v * v), global_step=step)
    return tf.train.Saver()


@graph
def reshape():
    v, b = plain()
    r = zeros('r', [2], use_resource=True)
    any_rows = tf.Variable(tf.placeholder(tf.float32, [None, 2]), name='any_rows', validate_shape=False)
    return tf.train.Saver([v, b, r, any_rows], reshape=True)


@graph
def unknown_shapes():
    v, _ = plain()
    any_rows = tf.Variable(tf.placeholder(tf.float32, [None, 2]), name='any_rows', validate_shape=False)
    return tf.train.Saver([v, any_rows])


def on_devices():
    tf.Variable(1., name='here')
    for name, device in ('first', '/cpu:0'), ('second', '/device:GPU:0'), ('first_again', '/device:CPU:0'):
        with tf.device(device):
            tf.Variable(2., name=name)


@graph
def sharded_on_one_device():
    plain()
    return tf.train.Saver(sharded=True)


@graph
def sharded_on_three_devices():
    on_devices()
    return tf.train.Saver(sharded=True)


@graph
def sharded_on_jobs():
    for i in range(2):
        with tf.device('/job:ps/task:%d' % i):
            tf.Variable(1., name='v%d' % i)
    with tf.device('/job:ps/replica:0/task:0/device:CPU:0'):
        zeros('r', [2], use_resource=True)
    return tf.train.Saver(sharded=True)


@graph
def version_1():
    plain()
    return tf.train.Saver(write_version=V1)


@graph
def version_1_sharded():
    on_devices()
    return tf.train.Saver(sharded=True, write_version=V1)


@graph
def resources():
    with tf.variable_scope('', use_resource=True):
        a = zeros('a', [2])
        with tf.device('/device:CPU:0'):
            zeros('placed', [2, 2], dtype=tf.int32)
        zeros('c', [], dtype=tf.float64)
    tf.train.Saver()
    return tf.train.Saver({'renamed': a})


@graph
def resources_sharded():
    for device in '/cpu:0', '/device:GPU:0':
        with tf.device(device):
            zeros('on_' + device[-5:-2].lower(), [2], use_resource=True)
    return tf.train.Saver(sharded=True)


@graph
def pieces():
    w = partitioned()
    zeros('v', [2])
    partitioned('one', (3,), 1)
    partitioned('r', (3,), 2, use_resource=True)
    tf.train.Saver()
    tf.train.Saver([w])
    tf.train.Saver({'renamed': w})
    tf.train.Saver({'renamed': list(w)})
    return tf.train.Saver({'x': list(w)[1], 'y': list(w)[0]})


@graph
def many_pieces():
    partitioned(shape=(24,), parts=12)
    return tf.train.Saver()


@graph
def pieces_sharded():
    w = []
    for i in range(2):
        with tf.device('/cpu:%d' % i):
            piece = zeros('w/part_%d' % i, [2, 3])
            piece._set_save_slice_info(tf.Variable.SaveSliceInfo('w', [4, 3], [2 * i, 0], [2, 3]))
            w.append(piece)
    return tf.train.Saver(w, sharded=True, reshape=True)


class Pair(BaseSaverBuilder.SaveableObject):
    """Two values that are not variables of the graph's collections, under NAME-keys and NAME-values."""

    def __init__(self, name):
        self.parts = [zeros(name + '/keys', [3], dtype=tf.int64, collections=[], trainable=False),
                      zeros(name + '/values', [3], collections=[], trainable=False)]
        specs = [BaseSaverBuilder.SaveSpec(tf.identity(part), '', name + '-' + part.op.name.split('/')[-1])
                 for part in self.parts]
        super().__init__(self.parts[0], specs, name)

    def restore(self, tensors, shapes):
        return tf.group(*[tf.assign(part, tensor) for part, tensor in zip(self.parts, tensors)])


@graph
def saveable_objects():
    plain()
    pair = Pair('pair')
    tf.add_to_collection(tf.GraphKeys.SAVEABLE_OBJECTS, pair)
    tf.train.Saver()
    tf.train.Saver([pair], sharded=True)
    saver = tf.train.Saver({'ignored': pair})
    tf.get_default_graph().clear_collection(tf.GraphKeys.SAVEABLE_OBJECTS)
    return saver


@graph
def tables():
    plain()
    table = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1, name='words')
    with tf.device('/cpu:0'):
        zeros('placed', [2])
    assert table.name == 'words'
    tf.train.Saver()
    return tf.train.Saver(sharded=True)


# --- Others ---


@graph
def scopes_of_savers():
    with tf.variable_scope('scope'):
        zeros('v', [2])
        saver = tf.train.Saver()
    tf.add_to_collection(tf.GraphKeys.SAVERS, saver)
    return saver


@graph
def global_steps():
    tf.train.get_or_create_global_step()
    assert tf.train.get_or_create_global_step() is tf.train.get_global_step()
    return tf.train.Saver()


@graph
def resource_global_step():
    with tf.variable_scope('', use_resource=True):
        tf.train.create_global_step()


@graph
def uninitialized():
    v, b = plain()
    zeros('r', [2], use_resource=True)
    zeros('local', [2], collections=[tf.GraphKeys.LOCAL_VARIABLES])
    for output in (tf.report_uninitialized_variables(), tf.report_uninitialized_variables([v], name='mine'),
                   tf.report_uninitialized_variables([]), tf.is_variable_initialized(b)):
        output.mark_used()


@graph
def initialized_from_a_checkpoint():
    v, b = plain()
    with tf.variable_scope('new'):
        with tf.variable_scope('inner'):
            zeros('x', [2])
        zeros('r', [2], use_resource=True)
        partitioned('w', (4, 3), 2)
    with tf.device('/device:GPU:0'):
        placed = zeros('placed', [2])
    tf.train.init_from_checkpoint('init.ckpt', {'old/': 'new/'})
    tf.train.init_from_checkpoint('init.ckpt', [('v', v), ('v', placed), ('a/b', 'a/b')])
    tf.global_variables_initializer()


def write_checkpoint(folder):
    with tf.Graph().as_default(), tf.Session() as session:
        values = {'v': np.float32([5, 6]), 'a/b': np.int32(np.arange(6)).reshape(2, 3), 'old/inner/x': np.float32([1, 2]),
                  'old/r': np.float32([3, 4]), 'old/w': np.float32(np.arange(12)).reshape(4, 3)}
        saver = tf.train.Saver({name: tf.Variable(value) for name, value in values.items()})
        session.run(tf.global_variables_initializer())
        saver.save(session, os.path.join(folder, 'init.ckpt'), write_meta_graph=False, write_state=False)


def main(wanted):
    os.makedirs(FOLDER, exist_ok=True)
    write_checkpoint(FOLDER)
    # Paths stand in constants.
    os.chdir(FOLDER)
    for name in wanted or GRAPHS:
        with tf.Graph().as_default():
            saver = GRAPHS[name]()
            meta = tf.train.export_meta_graph(saver_def=saver and saver.saver_def)
        meta.meta_info_def.ClearField('stripped_op_list')
        with open(name + '.meta', 'wb') as out:
            out.write(meta.SerializeToString(deterministic=True))


if __name__ == '__main__':
    main(sys.argv[1:])
