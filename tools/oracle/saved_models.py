"""Writes the SavedModels of tests/fixtures/saved_model with TensorFlow.

    $(tools/tensorflow_python) tools/oracle/saved_models.py

simple    what simple_save writes of y = x * w + b; b is a resource variable
two       a text with two graphs: {train, gpu} with an asset and an operation to be run after loading, and {serve}
plain     no variables
v2        what TensorFlow 2 writes of a module with variables and a function
"""
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(HERE)]
FOLDER = os.path.join(os.path.dirname(os.path.dirname(HERE)), 'tests', 'fixtures', 'saved_model')


def path(name):
    return os.path.join(FOLDER, name)


def affine(tf):
    x = tf.placeholder(tf.float32, [None, 2], name='x')
    w = tf.get_variable('w', initializer=[[.5, 1.], [-2., 4.]])
    b = tf.get_variable('b', initializer=[10., 20.], use_resource=True)
    return x, tf.add(tf.matmul(x, w), b, name='y')


def write_version_1():
    from quiet_tensorflow import tf
    tf.logging.set_verbosity(tf.logging.FATAL)
    with tf.Graph().as_default(), tf.Session() as session:
        x, y = affine(tf)
        session.run(tf.global_variables_initializer())
        tf.saved_model.simple_save(session, path('simple'), {'input': x}, {'output': y})
    os.chdir(FOLDER)
    with open('words.txt', 'w') as f:
        f.write('one\ntwo\n')
    builder = tf.saved_model.Builder(path('two'))
    with tf.Graph().as_default(), tf.Session() as session:
        x, y = affine(tf)
        asset = tf.constant('words.txt', name='asset')
        where = tf.get_variable('where', initializer='')
        loaded = tf.group(where.assign(asset), name='loaded')
        signatures = {name: tf.saved_model.predict_signature_def({'x': x}, {'y': y}) for name in ('one', 'other')}
        session.run(tf.global_variables_initializer())
        builder.add_meta_graph_and_variables(session, ['train', 'gpu'], signatures, assets_collection=[asset],
                                             main_op=loaded)
    with tf.Graph().as_default(), tf.Session() as session:
        x, y = affine(tf)
        sparse = tf.sparse_placeholder(tf.int64, [3, 3], name='s')
        signature = tf.saved_model.build_signature_def(
            {'x': tf.saved_model.build_tensor_info(x), 'sparse': tf.saved_model.build_tensor_info(sparse)},
            {'y': tf.saved_model.build_tensor_info(y)}, 'method')
        builder.add_meta_graph(['serve'], {'serving_default': signature})
    builder.save(as_text=True)
    os.remove('words.txt')
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.int32, [], name='x')
        tf.saved_model.simple_save(session, path('plain'), {'x': x}, {'y': tf.add(x, 1, name='y')})


def write_version_2():
    import tensorflow as tf

    class Net(tf.Module):
        def __init__(self):
            super().__init__()
            self.w = tf.Variable([[.5, 1.], [-2., 4.]], name='w')
            self.steps = tf.Variable(7, dtype=tf.int64, name='steps', trainable=False)

        @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, 'x')])
        def __call__(self, x):
            return {'y': tf.matmul(x, self.w)}

    tf.saved_model.save(Net(), path('v2'))
    os.remove(path('v2/fingerprint.pb'))  # differs each time; any bytes will do
    with open(path('v2/fingerprint.pb'), 'wb') as f:
        f.write(b'\x08\x01')


if __name__ == '__main__':
    if sys.argv[1:] == ['2']:
        write_version_2()
    else:
        shutil.rmtree(FOLDER, ignore_errors=True)
        os.makedirs(FOLDER)
        write_version_1()
        subprocess.run([sys.executable, __file__, '2'], check=True, stderr=subprocess.DEVNULL)
