"""The MNIST example in TensorFlow 1: mnist.cc is this program in C++. The two graphs are equal node for node.

usage: mnist.py DIGITS PREFIX [STEPS]      trains on the idx files in DIGITS, saves PREFIX.* and binding.json beside it

to_graph and from_graph are what TFGraphConvertible (a Python class of 60 lines) does for flat objects.
"""
import gzip
import json
import os
import sys

os.environ['TF_USE_LEGACY_KERAS'] = '1'
import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()


class Mnist:
    def __init__(self, x, y, lr=0.001):
        self.x = tf.expand_dims(tf.cast(x, tf.float32), -1)
        self.y = tf.one_hot(y, 10)
        self.forward_raw, hidden = self.forward(self.x)
        tf.nn.softmax(hidden)
        correct = tf.equal(tf.argmax(self.forward_raw, -1), tf.argmax(self.y, -1))
        self.accuracy = tf.reduce_mean(tf.cast(correct, tf.float32))
        self.loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=self.y, logits=self.forward_raw))
        self.train_step = tf.train.AdamOptimizer(lr).minimize(self.loss)

    @staticmethod
    def forward(x):
        x = tf.layers.conv2d(x, 32, 5, padding='same', activation=tf.nn.relu)
        x = tf.layers.max_pooling2d(x, 2, 2)
        x = tf.layers.dropout(x, .2)
        x = tf.layers.conv2d(x, 64, 5, padding='same', activation=tf.nn.relu)
        x = tf.layers.max_pooling2d(x, 2, 2)
        x = tf.layers.dropout(x, .2)
        x = tf.layers.dense(tf.layers.flatten(x), 512, activation=tf.nn.relu)
        x = tf.layers.dropout(x, .2)
        return tf.layers.dense(x, 10), x


class Program:
    """The graph: data, iterator, model."""

    def __init__(self):
        self.x_ = tf.placeholder(tf.float32, [None, 28, 28])
        self.y_ = tf.placeholder(tf.uint8, [None])
        train = tf.data.Dataset.from_tensor_slices((self.x_, self.y_)).batch(64).shuffle(10000).repeat()
        test = tf.data.Dataset.from_tensor_slices((self.x_, self.y_)).batch(64).repeat()
        iterator = tf.data.Iterator.from_structure(tf.data.get_output_types(train), tf.data.get_output_shapes(train))
        self.next = iterator.get_next(name='iter_next')
        self.train_init, self.test_init = iterator.make_initializer(train), iterator.make_initializer(test)
        self.model = Mnist(*self.next)


def digits(folder, part):
    """Images in [0, 1] and labels; part is 'train' or 't10k'."""
    with gzip.open(os.path.join(folder, part + '-images-idx3-ubyte.gz')) as images:
        x = np.frombuffer(images.read(), np.uint8, offset=16).reshape(-1, 28, 28).astype(np.float32) / 255
    with gzip.open(os.path.join(folder, part + '-labels-idx1-ubyte.gz')) as labels:
        return x, np.frombuffer(labels.read(), np.uint8, offset=8)


def to_graph(model):
    return {k: v.name for k, v in vars(model).items() if isinstance(v, (tf.Tensor, tf.Operation))}


def from_graph(model, fields, graph):
    for field, name in fields.items():
        setattr(model, field, graph.as_graph_element(name))


def train_and_save(folder, prefix, steps):
    program = Program()
    model = program.model
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        images, labels = digits(folder, 'train')
        session.run(program.train_init, {program.x_: images, program.y_: labels})
        for step in range(steps):
            accuracy, _ = session.run([model.accuracy, model.train_step])
            if step % 15 == 0:
                print(accuracy)
        tf.train.Saver().save(session, prefix)
    return to_graph(model)


def restore_and_test(folder, prefix, fields):
    tf.reset_default_graph()
    saver = tf.train.import_meta_graph(prefix + '.meta')
    with tf.Session() as session:
        saver.restore(session, prefix)
        model = Mnist.__new__(Mnist)
        try:
            print(model.accuracy.name)
        except AttributeError as error:
            print(error)
        from_graph(model, fields, session.graph)
        images, labels = digits(folder, 't10k')
        accuracy = session.run(model.accuracy, {'iter_next:0': images, 'iter_next:1': labels})
        print('test accuracy', accuracy)


def main(folder, prefix, steps=150):
    fields = train_and_save(folder, prefix, steps)
    with open(os.path.join(os.path.dirname(prefix), 'binding.json'), 'w') as out:
        json.dump(fields, out)
    print(json.dumps(fields))
    restore_and_test(folder, prefix, fields)


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
