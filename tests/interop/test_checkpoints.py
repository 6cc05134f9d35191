"""Checkpoints that TensorFlow wrote: listed, restored and saved again by `tenon`, read back by TensorFlow."""
import numpy as np

import bundles
from harness import DATA_SHARD, Case, tenon, tenon_list, tf


def of_every_type(shape):
    types = bundles.NUMERIC + [tf.bool, tf.string] + list(bundles.AS_INTEGERS)
    return {f'of_{t.name}': (t, bundles.random_bits(t, shape, i)) for i, t in enumerate(types)}


def strings(values, shape=None):
    array = np.empty(len(values), object)
    array[:] = values
    return tf.string, array.reshape([len(values)] if shape is None else shape)


class Version2(Case):
    def check(self, tensors):
        """TensorFlow saves the tensors; `tenon` lists, restores and saves them; TensorFlow reads what it had."""
        theirs, ours = self.folder / 'theirs', self.folder / 'ours'
        bundles.save(theirs, tensors)
        self.assertEqual(tenon_list(theirs), {n: (t.name, list(a.shape)) for n, (t, a) in tensors.items()})
        tenon('run', theirs, '--save', ours)
        self.same_tensors(ours, tensors)
        for suffix in '.index', DATA_SHARD:
            self.assert_same_file(f'{theirs}{suffix}', f'{ours}{suffix}')
        self.assert_same_graph(f'{theirs}.meta', f'{ours}.meta')

    def same_tensors(self, prefix, tensors):
        for name, array in bundles.load(prefix, tensors).items():
            self.assert_same_bits(array, tensors[name][1], name)

    # proves: S1.16 S1.37 S1.39
    def test_matrices_of_every_type(self):
        self.check(of_every_type([3, 5]))

    # proves: S1.13 S1.38
    def test_scalars_of_every_type(self):
        self.check(of_every_type([]))

    # proves: S1.13 S1.16 S1.18
    def test_empty_tensors_of_every_type(self):
        self.check(of_every_type([2, 0, 3]))

    def test_tensors_of_eight_dimensions(self):
        self.check({'a': (tf.int32, bundles.random_bits(tf.int32, [1, 2, 1, 3, 2, 1, 2, 2], 0))})

    # proves: S1.17 S1.18
    def test_long_and_binary_strings(self):
        self.check({'s': strings([b'', b'\0\0', b'x' * 127, b'y' * 128, b'z' * 70000, bytes(range(256))], [2, 3]),
                    'one': strings([b'alone'], []), 'none': strings([], [0])})

    def test_a_large_tensor(self):
        self.check({'large': (tf.float32, bundles.random_bits(tf.float32, [1 << 24], 0)), 'small': (
            tf.int64, bundles.random_bits(tf.int64, [3], 1))})

    # proves: S1.10 S1.14
    def test_names_beyond_ascii(self):
        names = ['ä/ö', '変数', 'with space', 'a' * 1000, 'a/b/c', 'A', 'Z_1', '\x7f', 'quo"te', 'back\\slash']
        self.check({n: (tf.float32, np.float32([i])) for i, n in enumerate(names)})

    # proves: S1.6 S1.7
    def test_an_index_of_many_blocks(self):
        random = np.random.RandomState(0)
        self.check({f'layer_{i % 97}/{random.bytes(40).hex()}/weights_{i}': (tf.float32, np.float32([i]))
                    for i in range(2500)})


class Version1(Version2):
    """The same tensors in the format before 2017, as far as it has their types."""

    def check(self, tensors):
        theirs, ours = self.folder / 'theirs', self.folder / 'ours'
        tensors = {n: (t, a) for n, (t, a) in tensors.items() if t in bundles.IN_V1}
        with bundles.version_1():
            bundles.save(theirs, tensors, write_version=tf.train.SaverDef.V1)
            self.assertEqual(tenon_list(theirs), {n: (t.name, list(a.shape)) for n, (t, a) in tensors.items()})
            tenon('run', theirs, '--save', ours)
            self.same_tensors(ours, tensors)
            self.assert_same_file(theirs, ours)


class Variables(Case):
    """Checkpoints of tf.train.Saver in its other forms."""

    def session_with(self, sharded_devices=False, partitions=None):
        partitioner = tf.fixed_size_partitioner(partitions) if partitions else None
        with tf.variable_scope('net', partitioner=partitioner):
            for i, (dtype, shape) in enumerate([(tf.float32, [7, 3]), (tf.float64, [4]), (tf.int64, [5, 2])]):
                with tf.device(f'/cpu:{i % 2}' if sharded_devices else None):
                    tf.get_variable(f'v{i}', shape, dtype, tf.random_uniform_initializer(-9, 9, dtype=dtype))
        session = tf.Session(config=tf.ConfigProto(device_count={'CPU': 2}, allow_soft_placement=True))
        session.run(tf.global_variables_initializer())
        return session

    def check(self, graph=None, **saver_arguments):
        """Whole tensors of a checkpoint, as TensorFlow reads them before and after `tenon run --save`."""
        def whole(prefix):
            reader = tf.train.load_checkpoint(str(prefix))
            return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}

        session = self.session_with(**graph or {})
        prefix = tf.train.Saver(**saver_arguments).save(session, str(self.folder / 'theirs'))
        expected = whole(prefix)
        self.assertEqual({n: s for n, (_, s) in tenon_list(prefix).items()}, {n: list(a.shape) for n, a in expected.items()})
        tenon('run', prefix, '--save', self.folder / 'ours')
        actual = whole(prefix.replace('theirs', 'ours'))
        self.assertEqual(sorted(actual), sorted(expected))
        for name in expected:
            self.assert_same_bits(actual[name], expected[name], name)
        for path in self.folder.glob('theirs*'):
            same = self.assert_same_graph if path.suffix == '.meta' else self.assert_same_file
            same(path, path.with_name(path.name.replace('theirs', 'ours')))

    # proves: S1.11 S1.30 S1.31
    def test_sharded(self):
        self.check(graph={'sharded_devices': True}, sharded=True)

    # proves: S1.21 S1.22 S1.23
    def test_partitioned(self):
        self.check(graph={'partitions': 2})

    # proves: S1.30
    def test_partitioned_and_sharded(self):
        self.check(graph={'partitions': 3, 'sharded_devices': True}, sharded=True)

    # proves: S1.36 S1.41 S4.8
    def test_version_1_sharded(self):
        with bundles.version_1():
            self.check(graph={'sharded_devices': True}, sharded=True, write_version=tf.train.SaverDef.V1)

