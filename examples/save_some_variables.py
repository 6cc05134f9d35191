"""A Saver of a list saves these variables only; one of a dict saves them under other names."""
import tensorflow.compat.v1 as tf

import example
from add_model import AddModel


def save_list(prefix):
    model = AddModel(1., 2.)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        tf.train.Saver([model.a]).save(session, prefix + '-list')
    for name, shape in tf.train.list_variables(prefix + '-list'):
        print(f'list: {name} is saved')


def load_list(prefix):
    model = AddModel(0., 0.)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        tf.train.Saver([model.a]).restore(session, prefix + '-list')
        print(f'list: a = {session.run(model.a):g}, b = {session.run(model.b):g}')


def save_dict(prefix):
    model = AddModel(1., 2.)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        tf.train.Saver({'first': model.a, 'second': model.b}).save(session, prefix + '-dict')
    for name, shape in tf.train.list_variables(prefix + '-dict'):
        print(f'dict: {name} is saved')


def load_dict(prefix):
    tf.reset_default_graph()
    first, second = tf.Variable(0., name='first'), tf.Variable(0., name='second')
    with tf.Session() as session:
        tf.train.Saver().restore(session, prefix + '-dict')
        print(f'dict: first = {session.run(first):g}, second = {session.run(second):g}')


if __name__ == '__main__':
    example.main(save_list, load_list, save_dict, load_dict)
