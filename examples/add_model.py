"""The model of the Saver examples: two variables and their sum."""
import tensorflow.compat.v1 as tf


class AddModel:
    """a and b are what the initialisers give the variables."""

    def __init__(self, a, b):
        tf.reset_default_graph()
        self.a = tf.Variable(a, name='a')
        self.b = tf.Variable(b, name='b')
        self.add = self.a + self.b


def save_model(prefix):
    """a = 1 and b = 2, for others to restore."""
    AddModel(1., 2.)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        tf.train.Saver().save(session, prefix)
