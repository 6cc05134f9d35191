"""The initialiser before restoring does no harm, and is not needed; after restoring it undoes it."""
import tensorflow.compat.v1 as tf

import example
from add_model import AddModel, save_model


def initialise_first(prefix):
    model = AddModel(0., 0.)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        tf.train.Saver().restore(session, prefix)
        print(f'initialise, restore: a + b = {session.run(model.add):g}')


def initialise_last(prefix):
    model = AddModel(0., 0.)
    with tf.Session() as session:
        tf.train.Saver().restore(session, prefix)
        session.run(tf.global_variables_initializer())
        print(f'restore, initialise: a + b = {session.run(model.add):g}')


def restore_alone(prefix):
    model = AddModel(0., 0.)
    with tf.Session() as session:
        tf.train.Saver().restore(session, prefix)
        print(f'restore alone: a + b = {session.run(model.add):g}')


if __name__ == '__main__':
    example.main(save_model, initialise_first, initialise_last, restore_alone)
