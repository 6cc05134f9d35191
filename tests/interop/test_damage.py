"""Damaged checkpoints: where TensorFlow refuses we refuse, with an error of the same kind; nobody gets wrong values."""
import re

import numpy as np

from harness import DATA_SHARD, Case, ProgramFailed, read_bytes, tenon, tenon_run, tf

# TensorFlow's kind of error -> ours that are as good. OutOfRange is TensorFlow's for a short file; for a damaged name
# or a missing shard it says NotFound where the file is the trouble. Without an index `tenon run` takes the .meta for a
# model that was never trained, so its variables have no values.
AS_GOOD = {'DataLoss': {'DataLoss', 'OutOfRange'}, 'OutOfRange': {'OutOfRange', 'DataLoss'},
           'NotFound': {'NotFound', 'DataLoss', 'FailedPrecondition'}, 'InvalidArgument': {'InvalidArgument', 'DataLoss'}}
NAMES = ['floats', 'ints', 'words']


class Damage(Case):
    def setUp(self):
        super().setUp()
        self.prefix = self.folder / 'model'
        variables = [tf.Variable(np.float32([1, 2, 3]), name='floats'), tf.Variable(np.int64([[7]]), name='ints'),
                     tf.Variable(['alpha', 'beta'], name='words')]
        self.saver, self.session = tf.train.Saver(), tf.Session()
        self.session.run(tf.global_variables_initializer())
        self.saver.save(self.session, str(self.prefix))
        self.variables = variables
        self.index, self.data = self.folder / 'model.index', self.folder / ('model' + DATA_SHARD)

    def theirs(self):
        """What TensorFlow makes of the files: values, or the kind of its error."""
        try:
            self.saver.restore(self.session, str(self.prefix))
            return self.session.run(self.variables)
        except tf.errors.OpError as error:
            return type(error).__name__.removesuffix('Error')
        except ValueError:
            return 'NotFound'

    def ours(self):
        try:
            values = tenon_run(self.prefix, self.folder, fetch=[f'{n}:0' for n in NAMES])
            return [values[f'{n}:0'].astype(object) if n == 'words' else values[f'{n}:0'] for n in NAMES]
        except ProgramFailed as failure:
            self.assertEqual(failure.code, 1, failure)
            kind = re.match(r'tenon[a-z -]*: (\w+): ', failure.stderr)
            self.assertTrue(kind, failure.stderr)
            return kind[1]

    def compare(self, what):
        theirs, ours = self.theirs(), self.ours()
        if isinstance(theirs, str):
            self.assertIsInstance(ours, str, f'{what}: TensorFlow says {theirs}, we give values')
            self.assertIn(ours, AS_GOOD.get(theirs, {theirs}), what)
            self.assert_refused_by_verify(what)
        elif not isinstance(ours, str):
            for name, a, b in zip(NAMES, theirs, ours):
                self.assertEqual(np.asarray(a).tolist(), np.asarray(b).tolist(), f'{what}: {name}')

    def assert_refused_by_verify(self, what):
        with self.assertRaises(ProgramFailed, msg=f'{what}: tenon verify finds nothing') as caught:
            tenon('verify', self.prefix)
        self.assertEqual(caught.exception.code, 1, what)

    def flip_each(self, path, positions):
        whole = read_bytes(path)
        for position in positions:
            damaged = bytearray(whole)
            damaged[position] ^= 1 << (position % 8)
            path.write_bytes(damaged)
            with self.subTest(file=path.name, byte=position):
                self.compare(f'bit {position % 8} of byte {position} of {path.name} flipped')
        path.write_bytes(whole)

    # proves: S1.20 E34
    def test_a_flipped_bit_anywhere_in_the_data(self):
        self.flip_each(self.data, range(len(read_bytes(self.data))))

    def test_a_flipped_bit_in_the_index(self):
        size = len(read_bytes(self.index))
        self.flip_each(self.index, [*range(0, size, 3), *range(size - 8, size)])

    # proves: E36 E38
    def test_files_that_end_early(self):
        for path in self.data, self.index:
            whole = read_bytes(path)
            for size in sorted({0, 1, len(whole) // 2, len(whole) - 1}):
                path.write_bytes(whole[:size])
                with self.subTest(file=path.name, size=size):
                    self.compare(f'{path.name} cut to {size} of {len(whole)} bytes')
            path.write_bytes(whole)

    # proves: S9.5 E37
    def test_files_that_are_missing(self):
        for path in self.data, self.index:
            whole = read_bytes(path)
            path.unlink()
            with self.subTest(file=path.name):
                self.compare(f'{path.name} is missing')
            path.write_bytes(whole)

    # proves: E25 E27 E29
    def test_variables_that_do_not_fit(self):
        """A checkpoint of other names, another type, another shape under this graph."""
        meta = read_bytes(self.folder / 'model.meta')
        for what, tensors in [('name', {'floats': np.float32([1, 2, 3]), 'other': np.int64([[7]]), 'words': ['a', 'b']}),
                              ('type', {'floats': np.float64([1, 2, 3]), 'ints': np.int64([[7]]), 'words': ['a', 'b']}),
                              ('shape', {'floats': np.float32([1, 2]), 'ints': np.int64([[7]]), 'words': ['a', 'b']})]:
            with tf.Graph().as_default(), tf.Session() as session:
                for name, value in tensors.items():
                    tf.Variable(value, name=name)
                session.run(tf.global_variables_initializer())
                tf.train.Saver().save(session, str(self.prefix), write_meta_graph=False)
            (self.folder / 'model.meta').write_bytes(meta)
            with self.subTest(what):
                theirs, ours = self.theirs(), self.ours()
                self.assertIsInstance(theirs, str)
                self.assertEqual(ours, theirs)
