"""Object-based checkpoints: TensorFlow takes ours whole, and we read, list and write again what it wrote."""
import json

import numpy as np

from harness import DATA_SHARD, Case, ProgramFailed, eager, run, tenon, tenon_list, tenon_run, tf


class Written(Case):
    def test_a_checkpoint_of_ours_is_consumed_whole(self):
        run('object_files', 'write', self.folder / 'ckpt-1')
        self.assertEqual(eager('restore', self.folder / 'ckpt-1'), {
            'w': [10, 11, 12, 13], 'b': [20, 21], 'second': [30, 31, 32, 33, 34, 35], 'odd': -5, 'shared': True,
            'counter': 'counted to 9', 'text': ['', 'b', 'cc'], 'table': [['x', 3], ['y', 4]], 'step': 1234,
            'save_counter': 1, 'iterations': 1, 'm': [50, 51, 52, 53], 'v': [60, 61], 'rate': .125})

    def test_weights_of_ours_are_loaded_by_keras(self):
        run('object_files', 'keras', self.folder / 'weights')
        self.assertEqual(eager('load_weights', self.folder / 'weights'),
                         [[1, 2, 3, 4, 5, 6], [2, 3], [3, 4], [4]])

    def test_a_checkpoint_of_ours_is_read_by_load_checkpoint(self):
        run('object_files', 'write', self.folder / 'ckpt-1')
        reader = tf.train.load_checkpoint(str(self.folder / 'ckpt-1'))
        self.assertEqual(reader.get_tensor('net/odd/a.Sb..c/.ATTRIBUTES/VARIABLE_VALUE'), -5)
        self.assertEqual({name: shape for name, (_, shape) in tenon_list(self.folder / 'ckpt-1').items()},
                         dict(reader.get_variable_to_shape_map()))


class WrittenAgain(Case):
    def check(self, prefix):
        run('object_files', 'copy', prefix, self.folder / 'ours')
        for ending in '.index', DATA_SHARD:
            self.assert_same_file(f'{prefix}{ending}', f'{self.folder}/ours{ending}')

    def test_random_objects_have_the_same_bytes(self):
        for seed in range(3):
            self.check(eager('save_random', self.folder / f'theirs{seed}', seed))

    def test_slot_variables_have_the_same_bytes(self):
        self.check(eager('save_adam', self.folder / 'theirs'))

    def test_of_graph_mode_has_the_same_bytes(self):
        self.check(Graph().save(self.folder / 'theirs'))


class Graph:
    """Variables of a graph, in objects; their names differ from the paths."""

    def __init__(self, *more):
        with tf.variable_scope('dense'):
            self.kernel = tf.get_variable('kernel', [3, 2], initializer=tf.random_normal_initializer())
            self.bias = tf.get_variable('bias', [2], initializer=tf.random_normal_initializer(), use_resource=True)
        self.step = tf.train.get_or_create_global_step()
        self.more = [tf.Variable(1., name=name) for name in more]
        self.session = tf.Session()
        self.session.run(tf.global_variables_initializer())

    def save(self, prefix):
        checkpoint = tf.train.Checkpoint(layers={'dense': [self.kernel, self.bias]}, step=self.step)
        saved = checkpoint.save(str(prefix), session=self.session)
        return saved


class ByName(Case):
    """A Saver, which knows only names, at an object-based checkpoint."""

    def saved(self, *more):
        """The prefix of TensorFlow's checkpoint, with the graph of a name-based Saver beside it; that Saver's model."""
        with tf.Graph().as_default():
            prefix = Graph().save(self.folder / 'm')
        model = Graph(*more)
        saver = tf.train.Saver()
        saver.export_meta_graph(prefix + '.meta')
        return prefix, model, saver

    # proves: S5.10 S5.11
    def test_is_restored_as_by_tensorflow(self):
        prefix, model, saver = self.saved()
        names = ['dense/kernel:0', 'dense/bias/Read/ReadVariableOp:0', 'global_step:0']
        ours = tenon_run(prefix, self.folder, fetch=names)
        saver.restore(model.session, prefix)
        for name, value in zip(names, model.session.run(names)):
            self.assert_same_bits(ours[name], value, name)

    # proves: E48
    def test_missing_names_are_listed_as_by_tensorflow(self):
        prefix, model, saver = self.saved('apart', 'other')
        with self.assertRaises(ProgramFailed) as ours:
            tenon_run(prefix, self.folder, fetch=['dense/kernel:0'])
        with self.assertRaises(tf.errors.NotFoundError) as theirs:
            saver.restore(model.session, prefix)
        lines = [line for line in theirs.exception.message.split('\n') if line][:3]
        self.assertEqual(lines[0], 'Existing variables not in the checkpoint: apart, other')
        for line in lines:
            self.assertIn(line, ours.exception.stderr)


class Listed(Case):
    def test_objects_are_those_of_the_message(self):
        prefix = Graph().save(self.folder / 'm')
        objects = json.loads(tenon('ls', '--objects', '--json', prefix))
        self.assertEqual([o['path'] for o in objects],
                         ['', 'layers', 'step', 'save_counter', 'layers/dense', 'layers/dense/0', 'layers/dense/1'])
        kernel = objects[5]['values'][0]
        self.assertEqual((kernel['name'], kernel['dtype'], kernel['shape']), ('dense/kernel', 'float32', [3, 2]))
        self.assertIn('    dense\n      0 float32[3,2] (dense/kernel)\n', tenon('ls', '--objects', prefix))

    # proves: S1.46
    def test_variables_are_those_of_list_variables(self):
        prefix = Graph().save(self.folder / 'm')
        theirs = tf.train.list_variables(str(self.folder))
        self.assertEqual([(name, shape) for name, (_, shape) in tenon_list(self.folder).items()], theirs)
        self.assertEqual(np.shape(tf.train.load_variable(prefix, theirs[1][0])), tuple(theirs[1][1]))
