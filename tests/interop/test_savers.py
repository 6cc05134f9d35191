"""Savers of every form: ours (saver_forms.cc) and TensorFlow's write the same files and read each other's."""
import json
import pathlib

import numpy as np

from bundles import version_1
from harness import Case, read_bytes, run, tf

VALUES = {'a': [1., -2., 3.5, 0.], 'b': [1 << 40], 'net/words': ['', 'two', 'three']}


class Model:
    """The graph of saver_forms.cc."""

    def __init__(self):
        tf.reset_default_graph()
        self.a = tf.Variable(np.float32([[1, -2], [3.5, 0]]), name='a')
        self.b = tf.Variable(np.int64(1 << 40), name='b')
        self.words = tf.Variable(['', 'two', 'three'], name='net/words')

    def saver(self, form):
        return tf.train.Saver(**{
            'all': {},
            'list': {'var_list': [self.words, self.a]},
            'dict': {'var_list': {'old/a': self.a, 'b': self.b}},
            'swapped': {'var_list': {'net/words': self.a, 'a': self.words}},
            'sharded': {'sharded': True},
            'v1': {'write_version': tf.train.SaverDef.V1},
        }[form])


SAVED = {'list': ['a', 'net/words'], 'dict': ['a', 'b'], 'swapped': ['a', 'net/words']}


class Savers(Case):
    def check(self, form):
        ours, theirs = self.folder / 'ours', self.folder / 'theirs'
        ours.mkdir()
        theirs.mkdir()
        self.assertEqual(run('saver_forms', 'save', form, ours / 'm').strip(), str(ours / 'm'))
        session = self.save_theirs(form, theirs / 'm')
        self.same_folders(ours, theirs)
        self.they_read_ours(form, ours / 'm')
        self.we_read_theirs(form, theirs / 'm', session)

    def save_theirs(self, form, prefix):
        model = Model()
        saver = model.saver(form)
        session = tf.Session()
        session.run(tf.global_variables_initializer())
        saver.save(session, str(prefix))
        return session

    def same_folders(self, ours, theirs):
        names = [sorted(p.name for p in folder.iterdir()) for folder in (ours, theirs)]
        self.assertEqual(*names)
        for name in names[0]:
            if name == 'checkpoint':
                self.assertEqual(read_bytes(ours / name).replace(str(ours).encode(), b''),
                                 read_bytes(theirs / name).replace(str(theirs).encode(), b''))
            elif not name.endswith('.meta'):
                self.assert_same_file(ours / name, theirs / name)
            else:
                self.same_but_for_info(ours / name, theirs / name)

    def same_but_for_info(self, *paths):
        """Who wrote a graph is not part of it."""
        graphs = [tf.MetaGraphDef.FromString(read_bytes(path)) for path in paths]
        for graph, path in zip(graphs, paths):
            graph.meta_info_def.ClearField('tensorflow_version')
            graph.meta_info_def.ClearField('tensorflow_git_version')
            path.write_bytes(graph.SerializeToString())
        self.assert_same_graph(*paths)

    def they_read_ours(self, form, prefix):
        model = Model()
        saver = model.saver(form)
        session = tf.Session()
        saver.restore(session, str(prefix))
        for variable in model.a, model.b, model.words:
            name = variable.op.name
            if name in SAVED.get(form, VALUES):
                values = [v.decode() if isinstance(v, bytes) else v for v in session.run(variable).ravel().tolist()] \
                    if variable.shape.rank else [session.run(variable)]
                self.assertEqual(values, VALUES[name])

    def we_read_theirs(self, form, prefix, session):
        restored = json.loads(run('saver_forms', 'restore', form, prefix))
        saved = SAVED.get(form, list(VALUES))
        self.assertEqual(restored['values'], {n: VALUES[n] for n in saved})
        self.assertEqual(sorted(restored['uninitialized']), sorted(set(VALUES) - set(saved)))

    # proves: S3.8 S3.10 S3.15 S4.1
    def test_of_all_variables(self):
        self.check('all')

    # proves: S3.2 S5.1 S5.3
    def test_of_a_list(self):
        self.check('list')

    # proves: S3.3 S5.3
    def test_of_a_dictionary_that_renames(self):
        self.check('dict')

    # proves: S3.3 S5.3
    def test_of_a_dictionary_that_swaps_names(self):
        self.check('swapped')

    # proves: S1.31 S3.16
    def test_that_shards(self):
        self.check('sharded')

    # proves: S1.36 S3.18
    def test_of_version_1(self):
        with version_1():
            self.check('v1')

    # proves: S2.1 S2.10
    def test_keep_the_same_checkpoints(self):
        ours, theirs = self.folder / 'ours', self.folder / 'theirs'
        ours.mkdir()
        theirs.mkdir()
        left = run('saver_forms', 'steps', ours / 'm', 3, 8).split()
        Model()
        saver = tf.train.Saver(max_to_keep=3)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            for step in range(8):
                saver.save(session, str(theirs / 'm'), step)
        self.assertEqual([pathlib.Path(p).name for p in left], [pathlib.Path(p).name for p in saver.last_checkpoints])
        self.same_folders(ours, theirs)
