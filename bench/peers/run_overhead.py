"""What one run(a + b) of scalars costs in TensorFlow.

usage: run_overhead.py fed|variables callable|run
"""
import sys

from line_protocol import serve
from tensorflow1 import tf


def main(mode, interface):
    session = tf.Session()
    if mode == 'fed':
        a, b = tf.placeholder(tf.float32, []), tf.placeholder(tf.float32, [])
        total, feeds, values = a + b, [a, b], [1., 2.]
    else:
        a, b = tf.Variable(1.), tf.Variable(2.)
        total, feeds, values = a + b, [], []
        session.run(tf.global_variables_initializer())
    if interface == 'callable':
        call = session.make_callable(total, feeds)
        step = lambda: call(*values)
    else:
        step = lambda: session.run(total, dict(zip(feeds, values)))

    def run_steps(count):
        for _ in range(count):
            value = step()
        return value

    serve(run_steps)


main(*sys.argv[1:])
