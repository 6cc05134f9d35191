"""The .meta file alone has the graph and its initialisers, but no values of variables."""
import os

import tensorflow.compat.v1 as tf

import example
from add_model import save_model


def remove_the_values(prefix):
    os.remove(prefix + '.index')
    os.remove(prefix + '.data-00000-of-00001')


def initialise(prefix):
    tf.reset_default_graph()
    tf.train.import_meta_graph(prefix + '.meta')
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        print(f'initialised: add:0 = {session.run("add:0"):g}')


def do_not_initialise(prefix):
    tf.reset_default_graph()
    tf.train.import_meta_graph(prefix + '.meta')
    with tf.Session() as session:
        try:
            session.run('a:0')
        except tf.errors.FailedPreconditionError as error:
            print(example.text(error))


if __name__ == '__main__':
    example.main(save_model, remove_the_values, initialise, do_not_initialise)
