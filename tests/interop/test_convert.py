"""`tenon convert`, `verify` and `repair` on checkpoints of TensorFlow; TensorFlow reads what they write."""
import json

import numpy as np

import bundles
from harness import DATA_SHARD, Case, ProgramFailed, read_bytes, tenon, tenon_list, tf

V1 = tf.train.SaverDef.V1


def of_types_in_v1(shape):
    types = sorted(bundles.IN_V1, key=lambda t: t.name) + [tf.qint8, tf.quint8, tf.qint32]
    return {f'of_{t.name}': (t, bundles.random_bits(t, shape, i)) for i, t in enumerate(types)}


class Quiet(Case):
    """TensorFlow warns at each save in the old format."""

    def setUp(self):
        super().setUp()
        tf.logging.set_verbosity(tf.logging.FATAL)
        self.addCleanup(tf.logging.set_verbosity, tf.logging.ERROR)


class Converted(Quiet):
    def check(self, tensors, files_of_v2=('.index', DATA_SHARD)):
        """Both formats of TensorFlow become each other's, byte for byte."""
        one, two = self.folder / 'theirs1', self.folder / 'theirs2'
        bundles.save(one, tensors, write_version=V1)
        bundles.save(two, tensors)
        for source in one, two:
            tenon('convert', source, self.folder / 'ours1', '--to', 'v1')
            self.assert_same_file(one, self.folder / 'ours1')
            tenon('convert', source, self.folder / 'ours2', '--to', 'v2')
            for suffix in files_of_v2:
                self.assert_same_file(f'{two}{suffix}', f'{self.folder}/ours2{suffix}')
        for prefix in 'ours1', 'ours2':
            tenon('verify', self.folder / prefix)
            for name, array in bundles.load(self.folder / prefix, tensors).items():
                self.assert_same_bits(array, tensors[name][1], name)

    def test_matrices_of_every_type(self):
        self.check(of_types_in_v1([3, 5]))

    def test_scalars_of_every_type(self):
        self.check(of_types_in_v1([]))

    def test_empty_tensors(self):
        self.check(of_types_in_v1([2, 0, 3]))

    # proves: S1.6
    def test_many_blocks(self):
        random = np.random.RandomState(0)
        self.check({f'v{i:04}': (tf.float32, random.rand(random.choice([1, 100, 30000, 140000])).astype(np.float32))
                    for i in range(60)})

    # proves: S1.6 S1.7
    def test_many_names(self):
        random = np.random.RandomState(0)
        self.check({f'layer_{i % 97}/{random.bytes(20).hex()}': (tf.int32, np.int32([i])) for i in range(3000)})

    # proves: S1.40
    def test_types_that_version_1_lacks_are_named(self):
        bundles.save(self.folder / 'm', {'b': (tf.bfloat16, bundles.random_bits(tf.bfloat16, [3], 0)),
                                         'u': (tf.uint32, bundles.random_bits(tf.uint32, [3], 0))})
        with self.assertRaises(ProgramFailed) as caught:
            tenon('convert', self.folder / 'm', self.folder / 'ours', '--to', 'v1')
        self.assertIn('b (bfloat16)', caught.exception.stderr)
        self.assertIn('u (uint32)', caught.exception.stderr)
        self.assertFalse((self.folder / 'ours').exists())


class Pieces(Quiet):
    """Partitioned and sharded variables."""

    SHAPES = {'w': ([7, 3], tf.float32), 'h': ([5], tf.float16), 'words': ([3], tf.string)}

    def saved(self, **saver_arguments):
        variables = {}
        for i, (name, (shape, dtype)) in enumerate(self.SHAPES.items()):
            value = np.arange(np.prod(shape)).reshape(shape)
            value = value.astype(str).astype(object) if dtype == tf.string else value.astype(dtype.as_numpy_dtype)
            with tf.device(f'/cpu:{i % 2}'):
                parts = tf.create_partitioned_variables(shape, [2] + [1] * (len(shape) - 1), tf.constant(value, dtype),
                                                        name=name)
            variables[name] = parts
        session = tf.Session(config=tf.ConfigProto(device_count={'CPU': 2}))
        session.run(tf.global_variables_initializer())
        return tf.train.Saver(variables, **saver_arguments).save(session, str(self.folder / 'theirs'))

    def expected(self):
        return {name: np.arange(np.prod(shape)).reshape(shape).astype(str if dtype == tf.string else dtype.as_numpy_dtype)
                for name, (shape, dtype) in self.SHAPES.items()}

    def assert_restored(self, prefix):
        """In pieces, as TensorFlow can restore all types."""
        tf.reset_default_graph()
        variables = {name: tf.create_partitioned_variables(shape, [2] + [1] * (len(shape) - 1), tf.zeros(shape, dtype)
                                                           if dtype != tf.string else tf.constant([''] * 3), name=name)
                     for name, (shape, dtype) in self.SHAPES.items()}
        with tf.Session() as session:
            tf.train.Saver(variables).restore(session, str(prefix))
            for name, parts in variables.items():
                value = np.concatenate(session.run(parts))
                if value.dtype == object:
                    value = np.asarray([v.decode() for v in value])
                self.assertEqual(value.tolist(), self.expected()[name].tolist())

    def check(self, **saver_arguments):
        prefix = self.saved(**saver_arguments)
        for version in 'v1', 'v2':
            tenon('convert', prefix, self.folder / version, '--to', version)
            self.assertEqual({n: s for n, (_, s) in tenon_list(self.folder / version).items()},
                             {n: s for n, (s, _) in self.SHAPES.items()})
            tenon('verify', self.folder / version)
            self.assert_restored(self.folder / version)

    def test_of_version_2(self):
        self.check()

    def test_of_version_2_sharded(self):
        self.check(sharded=True)

    def test_of_version_1(self):
        self.check(write_version=V1)

    def test_of_version_1_sharded(self):
        self.check(write_version=V1, sharded=True)


class Damaged(Quiet):
    TENSORS = {name: (tf.float32, np.float32([i, i])) for i, name in enumerate('abcd')}

    def test_repair_saves_what_is_intact(self):
        prefix = self.folder / 'm'
        bundles.save(prefix, self.TENSORS)
        data = bytearray(read_bytes(f'{prefix}{DATA_SHARD}'))
        data[9] ^= 4
        (self.folder / ('m' + DATA_SHARD)).write_bytes(data)
        with self.assertRaises(ProgramFailed) as caught:
            tenon('verify', prefix)
        self.assertIn('tensor b: ', caught.exception.stderr)
        report = json.loads(tenon('repair', prefix, self.folder / 'new', '--json'))
        self.assertEqual([lost['tensor'] for lost in report['lost']], ['b'])
        rest = {n: t for n, t in self.TENSORS.items() if n != 'b'}
        for name, array in bundles.load(self.folder / 'new', rest).items():
            self.assert_same_bits(array, rest[name][1], name)

    # proves: S1.4
    def test_verify_finds_each_flipped_bit_that_tensorflow_finds_in_version_1(self):
        prefix = self.folder / 'm'
        bundles.save(prefix, self.TENSORS, write_version=V1)
        whole = read_bytes(prefix)
        for position in range(0, len(whole), 7):
            damaged = bytearray(whole)
            damaged[position] ^= 1 << position % 8
            prefix.write_bytes(damaged)
            try:
                theirs = bundles.load(prefix, self.TENSORS)
            except tf.errors.OpError:
                theirs = None
            with self.subTest(byte=position):
                try:
                    tenon('verify', prefix)
                    self.assertIsNotNone(theirs, 'TensorFlow refuses it')
                except ProgramFailed as failure:
                    self.assertEqual(failure.code, 1)
