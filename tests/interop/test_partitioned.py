"""Variables in pieces: TensorFlow's and ours are cut anew, put together and read by each other."""
import numpy as np

from bundles import IN_V1, NUMERIC, random_bits, version_1
from harness import DATA_SHARD, Case, run, tf

TYPES = NUMERIC + [tf.bool, tf.string]
# What TensorFlow can put together from pieces that are cut otherwise.
ASSEMBLED = [tf.float32, tf.float64, tf.int8, tf.int16, tf.int32, tf.int64, tf.uint8, tf.bool, tf.complex64, tf.complex128,
             tf.bfloat16]
SHAPE = [7, 4]
CUTS = {'whole': (0, 0), 'rows': (3, 0), 'columns': (2, 1), 'one': (1, 0)}


def values_of(types):
    return {f'net/of_{t.name}': (t, random_bits(t, SHAPE, i)) for i, t in enumerate(types)}


def variables(values, cut):
    """In the default graph; returns what is fed to their initialisers."""
    pieces, axis = CUTS[cut]
    feeds = {}
    for name, (dtype, value) in values.items():
        fed = tf.placeholder(dtype, value.shape)
        feeds[fed] = value
        tf.get_variable(name, initializer=fed, partitioner=tf.fixed_size_partitioner(pieces, axis) if pieces else None)
    return feeds


def save(prefix, values, cut, **arguments):
    with tf.Graph().as_default(), tf.Session() as session:
        feeds = variables(values, cut)
        session.run(tf.global_variables_initializer(), feeds)
        tf.train.Saver(**arguments).save(session, str(prefix))


def load(prefix, values, cut):
    """The tensors as TensorFlow restores them, whole."""
    with tf.Graph().as_default(), tf.Session() as session:
        variables(values, cut)
        tf.train.Saver().restore(session, str(prefix))
        whole = {}
        for name in values:
            pieces = [session.run(v) for v in tf.global_variables() if v.op.name in (name, name + '/part_0') or
                      v.op.name.startswith(name + '/part_')]
            whole[name] = np.concatenate(pieces, axis=CUTS[cut][1]) if len(pieces) > 1 else pieces[0]
        return whole


class Partitioned(Case):
    def check(self, values, cuts, **arguments):
        for before in cuts:
            theirs = self.folder / f'theirs-{before}'
            save(theirs, values, before, **arguments)
            for after in cuts:
                ours, expected = self.folder / f'ours-{before}-{after}', self.folder / f'theirs-{after}'
                run('partitioned', theirs, *CUTS[after], ours, *(['v1'] if arguments else []))
                save(expected, values, after, **arguments)
                with self.subTest(before=before, after=after):
                    for ending in [''] if arguments else ['.index', DATA_SHARD]:
                        self.assert_same_file(f'{ours}{ending}', f'{expected}{ending}')
                    for name, value in load(ours, values, after).items():
                        self.assert_same_bits(value, values[name][1], name)

    # proves: S1.21 S1.22 S1.23 S1.24 S1.34 S3.4 S5.16 S9.24
    def test_pieces_of_all_types_are_cut_anew_as_tensorflow_cuts_them(self):
        self.check(values_of(TYPES), CUTS)

    # proves: S1.26 S5.16
    def test_tensorflow_cuts_and_joins_our_pieces(self):
        values = values_of(ASSEMBLED)
        save(self.folder / 'whole', values, 'whole')
        for before in CUTS:
            run('partitioned', self.folder / 'whole', *CUTS[before], self.folder / before)
            for after in CUTS:
                with self.subTest(before=before, after=after):
                    for name, value in load(self.folder / before, values, after).items():
                        self.assert_same_bits(value, values[name][1], name)

    # proves: S1.37 S1.38 S5.16
    def test_pieces_in_version_1_are_cut_anew(self):
        with version_1():
            self.check(values_of([t for t in TYPES if t in IN_V1]), ['whole', 'rows', 'columns'],
                       write_version=tf.train.SaverDef.V1)

    # proves: E32
    def test_another_full_shape_is_refused_as_by_tensorflow(self):
        values = {'w': (tf.float32, np.zeros([6, 4], np.float32))}
        save(self.folder / 'm', {'w': (tf.float32, np.zeros([7, 4], np.float32))}, 'rows')
        core = 'shape in shape_and_slice spec [6,4] does not match the shape stored in checkpoint: [7,4]'
        with self.assertRaises(tf.errors.InvalidArgumentError) as raised:
            load(self.folder / 'm', values, 'rows')
        self.assertIn(core, str(raised.exception))
