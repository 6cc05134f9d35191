"""A model is saved, and its variables are loaded into a graph that is built the same way again."""
import tensorflow.compat.v1 as tf

import example
from add_model import AddModel


def save(prefix):
    model = AddModel(1., 2.)
    saver = tf.train.Saver()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        print(f'a + b = {session.run(model.add):g}')
        saver.save(session, prefix)


def load(prefix):
    model = AddModel(0., 0.)
    saver = tf.train.Saver()
    with tf.Session() as session:
        saver.restore(session, prefix)
        print(f'a = {session.run(model.a):g}, b = {session.run(model.b):g}')
        print(f'a + b = {session.run(model.add):g}')


if __name__ == '__main__':
    example.main(save, load)
