"""TensorFlow's training steps of the MNIST example.

usage: mnist_step.py PREFIX BATCHES.npz          (what bench/mnist_step.cc does)
       mnist_step.py --write FOLDER              writes model.* and batches.npz for both
"""
import pathlib
import sys

import numpy as np

from line_protocol import serve
from tensorflow1 import tf

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / 'examples'


def write(folder):
    """An untrained model with its checkpoint, and the digits in batches of 64."""
    sys.path.insert(0, str(EXAMPLES))
    import mnist
    tf.set_random_seed(1)
    mnist.Program()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        tf.train.Saver().save(session, f'{folder}/model')
    images, labels = mnist.digits(EXAMPLES / 'data' / 'mnist', 'train')
    count = len(images) // 64
    np.savez(f'{folder}/batches.npz', images=images[:count * 64].reshape(count, 64, 28, 28),
             labels=labels[:count * 64].reshape(count, 64))


def main(prefix, batches):
    with np.load(batches) as file:
        images, labels = file['images'], file['labels']
    saver = tf.train.import_meta_graph(prefix + '.meta')
    session = tf.Session()
    saver.restore(session, prefix)
    step = session.make_callable(['Mean_1:0', 'Adam'], ['iter_next:0', 'iter_next:1'])
    done = 0

    def run_steps(count):
        nonlocal done
        for _ in range(count):
            loss, _ = step(images[done % len(images)], labels[done % len(images)])
            done += 1
        return loss

    serve(run_steps)


if __name__ == '__main__':
    write(sys.argv[2]) if sys.argv[1] == '--write' else main(*sys.argv[1:])
