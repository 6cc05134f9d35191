"""TensorFlow's saves and restores of the model of bench/checkpoint_speed.cc.

usage: checkpoint_speed.py MODE VARIABLES ELEMENTS PATH
  save, save_data, save_durable     save_durable syncs the files afterwards, which TensorFlow does not do
  save_over                         over what is there
  restore, one, import_meta, export_meta, saver
"""
import glob
import os
import sys

from line_protocol import serve, serve_timed
from tensorflow1 import tf


def build(variables, elements):
    return [tf.Variable(tf.range(float(i), float(i + elements)), name=f'v{i:05}') for i in range(variables)]


def total_of(session, variables):
    """What Model::sum of checkpoint_speed.cc is."""
    total = 0.
    at_once = max(1, 2**26 // int(variables[0].shape[0]))  # each list of fetches is a plan of its own, which takes long
    for begin in range(0, len(variables), at_once):
        for value in session.run(variables[begin:begin + at_once]):
            total += float(value[0]) + 2 * float(value[(len(value) - 1) // 2]) + 3 * float(value[-1])
    return total


def sync(path):
    for name in [*glob.glob(path + '.*'), os.path.dirname(path)]:
        fd = os.open(name, os.O_RDONLY)
        os.fsync(fd)
        os.close(fd)


def save(mode, model, path):
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    saver = tf.train.Saver()
    options = {'write_meta_graph': False, 'write_state': False} if mode == 'save_data' else {}

    def run_steps(count, watch):
        for _ in range(count):
            if mode != 'save_over':
                for name in [*glob.glob(path + '.*'), *glob.glob(os.path.dirname(path) + '/checkpoint')]:
                    os.remove(name)
            with watch:
                saver.save(session, path, **options)
                if mode == 'save_durable':
                    sync(path)
        return os.path.getsize(path + '.data-00000-of-00001')

    serve_timed(run_steps)


def restore(model, path):
    session = tf.Session()
    saver = tf.train.Saver()

    def run_steps(count, watch):
        for _ in range(count):
            with watch:
                saver.restore(session, path)
        return total_of(session, model)

    serve_timed(run_steps)


def read_one(variables, path):
    def run_steps(count):
        for _ in range(count):
            value = tf.train.load_checkpoint(path).get_tensor(f'v{variables // 2:05}')
        return value[-1]
    serve(run_steps)


def import_meta(path):
    def run_steps(count, watch):
        for _ in range(count):
            with tf.Graph().as_default():
                with watch:
                    tf.train.import_meta_graph(path + '.meta')
                variables = len(tf.global_variables())
        return variables
    serve_timed(run_steps)


def export_meta(model, path):
    saver = tf.train.Saver()

    def run_steps(count):
        for _ in range(count):
            saver.export_meta_graph(path + '.meta')
        return len(model)
    serve(run_steps)


def make_saver(model):
    def run_steps(count):
        for _ in range(count):
            tf.train.Saver()
        return len(model)
    serve(run_steps)


def main(mode, variables, elements, path):
    variables, elements = int(variables), int(elements)
    if mode == 'one':
        return read_one(variables, path)
    if mode == 'import_meta':
        return import_meta(path)
    model = build(variables, elements)
    if mode == 'export_meta':
        return export_meta(model, path)
    if mode == 'saver':
        return make_saver(model)
    restore(model, path) if mode == 'restore' else save(mode, model, path)


main(*sys.argv[1:])
