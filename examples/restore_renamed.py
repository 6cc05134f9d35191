"""A Saver of a dict restores into variables of other names: the keys are the names in the checkpoint."""
import tensorflow.compat.v1 as tf

import example
from add_model import save_model


def restore_renamed(prefix):
    tf.reset_default_graph()
    weight = tf.Variable(0., name='weight')
    bias = tf.Variable(0., name='bias')
    saver = tf.train.Saver({'a': weight, 'b': bias})
    with tf.Session() as session:
        saver.restore(session, prefix)
        print(f'weight = {session.run(weight):g}, bias = {session.run(bias):g}')


if __name__ == '__main__':
    example.main(save_model, restore_renamed)
