"""SavedModels: TensorFlow loads ours, whose fields and bytes are its own, and we load what it wrote."""
import json
import os

import numpy as np

from harness import Case, ProgramFailed, eager, read_bytes, run, tenon, tenon_list, tenon_run, tf

from tensorflow.core.protobuf import saved_model_pb2

IMAGES, SCORES = np.float32([[1, 2]]), np.float32([[6.5, 29]])


class Model:
    """The graph of saved_model_files.cc."""

    def __init__(self, **variable_arguments):
        self.x = tf.placeholder(tf.float32, [None, 2], name='x')
        self.w = tf.Variable([[.5, 1.], [-2., 4.]], name='w', **variable_arguments)
        self.b = tf.Variable([10., 20.], name='b', **variable_arguments)
        self.y = tf.add(tf.matmul(self.x, self.w), self.b, name='y')


def simple(folder, **variable_arguments):
    with tf.Graph().as_default(), tf.Session() as session:
        model = Model(**variable_arguments)
        session.run(tf.global_variables_initializer())
        tf.saved_model.simple_save(session, str(folder), {'input': model.x}, {'output': model.y, 'second': model.x})


def build(folder, path):
    builder = tf.saved_model.Builder(str(folder))
    with tf.Graph().as_default(), tf.Session() as session:
        model = Model()
        asset = tf.constant(str(path), name='asset')
        loaded = tf.assign(tf.Variable('', name='where'), asset, name='loaded').op
        session.run(tf.global_variables_initializer())
        signatures = {'one': tf.saved_model.predict_signature_def({'x': model.x}, {'y': model.y})}
        builder.add_meta_graph_and_variables(session, ['train', 'gpu'], signatures, assets_collection=[asset],
                                             main_op=loaded)
    with tf.Graph().as_default():
        model = Model()
        builder.add_meta_graph(['serve'], {'one': tf.saved_model.predict_signature_def({'x': model.x}, {'y': model.y})},
                               strip_default_attrs=True)
    builder.save()


def read(folder):
    """Without what says which program wrote it."""
    saved = saved_model_pb2.SavedModel.FromString(read_bytes(folder / 'saved_model.pb'))
    for graph in saved.meta_graphs:
        graph.meta_info_def.tensorflow_version = graph.meta_info_def.tensorflow_git_version = ''
    return saved


class Saved(Case):
    def assert_same_saved_model(self, ours, theirs):
        files = [sorted(str(p.relative_to(folder)) for p in folder.rglob('*')) for folder in (ours, theirs)]
        self.assertEqual(*files)
        for name in files[0]:
            if (ours / name).is_file() and name != 'saved_model.pb':
                self.assert_same_file(ours / name, theirs / name)
        a, b = read(ours), read(theirs)
        for x, y in zip(a.meta_graphs, b.meta_graphs):
            self.assertEqual([n.name for n in x.graph_def.node], [n.name for n in y.graph_def.node])
            for p, q in zip(x.graph_def.node, y.graph_def.node):
                self.assertEqual(p, q)
            self.assertEqual(dict(x.signature_def), dict(y.signature_def))
            self.assertEqual(dict(x.collection_def), dict(y.collection_def))
        self.assertEqual(a, b)
        self.assertEqual(a.SerializeToString(deterministic=True), b.SerializeToString(deterministic=True))

    # proves: S6.22
    def test_simple_save_is_that_of_tensorflow(self):
        run('saved_model_files', 'simple', self.folder / 'ours')
        simple(self.folder / 'theirs')
        self.assert_same_saved_model(self.folder / 'ours', self.folder / 'theirs')

    # proves: S6.24
    def test_one_without_variables_is_that_of_tensorflow(self):
        run('saved_model_files', 'plain', self.folder / 'ours')
        with tf.Graph().as_default(), tf.Session() as session:
            x = tf.placeholder(tf.int32, [], name='x')
            tf.saved_model.simple_save(session, str(self.folder / 'theirs'), {'x': x}, {'y': tf.add(x, 1, name='y')})
        self.assert_same_saved_model(self.folder / 'ours', self.folder / 'theirs')

    # proves: S6.22
    def test_a_builder_makes_what_tensorflows_makes(self):
        words = self.folder / 'words.txt'
        words.write_text('one\ntwo\n')
        run('saved_model_files', 'builder', self.folder / 'ours', words)
        build(self.folder / 'theirs', words)
        self.assert_same_saved_model(self.folder / 'ours', self.folder / 'theirs')

    def load(self, folder, tags, signature, scope=None):
        with tf.Graph().as_default() as graph, tf.Session() as session:
            meta = tf.saved_model.loader.load(session, tags, str(folder), import_scope=scope)
            prefix = f'{scope}/' if scope else ''
            inputs, outputs = meta.signature_def[signature].inputs, meta.signature_def[signature].outputs
            key = min(outputs)
            value = session.run(prefix + outputs[key].name, {prefix + inputs[min(inputs)].name: IMAGES})
            where = [session.run(v) for v in tf.global_variables() if v.op.name.endswith('where')]
            return value, where

    # proves: S6.22 S6.23 S6.24
    def test_tensorflow_loads_ours(self):
        words = self.folder / 'words.txt'
        words.write_text('one\n')
        run('saved_model_files', 'simple', self.folder / 'simple')
        run('saved_model_files', 'builder', self.folder / 'two', words)
        for scope in None, 'deep/scope':
            value, _ = self.load(self.folder / 'simple', ['serve'], 'serving_default', scope)
            self.assert_same_bits(value, SCORES)
        value, where = self.load(self.folder / 'two', ['gpu', 'train'], 'one')
        self.assert_same_bits(value, SCORES)
        self.assertEqual(where, [str(self.folder / 'two' / 'assets' / 'words.txt').encode()])
        self.assert_same_bits(self.load(self.folder / 'two', ['serve'], 'one')[0], SCORES)

    def test_tensorflow_2_loads_ours(self):
        run('saved_model_files', 'simple', self.folder / 'ours')
        self.assertEqual(eager('call_signature', self.folder / 'ours'), {'output': [6.5, 29.], 'second': [1., 2.]})


class Loaded(Case):
    def assert_runs(self, folder, *tags_and_signature, expected):
        self.assertEqual(json.loads(run('saved_model_files', 'run', folder, *tags_and_signature)), expected)

    # proves: S6.22 S6.23
    def test_what_simple_save_wrote(self):
        for resource in False, True:
            folder = self.folder / str(resource)
            simple(folder, use_resource=resource)
            self.assert_runs(folder, 'serve', 'serving_default', expected={'output': [6.5, 29], 'second': [1, 2]})
            out = tenon_run(folder, self.folder, feeds={'x:0': IMAGES}, fetch=['y:0'])
            self.assert_same_bits(out['y:0'], SCORES)

    # proves: S6.23 S6.24
    def test_what_a_builder_wrote(self):
        words = self.folder / 'words.txt'
        words.write_text('one\n')
        build(self.folder / 'm', words)
        self.assert_runs(self.folder / 'm', 'gpu', 'train', 'one', expected={'y': [6.5, 29]})
        self.assert_runs(self.folder / 'm', 'serve', 'one', expected={'y': [6.5, 29]})

    # proves: S6.23 E72
    def test_other_tags_are_refused_in_tensorflows_words(self):
        words = self.folder / 'words.txt'
        words.write_text('one\n')
        build(self.folder / 'm', words)
        for tags in ['train'], ['serve', 'gpu', 'train'], ['other']:
            with self.assertRaises(ProgramFailed) as ours:
                run('saved_model_files', 'run', self.folder / 'm', *tags, 'one')
            with self.assertRaises(RuntimeError) as theirs, tf.Session() as session:
                tf.saved_model.loader.load(session, tags, str(self.folder / 'm'))
            self.assertIn('with available tags', str(theirs.exception))
            self.assertIn("could not be found in SavedModel, with available tags '[{'gpu', 'train'}, {'serve'}]'",
                          ours.exception.stderr)

    # proves: E72
    def test_none_is_said_in_tensorflows_words(self):
        with self.assertRaises(ProgramFailed) as ours:
            run('saved_model_files', 'run', self.folder, 'serve', 'one')
        with self.assertRaises(OSError) as theirs, tf.Session() as session:
            tf.saved_model.loader.load(session, ['serve'], str(self.folder))
        self.assertIn(str(theirs.exception), ours.exception.stderr)

    # proves: S6.25 E72
    def test_a_folder_that_is_not_empty_is_refused_in_tensorflows_words(self):
        (self.folder / 'x').write_text('')
        with self.assertRaises(ProgramFailed) as ours:
            run('saved_model_files', 'simple', self.folder)
        with self.assertRaises(AssertionError) as theirs:
            simple(self.folder)
        self.assertIn(str(theirs.exception).split('. Please')[0], ours.exception.stderr)
        self.assertEqual(os.listdir(self.folder), ['x'])


class OfTensorFlow2(Case):
    def test_of_keras_3_its_variables_are_restored(self):
        values = eager('export_keras_3', self.folder / 'm')
        graph = saved_model_pb2.SavedModel.FromString(read_bytes(self.folder / 'm' / 'saved_model.pb')).meta_graphs[0]
        # Keras leaves variables in the graph that nothing restores, so that not even TensorFlow can read them.
        known = {node.name: node for node in graph.graph_def.node}
        names = [name + '/Read/ReadVariableOp:0' for name in known[graph.saver_def.restore_op_name].input[1:]]
        names = [name for name in names if name.split(':')[0] in known]
        restored = [v.ravel().tolist() for v in tenon_run(self.folder / 'm', self.folder, fetch=names).values()]
        for key, value in values.items():
            self.assertIn(value, restored, key)

    def test_signatures_are_listed_and_variables_read(self):
        values = eager('save_model', self.folder / 'm')
        listed = json.loads(tenon('ls', '--json', self.folder / 'm'))['graphs'][0]
        serving = listed['signatures']['serving_default']
        self.assertEqual(serving['inputs'],
                         {'x': {'name': 'serving_default_x:0', 'dtype': 'float32', 'shape': [-1, 3]}})
        self.assertEqual(listed['tags'], ['serve'])
        objects = json.loads(tenon('ls', '--objects', '--json', self.folder / 'm'))
        self.assertIn('layer_with_weights-0/kernel', [o['path'] for o in objects])
        variables = tenon_list(self.folder / 'm' / 'variables' / 'variables')
        self.assertEqual(variables['layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE'], ('float32', [3, 2]))
        names = ['hidden/kernel/Read/ReadVariableOp:0', 'out/bias/Read/ReadVariableOp:0']
        for name, value in tenon_run(self.folder / 'm', self.folder, fetch=names).items():
            self.assertEqual(value.ravel().tolist(), values[name.split('/Read')[0]], name)
