"""Tensors of every type, and forms of checkpoints that TensorFlow reads but seldom writes."""
import contextlib
import io
import sys

import numpy as np
from tensorflow.python.tools.inspect_checkpoint import print_tensors_in_checkpoint_file

import bundles
from harness import DATA_SHARD, ROOT, Case, ProgramFailed, eager, tenon, tenon_list, tf

sys.path.insert(0, str(ROOT / 'tools' / 'oracle'))
import table_files  # noqa: E402

OBJECTS = tf.resource, tf.variant
TYPES = [tf.as_dtype(number) for number in range(1, 33) if tf.as_dtype(number) not in OBJECTS]
BITS = {'int4': 4, 'uint4': 4, 'int2': 2, 'uint2': 2}


def array_of(dtype, shape, seed=0):
    """Any values of the type, as numpy has it."""
    random = np.random.RandomState(seed)
    if dtype == tf.string:
        return bundles.random_bits(dtype, shape, seed)
    count = int(np.prod(shape))
    if dtype.name in BITS:
        low = -2**(BITS[dtype.name] - 1) if dtype.name.startswith('i') else 0
        values = random.randint(low, low + 2**BITS[dtype.name], count)
        return values.astype(np.int8).astype(dtype.as_numpy_dtype).reshape(shape)
    if dtype == tf.bool:
        return random.rand(*shape) < .5
    kind = np.dtype(dtype.as_numpy_dtype)
    return np.frombuffer(random.bytes(count * kind.itemsize), kind).reshape(shape)


def save(prefix, arrays, slices=None, op=None):
    """By TensorFlow's own op, from constants. arrays: name -> array, or a list of arrays for the slices of a name."""
    with tf.Graph().as_default(), tf.Session() as session:
        names, specs, tensors = [], [], []
        for name, (dtype, value) in sorted(arrays.items()):
            pieces = value if isinstance(value, list) else [value]
            for piece, spec in zip(pieces, (slices or {}).get(name, [''])):
                names.append(name)
                specs.append(spec)
                tensors.append(tf.constant(piece, dtype))
        if op is None:
            session.run(tf.raw_ops.SaveV2(prefix=str(prefix), tensor_names=names, shape_and_slices=specs,
                                          tensors=tensors))
        else:
            session.run(op(filename=str(prefix), tensor_names=names, shapes_and_slices=specs, data=tensors))


def can_be_constant(dtype, array):
    """Few values stand one by one in a constant; some types have no field for them."""
    try:
        tf.make_tensor_proto(array, dtype)
        return True
    except TypeError:
        return False


class EveryType(Case):
    def arrays(self, shape):
        arrays = {f'of_{t.name}': (t, array_of(t, shape, t.as_datatype_enum)) for t in TYPES}
        return {name: (t, array) for name, (t, array) in arrays.items() if can_be_constant(t, array)}

    def check(self, prefix):
        tenon('verify', prefix)
        tenon('convert', prefix, self.folder / 'ours', '--to', 'v2')
        for ending in '.index', DATA_SHARD:
            self.assert_same_file(f'{prefix}{ending}', f'{self.folder}/ours{ending}')

    # proves: S1.13 S1.16
    def test_of_every_shape_is_copied_byte_for_byte(self):
        for shape in [], [3], [2, 5], [2, 0, 3]:
            with self.subTest(shape=shape):
                arrays = self.arrays(shape)
                save(self.folder / 'theirs', arrays)
                self.assertEqual(tenon_list(self.folder / 'theirs'),
                                 {n: (t.name, shape) for n, (t, _) in arrays.items()})
                self.check(self.folder / 'theirs')

    # proves: S1.34
    def test_in_slices_is_copied_byte_for_byte(self):
        arrays = {name: (t, [a[:2], a[2:]]) for name, (t, a) in self.arrays([5, 3]).items()}
        save(self.folder / 'theirs', arrays, {name: ['5 3 0,2:-', '5 3 2,3:-'] for name in arrays})
        self.assertEqual(tenon_list(self.folder / 'theirs'), {n: (t.name, [5, 3]) for n, (t, _) in arrays.items()})
        self.check(self.folder / 'theirs')

    # proves: S1.34
    def test_in_slices_is_read_whole(self):
        whole = {name: (t, a) for name, (t, a) in self.arrays([5, 3]).items() if t != tf.string}
        whole['words'] = tf.string, np.asarray([[f'{i}'.encode() * i for i in range(3)]] * 5, object)
        save(self.folder / 'pieces', {name: (t, [a[:2], a[2:]]) for name, (t, a) in whole.items()},
             {name: ['5 3 0,2:-', '5 3 2,3:-'] for name in whole})
        save(self.folder / 'whole', whole)
        pieces, expected = (tenon('inspect', self.folder / name, '--all_tensors') for name in ('pieces', 'whole'))
        self.assertEqual(pieces, expected)

    # proves: S1.39 S1.40
    def test_version_1_holds_the_types_that_it_holds_in_tensorflow(self):
        for dtype in TYPES:
            with self.subTest(type=dtype.name):
                for name in 'theirs1', 'ours1':
                    if (self.folder / name).exists():
                        (self.folder / name).unlink()
                arrays = {'t': (dtype, array_of(dtype, [2, 3]))}
                save(self.folder / 'theirs2', arrays)
                try:
                    save(self.folder / 'theirs1', arrays, op=tf.raw_ops.SaveSlices)
                except (tf.errors.OpError, TypeError):
                    with self.assertRaises(ProgramFailed):
                        tenon('convert', self.folder / 'theirs2', self.folder / 'ours1', '--to', 'v1')
                    continue
                tenon('convert', self.folder / 'theirs2', self.folder / 'ours1', '--to', 'v1')
                self.assert_same_file(self.folder / 'theirs1', self.folder / 'ours1')
                tenon('convert', self.folder / 'theirs1', self.folder / 'ours2', '--to', 'v2')
                self.assert_same_file(f'{self.folder}/theirs2.index', f'{self.folder}/ours2.index')


class Variants(Case):
    def save(self):
        tensor_list = tf.raw_ops.TensorListFromTensor(tensor=[[1., 2.], [3., 4.]], element_shape=tf.constant([2]))
        optional = tf.raw_ops.OptionalFromValue(components=[tf.constant(['a', ''])])
        sparse = tf.raw_ops.SerializeSparse(sparse_indices=[[0, 1]], sparse_values=[1.], sparse_shape=[2, 2],
                                            out_type=tf.variant)
        tensors = {'list': tensor_list, 'lists': tf.stack([tensor_list, tensor_list]), 'optional': optional,
                   'sparse': sparse, 'none': tf.stack([tensor_list, tensor_list])[:0]}
        with tf.Session() as session:
            session.run(tf.raw_ops.SaveV2(prefix=str(self.folder / 'theirs'), tensor_names=list(tensors),
                                          shape_and_slices=[''] * len(tensors), tensors=list(tensors.values())))
        return self.folder / 'theirs'

    # proves: S1.19
    def test_are_copied_byte_for_byte(self):
        prefix = self.save()
        tenon('verify', prefix)
        self.assertEqual(tenon_list(prefix)['lists'], ('variant', [2]))
        tenon('convert', prefix, self.folder / 'ours', '--to', 'v2')
        # Ours is in the order of the names.
        names = sorted(tenon_list(prefix))
        with tf.Session() as session:
            values = tf.raw_ops.RestoreV2(prefix=str(prefix), tensor_names=names, shape_and_slices=[''] * len(names),
                                          dtypes=[tf.variant] * len(names))
            session.run(tf.raw_ops.SaveV2(prefix=str(self.folder / 'sorted'), tensor_names=names,
                                          shape_and_slices=[''] * len(names), tensors=values))
        for ending in '.index', DATA_SHARD:
            self.assert_same_file(f'{self.folder}/sorted{ending}', f'{self.folder}/ours{ending}')

    # proves: S1.19
    def test_copied_are_read_by_tensorflow(self):
        tenon('convert', self.save(), self.folder / 'ours', '--to', 'v2')
        with tf.Session() as session:
            lists = tf.raw_ops.RestoreV2(prefix=str(self.folder / 'ours'), tensor_names=['lists'],
                                         shape_and_slices=[''], dtypes=[tf.variant])[0]
            stacked = tf.raw_ops.TensorListStack(input_handle=lists[1], element_shape=[2], element_dtype=tf.float32)
            self.assertEqual(session.run(stacked).tolist(), [[1, 2], [3, 4]])

    def test_of_iterators_are_restored_from_a_copy(self):
        """tf.train.Checkpoint(iterator=...) is where people meet them."""
        prefix = eager('save_iterator', self.folder / 'theirs')
        self.assertIn('variant', [dtype for dtype, _ in tenon_list(prefix).values()])
        tenon('convert', prefix, self.folder / 'ours', '--to', 'v2')
        self.assertEqual(eager('next_of_iterator', self.folder / 'ours'), eager('next_of_iterator', prefix))


class WrittenByHand(Case):
    """Forms that TensorFlow reads but does not write here."""

    TYPES = [t for t in TYPES if t != tf.string and t.name not in BITS and 'float8' not in t.name]  # it swaps no others

    def tensors(self):
        tensors = {f'of_{t.name}': (t, array_of(t, [2, 3], 1)) for t in self.TYPES}
        tensors['words'] = tf.string, np.asarray([b'one', b'', b'\0\xff' * 100], object)
        tensors['no_words'] = tf.string, np.zeros([0], object)
        return tensors

    def write(self, name, **arguments):
        tensors = {n: (t.as_datatype_enum, a) for n, (t, a) in self.tensors().items()}
        table_files.write_bundle(self.folder / name, tensors, **arguments)
        return self.folder / name

    def load(self, prefix):
        """By TensorFlow, as bits."""
        tensors, values = self.tensors(), {}
        with tf.Graph().as_default(), tf.Session() as session:
            types = [t for t, _ in tensors.values()]
            restored = tf.raw_ops.RestoreV2(prefix=str(prefix), tensor_names=list(tensors), dtypes=types,
                                            shape_and_slices=[''] * len(tensors))
            for name, value in zip(tensors, session.run(restored)):
                values[name] = value.ravel().tolist() if value.dtype == object else value.tobytes()
        return values

    def check(self, prefix):
        """We read what TensorFlow reads."""
        theirs = self.load(prefix)
        self.assertEqual(theirs, {n: a.ravel().tolist() if a.dtype == object else a.tobytes()
                                  for n, (_, a) in self.tensors().items()})
        tenon('verify', prefix)
        tenon('convert', prefix, self.folder / 'ours', '--to', 'v2')
        self.assertEqual(self.load(self.folder / 'ours'), theirs)

    # proves: S1.29
    def test_big_endian_checkpoints(self):
        self.check(self.write('big', order='>'))

    # proves: S1.5
    def test_an_index_compressed_with_snappy(self):
        self.check(self.write('packed', compress=True))

    # proves: S1.17 S1.35
    def test_lengths_of_strings_are_hashed_as_32_bits_whoever_wrote_them(self):
        prefix = self.write('plain')
        self.check(prefix)
        self.assert_same_file(f'{prefix}{DATA_SHARD}', f'{self.folder}/ours{DATA_SHARD}')


class Inspected(Case):
    # proves: S1.45
    def test_names_types_and_counts_are_those_of_the_tool(self):
        save(self.folder / 'm', {'a/w': (tf.float32, np.ones([2, 3], np.float32)), 'b': (tf.int64, np.int64(4)),
                                 'words': (tf.string, np.asarray([b'x', b'yy'], object))})
        def theirs(**arguments):
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                print_tensors_in_checkpoint_file(str(self.folder / 'm'), arguments.pop('tensor_name', ''), False,
                                                 arguments.pop('all_tensor_names', False), **arguments)
            return out.getvalue()

        self.assertEqual(tenon('inspect', self.folder / 'm'), theirs())
        self.assertEqual(tenon('inspect', self.folder / 'm', '--all_tensor_names'), theirs(all_tensor_names=True))
        self.assertEqual(tenon('inspect', self.folder / 'm', '--all_tensor_names', '--count_exclude_pattern', 'w'),
                         theirs(all_tensor_names=True, count_exclude_pattern='w'))
        self.assertEqual(tenon('inspect', self.folder / 'm', '--tensor_name', 'b'), theirs(tensor_name='b'))
