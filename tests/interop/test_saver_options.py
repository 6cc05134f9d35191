"""Savers over resource variables, pieces and objects (saver_options.cc): one's graph and checkpoint in the other's hands."""
import json

import numpy as np

from harness import Case, read_bytes, run, tenon_run, tf
from tensorflow.python.training.saver import BaseSaverBuilder

W = np.float32(np.arange(10)).reshape([5, 2])


def resources():
    tf.Variable(np.float32([1, 2]), name='a', use_resource=True)
    tf.Variable(np.float32(3), name='b', use_resource=True, trainable=False)
    tf.Variable(np.float32([4]), name='v')
    return tf.train.Saver()


def pieces(use_resource=False, **arguments):
    value = tf.constant(W, name='value')
    tf.get_variable('w', initializer=value, partitioner=tf.fixed_size_partitioner(3), use_resource=use_resource)
    tf.Variable(np.float32([4]), name='v')
    return tf.train.Saver(**arguments)


class Pair(BaseSaverBuilder.SaveableObject):
    def __init__(self):
        self.parts = [tf.Variable(np.float32(value), name=f'pair/{name}', trainable=False, collections=['local_variables'])
                      for name, value in [('keys', [1, 2]), ('values', [3, 4])]]
        specs = [BaseSaverBuilder.SaveSpec(tf.identity(part), '', f'pair-{name}')
                 for part, name in zip(self.parts, ('keys', 'values'))]
        super().__init__(self.parts[0], specs, 'pair')

    def restore(self, tensors, shapes):
        return tf.group(*[tf.assign(part, tensor) for part, tensor in zip(self.parts, tensors)])


def an_object():
    pair = Pair()
    tf.Variable(np.float32([4]), name='v')
    tf.add_to_collection(tf.GraphKeys.SAVEABLE_OBJECTS, pair)
    return tf.train.Saver()


FORMS = {
    'resources': resources,
    'pieces': pieces,
    'resource_pieces': lambda: pieces(True),
    'sharded_pieces': lambda: pieces(sharded=True),
    'reshape': lambda: pieces(reshape=True),
    'object': an_object,
}


def initialised():
    session = tf.Session()
    session.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
    return session


def variables(session):
    return {v.op.name: session.run(v).ravel().tolist() for v in tf.global_variables() + tf.local_variables()}


class SaverOptions(Case):
    def check(self, form):
        ours, theirs = self.folder / 'ours', self.folder / 'theirs'
        ours.mkdir()
        theirs.mkdir()
        run('saver_options', 'save', form, ours / 'm')
        saver = FORMS[form]()
        with initialised() as session:
            expected = variables(session)
            saver.save(session, str(theirs / 'm'))
        self.same_files(ours, theirs)
        self.assertEqual(json.loads(run('saver_options', 'restore', form, theirs / 'm')), expected)
        with tf.Session() as session:
            saver.restore(session, str(ours / 'm'))
            self.assertEqual(variables(session), expected)
        self.they_import(ours / 'm', expected)
        self.we_import(theirs / 'm', expected)

    def same_files(self, ours, theirs):
        names = [sorted(p.name for p in folder.iterdir()) for folder in (ours, theirs)]
        self.assertEqual(*names)
        for name in names[0]:
            if name != 'checkpoint' and not name.endswith('.meta'):
                self.assert_same_file(ours / name, theirs / name)

    def they_import(self, prefix, expected):
        tf.reset_default_graph()
        saver = tf.train.import_meta_graph(f'{prefix}.meta')
        with tf.Session() as session:
            saver.restore(session, str(prefix))
            found = variables(session)
            self.assertEqual(found, expected)
            saver.save(session, str(self.folder / 'again'))
        self.assertEqual(read_bytes(self.folder / 'again.index'), read_bytes(f'{prefix}.index'))

    def we_import(self, prefix, expected):
        graph = tf.MetaGraphDef.FromString(read_bytes(f'{prefix}.meta')).graph_def
        reads = {}
        for node in graph.node:
            if node.op in ('VariableV2', 'VarHandleOp'):
                reads[node.name] = node.name + ('/Read/ReadVariableOp:0' if node.op == 'VarHandleOp' else ':0')
        values = tenon_run(prefix, self.folder, fetch=list(reads.values()))
        self.assertEqual({name: values[read].ravel().tolist() for name, read in reads.items()}, expected)

    # proves: S3.11 S3.12
    def test_of_resource_variables(self):
        self.check('resources')

    # proves: S3.4 S3.11
    def test_of_pieces(self):
        self.check('pieces')

    # proves: S3.4 S3.11 S3.12
    def test_of_resource_pieces(self):
        self.check('resource_pieces')

    # proves: S3.4 S3.16
    def test_of_sharded_pieces(self):
        self.check('sharded_pieces')

    # proves: S3.13
    def test_that_reshape(self):
        self.check('reshape')

    # proves: S3.4 S3.7
    def test_of_objects(self):
        self.check('object')

    def stored(self):
        """A checkpoint for init_from_checkpoint."""
        values = {'stored/w': W + 20, 'stored/v': np.float32([7]), 'stored/r': np.float32([8, 9])}
        with tf.Graph().as_default(), tf.Session() as session:
            saver = tf.train.Saver({name: tf.Variable(value) for name, value in values.items()})
            session.run(tf.global_variables_initializer())
            saver.save(session, str(self.folder / 'stored'))
        return self.folder / 'stored'

    # proves: S5.15
    def test_initializers_that_read_a_checkpoint_run_in_tensorflow(self):
        run('saver_options', 'init_from', self.folder / 'graph.meta', self.stored())
        tf.train.import_meta_graph(str(self.folder / 'graph.meta'))
        report = tf.get_default_graph().get_tensor_by_name('report_uninitialized_variables/boolean_mask/GatherV2:0')
        with tf.Session() as session:
            self.assertEqual(sorted(session.run(report)), [b'r', b'v', b'w/part_0', b'w/part_1', b'w/part_2'])
            session.run(tf.global_variables_initializer())
            self.assertEqual(session.run(report).tolist(), [])
            self.assertEqual(session.run('w/part_2:0').tolist(), (W + 20)[4:].tolist())
            self.assertEqual(session.run('r/Read/ReadVariableOp:0').tolist(), [8, 9])

    # proves: S5.15
    def test_tensorflows_initializers_that_read_a_checkpoint_run_here(self):
        stored = self.stored()
        pieces()
        tf.get_variable('r', [2], use_resource=True)
        tf.train.init_from_checkpoint(str(stored), {'stored/w': 'w', 'stored/r': 'r'})
        tf.global_variables_initializer()
        report = tf.report_uninitialized_variables()
        tf.train.export_meta_graph(str(self.folder / 'graph.meta'))
        names = ['w/part_2:0', 'r/Read/ReadVariableOp:0', report.name]
        values = tenon_run(self.folder / 'graph.meta', self.folder, init=['init'], fetch=names)
        self.assertEqual(values['w/part_2:0'].tolist(), (W + 20)[4:].tolist())
        self.assertEqual(values['r/Read/ReadVariableOp:0'].tolist(), [8, 9])
        self.assertEqual(values[report.name].size, 0)
