"""The graph and the variables are loaded from the files: no line of the model is written again."""
import tensorflow.compat.v1 as tf

import example
from add_model import save_model


def load(prefix):
    tf.reset_default_graph()
    saver = tf.train.import_meta_graph(prefix + '.meta')
    with tf.Session() as session:
        saver.restore(session, prefix)
        print(f'add:0 = {session.run("add:0"):g}')


if __name__ == '__main__':
    example.main(save_model, load)
