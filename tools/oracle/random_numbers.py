"""Records TensorFlow's random numbers, for the tests of ours: tests/fixtures/random/numbers.npz.

    $(tools/tensorflow_python) tools/oracle/random_numbers.py

Member "cases" has a line for each operation: OP DTYPE SEED SEED2 COUNT. Each ran three times in one session, with as
many threads as there are; members "CASE/RUN" have every 4,099th of the COUNT numbers and the last nine. Outputs as
large as these are made in several blocks.

tests/fixtures/random/philox_initialisers.npz has the values of usual initialisers in a graph with seed 42.
"""
import os
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(HERE)]

from quiet_tensorflow import tf  # noqa: E402

RUNS = 3
COUNT = 300007


def operation(op, dtype, seeds, count):
    if op == 'RandomUniformInt':
        return tf.raw_ops.RandomUniformInt(shape=[count], minval=tf.constant(-7, dtype), maxval=tf.constant(1000, dtype),
                                           **seeds)
    return getattr(tf.raw_ops, op)(shape=[count], dtype=dtype, **seeds)


def initialisers():
    """Tensor name -> value, each the first of its session."""
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(42)
        kinds = {'u': tf.random_uniform_initializer(-1, 1), 'n': tf.random_normal_initializer(),
                 't': tf.truncated_normal_initializer(stddev=.1), 'gu': tf.glorot_uniform_initializer(),
                 'gn': tf.glorot_normal_initializer(), 'v': tf.variance_scaling_initializer()}
        names = []
        for seed, (name, initialiser) in enumerate(kinds.items()):
            initialiser.seed = seed
            variable = tf.get_variable(name, [37, 11], initializer=initialiser, use_resource=False)
            names.append(variable.initializer.inputs[1].name)
        for tensor in (tf.random_uniform([9], maxval=100, dtype=tf.int32, seed=3),
                       tf.multinomial(tf.log([[.2, .3, .5]]), 6, seed=4), tf.random_shuffle(tf.range(8), seed=5)):
            names.append(tensor.name)
        return dict(zip(names, session.run(names)))


def main():
    members, cases = {}, []
    floats = 'float32 float64 float16 bfloat16'
    for op, dtypes in (('RandomUniform', floats), ('RandomStandardNormal', floats), ('TruncatedNormal', floats),
                       ('RandomUniformInt', 'int32 int64')):
        for name in dtypes.split():
            seeds = {'seed': 42, 'seed2': len(cases)}
            with tf.Graph().as_default(), tf.Session() as session:
                numbers = operation(op, tf.as_dtype(name), seeds, COUNT)
                for run in range(RUNS):
                    values = session.run(numbers)
                    members[f'{len(cases)}/{run}'] = np.concatenate([values[::4099], values[-9:]])
            cases.append(f'{op} {name} {seeds["seed"]} {seeds["seed2"]} {COUNT}')
    folder = os.path.join(os.path.dirname(os.path.dirname(HERE)), 'tests', 'fixtures', 'random')
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, 'numbers.npz')
    np.savez_compressed(path, cases=np.array(cases, 'S'), **members)
    np.savez_compressed(os.path.join(folder, 'philox_initialisers.npz'), **initialisers())
    print(f'{len(cases)} operations, {os.path.getsize(path)} bytes')


if __name__ == '__main__':
    main()
