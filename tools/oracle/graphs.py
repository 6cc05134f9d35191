"""Writes the graphs that tests/oracle/graphs_test.cc builds with our builders: tests/fixtures/graphs/NAME.pb, each a
GraphDef with _output_shapes.

usage: graphs.py FOLDER [NAME...]
"""
import os
import sys

os.environ['TF_USE_LEGACY_KERAS'] = '1'
os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()
tf.disable_resource_variables()
tf.disable_control_flow_v2()
tf.logging.set_verbosity(tf.logging.ERROR)

GRAPHS = {}


def graph(build):
    GRAPHS[build.__name__] = build
    return build


def inputs(*shapes):
    return [tf.placeholder(tf.float32, shape) for shape in shapes]


@graph
def unary_gradients():
    x, = inputs([None, 3])
    for f in (tf.negative, tf.abs, tf.square, tf.sqrt, tf.rsqrt, tf.reciprocal, tf.exp, tf.expm1, tf.log, tf.log1p,
              tf.tanh, tf.sigmoid, tf.erf, tf.sin, tf.cos, tf.sign, tf.floor, tf.identity, tf.nn.relu, tf.nn.relu6,
              tf.nn.elu, tf.nn.selu, tf.nn.leaky_relu, tf.nn.softplus, tf.nn.softsign, tf.nn.softmax, tf.nn.log_softmax,
              tf.nn.l2_loss):
        tf.gradients(f(x), x)
    tf.gradients(tf.cast(x, tf.float64), x)


@graph
def binary_gradients():
    a, b, c, d = inputs([None, 3], [3], [2, 3], [2, 3])
    for f in (tf.add, tf.subtract, tf.multiply, tf.truediv, tf.div, tf.pow, tf.maximum, tf.minimum,
              tf.squared_difference):
        tf.gradients(f(a, b), [a, b])
        tf.gradients(f(c, d), [c, d])
    tf.gradients(a * 2. + 1. - a / 4., a)
    tf.gradients(2. * a + (1. - a) / (4. / a), a)
    tf.gradients(tf.where(tf.less(c, d), c, d), [c, d])
    tf.gradients(tf.add_n([c, d, c]), [c, d])


@graph
def reduction_gradients():
    a, b, c = inputs([None, 3], [2, 3], None)
    for f in (tf.reduce_sum, tf.reduce_mean, tf.reduce_max, tf.reduce_min):
        tf.gradients(f(a), a)
        tf.gradients(f(a, 1), a)
        tf.gradients(f(b, [0]), b)
        tf.gradients(f(b, [0], keepdims=True), b)
        tf.gradients(f(a, [-1], keepdims=True), a)
    tf.gradients(tf.reduce_sum(c), c)
    tf.reduce_prod(b, 1), tf.reduce_any(b > 0., 1), tf.reduce_all(b > 0.), tf.argmin(b, 1)


@graph
def matmul_gradients():
    a, b, c, d = inputs([None, 3], [3, 2], [4, 5, 6], [4, 6, 7])
    tf.gradients(tf.matmul(a, b), [a, b])
    tf.gradients(tf.matmul(b, a, transpose_a=True, transpose_b=True), [a, b])
    tf.gradients(tf.matmul(a, b, name='named'), [b])
    tf.gradients(tf.matmul(c, d), [c, d])
    tf.gradients(tf.matmul(d, c, transpose_a=True, transpose_b=True), [c, d])


@graph
def array_gradients():
    a, b, c = inputs([None, 3], [2, 3], [2, 3])
    tf.gradients(tf.reshape(a, [3, -1]), a)
    tf.gradients(tf.reshape(b, [6]), b)
    tf.gradients(tf.expand_dims(a, 1), a)
    tf.gradients(tf.squeeze(tf.expand_dims(a, 1), [1]), a)
    tf.gradients(tf.transpose(a), a)
    tf.gradients(tf.transpose(b, [1, 0]), b)
    tf.gradients(tf.concat([b, c], 1), [b, c])
    tf.gradients(tf.concat([a, b], 0), [a, b])
    tf.gradients(tf.stack([b, c], 1), [b, c])
    tf.gradients(tf.unstack(b, 2), b)
    tf.gradients(tf.split(b, 3, 1), b)
    tf.gradients(tf.slice(a, [0, 1], [1, 2]), a)
    tf.gradients(tf.tile(b, [2, 1]), b)
    tf.gradients(tf.pad(b, [[1, 0], [0, 2]]), b)
    tf.gradients(tf.broadcast_to(b, [5, 2, 3]), b)
    tf.gradients(tf.stop_gradient(a) * a, a)
    tf.zeros([3]), tf.ones([2000]), tf.zeros_like(a), tf.ones_like(a), tf.zeros_like(b), tf.ones_like(b)
    tf.shape(a), tf.size(a), tf.rank(a), tf.shape(b), tf.size(b), tf.range(3, 10, 2), tf.one_hot(tf.constant([1, 2]), 4)


@graph
def nn_gradients():
    x, w, b = inputs([None, 8, 8, 3], [3, 3, 3, 4], [4])
    y = tf.nn.bias_add(tf.nn.conv2d(x, w, [1, 2, 2, 1], 'SAME'), b)
    tf.gradients(tf.nn.max_pool(y, [1, 2, 2, 1], [1, 2, 2, 1], 'VALID'), [x, w, b])
    tf.gradients(tf.nn.avg_pool(y, [1, 2, 2, 1], [1, 1, 1, 1], 'SAME'), [x, w, b])
    logits, labels = inputs([None, 5], [None, 5])
    ids = tf.placeholder(tf.int32, [None])
    tf.gradients(tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits), [logits, labels])
    tf.gradients(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=ids, logits=logits), logits)
    tf.gradients(tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits), [logits, labels])
    tf.gradients(tf.nn.dropout(logits, rate=.25, seed=7), logits)


@graph
def gradients_of_a_dag():
    x, = inputs([2, 3])
    v = tf.get_variable('v', [3, 3])
    w = tf.get_variable('w', [3])
    h = tf.tanh(tf.matmul(x, v) + w)
    y = h * tf.sigmoid(h) + tf.matmul(h, v) - tf.gather(v, [0, 2])
    tf.gradients(y, [v, w, x])
    tf.gradients([y, tf.square(h)], [v], grad_ys=[h, h], stop_gradients=[h], name='again')
    tf.gradients(tf.reduce_sum(tf.gather(v, [0, 1]) * tf.gather(v, [1, 1])), v)


@graph
def optimizers():
    x = tf.placeholder(tf.float32, [None, 3])
    ids = tf.placeholder(tf.int64, [None])
    step = tf.Variable(0, name='step', trainable=False)
    makers = [lambda: tf.train.GradientDescentOptimizer(.1), lambda: tf.train.MomentumOptimizer(.1, .9),
              lambda: tf.train.MomentumOptimizer(.1, .9, use_nesterov=True), lambda: tf.train.AdagradOptimizer(.1),
              lambda: tf.train.RMSPropOptimizer(.1), lambda: tf.train.RMSPropOptimizer(.1, centered=True),
              lambda: tf.train.AdamOptimizer(.1)]
    for i, make in enumerate(makers):
        w = tf.get_variable('w%d' % i, [3, 400])
        e = tf.get_variable('e%d' % i, [7, 3])
        loss = tf.reduce_mean(tf.square(tf.matmul(x + tf.gather(e, ids), w)))
        make().minimize(loss, var_list=[w, e], global_step=step if i % 2 else None)


@graph
def layers_and_scopes():
    x = tf.placeholder(tf.float32, [None, 12, 12, 3], 'images')
    L = tf.layers
    with tf.name_scope('outer'):
        h = L.conv2d(x, 4, 3, activation=tf.nn.relu)
        h = L.conv2d(h, 4, (3, 1), strides=(2, 1), padding='same', use_bias=False, name='named')
        h = L.average_pooling2d(h, 2, 1)
    with tf.variable_scope('tower'):
        h = L.max_pooling2d(h, 2, 2)
        h = L.dense(L.flatten(h), 6, activation=tf.nn.tanh)
        with tf.variable_scope('inner'):
            v = tf.get_variable('v', [6], initializer=tf.ones_initializer())
            tf.get_variable('c', [2, 2], initializer=tf.constant_initializer(3.))
            tf.get_variable('t', [2, 2], initializer=tf.truncated_normal_initializer(stddev=.1, seed=3))
            tf.get_variable('n', [2], initializer=tf.random_normal_initializer())
            tf.get_variable('i', [2], tf.int32)
        h = h + v
    with tf.variable_scope('tower', reuse=True):
        with tf.variable_scope('inner'):
            h = h * tf.get_variable('v', [6])
    with tf.variable_scope('shared', reuse=tf.AUTO_REUSE):
        L.dense(h, 2, name='d')
        L.dense(h, 2, name='d')
    a = tf.Variable(tf.constant(1., shape=[1]), name='a')
    b = tf.Variable(2., name='a')
    with tf.control_dependencies([tf.assign(a, a * 2.), tf.assign_add(b, 1.)]):
        c = tf.identity(b)
        tf.identity(c)
    tf.group(tf.assign_sub(b, 1.), c)
    tf.global_variables_initializer()


@graph
def datasets():
    x = tf.placeholder(tf.float32, [None, 3])
    y = tf.placeholder(tf.int64, [None])
    D = tf.data.Dataset
    ds = D.from_tensor_slices((x, y)).shuffle(5, seed=3).batch(4, drop_remainder=True).repeat(2).prefetch(1)
    it = tf.data.make_initializable_iterator(ds)
    it.get_next()
    ds = D.from_tensors(x).skip(1).take(3)
    it = tf.data.Iterator.from_structure(tf.data.get_output_types(ds), tf.data.get_output_shapes(ds))
    it.get_next('named')
    it.make_initializer(ds, name='start')


@graph
def randoms():
    tf.random_uniform([2, 3])
    tf.random_uniform([2, 3], -1., 1.)
    tf.random_uniform([4], 0, 100, tf.int32, seed=3)
    tf.set_random_seed(42)
    tf.random_normal([2], stddev=.5)
    tf.truncated_normal([2], seed=5)
    tf.random_uniform([2, 3], maxval=2)


def main(folder, names):
    os.makedirs(folder, exist_ok=True)
    for name in names or GRAPHS:
        tf.reset_default_graph()
        GRAPHS[name]()
        with open(os.path.join(folder, name + '.pb'), 'wb') as out:
            out.write(tf.get_default_graph().as_graph_def(add_shapes=True).SerializeToString(deterministic=True))


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2:])
