"""import_meta_graph with each of its options: tenon (meta_graphs.cc) and TensorFlow import the same files."""
import numpy as np
from tensorflow.core.framework import variable_pb2
from tensorflow.python.framework import meta_graph

from harness import tenon_run, tf
from meta_graph_case import MetaGraphCase, parse, work


class ImportMetaGraph(MetaGraphCase):
    # proves: S6.1 S6.7 S6.16 S9.21
    def test_binary_text_and_bytes_are_imported(self):
        self.same_import()
        self.same_import(source=self.text)
        ours = work(**{'import': {'bytes': str(self.meta)}, 'export': {'path': str(self.out)}})
        self.assertEqual(ours['saver']['save'], 'save/control_dependency:0')
        self.assert_same_meta(parse(self.out), parse(self.meta))

    # proves: S6.4 S6.8 S9.17
    def test_scopes_rename_everything_but_words(self):
        self.same_import(import_scope='p', but_for=['words'])
        self.assertEqual(list(parse(self.out).collection_def['words'].bytes_list.value), [b'h is a word', b'two'])
        self.same_import({'name': 'outer'}, but_for=['words'])
        self.same_import({'name': 'outer'}, import_scope='p', but_for=['words'])

    # proves: S6.4 S6.6
    def test_twice_into_the_same_scope(self):
        self.same_import(import_scope='p', times=2, but_for=['words'])

    # proves: S6.5 S9.17
    def test_twice_without_a_scope_gives_two_working_copies(self):
        """TensorFlow's second copy is not in its collections, nor in its Saver; ours is."""
        ours, theirs = self.imported(times=2)
        mine = parse(self.out)
        self.assertEqual({n.name for n in mine.graph_def.node}, {n.name for n in theirs.graph_def.node})
        self.assertEqual(ours['saver']['restore'], 'save/restore_all_1')
        variables = [variable_pb2.VariableDef.FromString(value).variable_name
                     for value in mine.collection_def['variables'].bytes_list.value]
        self.assertEqual(variables, ['h/v:0', 'h/r:0', 'h/v_1:0', 'h/r_1:0'])
        self.both_copies_run()

    def both_copies_run(self):
        """In TensorFlow and here, loops and all."""
        tf.reset_default_graph()
        tf.train.import_meta_graph(str(self.out))
        feeds = {'in/x:0': np.float32([1, 1]), 'in/x_1:0': np.float32([1, 0])}
        fetches = ['h2/after:0', 'h2/after_1:0']
        with tf.Session() as session:
            for variable, value in zip(tf.global_variables(), (2, 1, 3, 1)):
                variable.load(np.float32([value, value]), session)
            theirs = session.run(fetches, feeds)
            tf.train.Saver().save(session, str(self.folder / 'm'))
        self.assertEqual([t.tolist() for t in theirs], [[26, 26], [111, 84]])
        ours = tenon_run(self.folder / 'm', self.folder, feeds=feeds, fetch=fetches)
        self.assertEqual([ours[name].tolist() for name in fetches], [t.tolist() for t in theirs])

    # proves: S6.10
    def test_a_table_in_a_scope(self):
        """TensorFlow cannot import what it exported, but what we make of it."""
        tf.reset_default_graph()
        with tf.name_scope('s'):
            table = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1, name='t')
        insert = table.insert(['a', 'b'], np.int64([5, 6]))
        found = table.lookup(tf.constant(['b', 'c']), name='found')
        saver = tf.train.Saver()
        with tf.Session() as session:
            session.run(insert)
            prefix = saver.save(session, str(self.folder / 'm'))
        with self.assertRaises(KeyError), tf.Graph().as_default():
            tf.train.import_meta_graph(f'{prefix}.meta')
        ours = work(**{'import': {'meta': f'{prefix}.meta', 'import_scope': 'p'}, 'export': {'path': str(self.out)}})
        self.assertNotIn('error', ours)
        tf.reset_default_graph()
        saver = tf.train.import_meta_graph(str(self.out))
        with tf.Session() as session:
            saver.restore(session, prefix)
            self.assertEqual(session.run(f'p/{found.name}').tolist(), [6, -1])

    # proves: S6.11
    def test_devices_are_cleared(self):
        self.same_import(clear_devices=True)
        self.assertEqual({n.device for n in parse(self.out).graph_def.node}, {''})

    # proves: S6.12
    def test_a_predicate_chooses_collections(self):
        self.same_import(without_collections=['words', 'nodes', 'while_context'])

    # proves: S6.2 S6.3
    def test_of_a_file_with_less_in_it(self):
        for missing in (['saver_def'], ['collection_def'], ['saver_def', 'collection_def'], ['meta_info_def']):
            with self.subTest(missing=missing):
                less = parse(self.meta)
                for field in missing:
                    less.ClearField(field)
                path = self.folder / 'less.meta'
                path.write_bytes(less.SerializeToString())
                ours, theirs = self.imported(source=path)
                self.assert_same_meta(parse(self.out), theirs)
                self.assertEqual(ours['saver'] is None, self.their_saver is None)

    # proves: S6.12 S6.13 S7.15
    def test_inputs_are_mapped_and_elements_returned(self):
        before = self.folder / 'before.meta'
        tf.reset_default_graph()
        tf.constant([5., 6.], name='five')
        tf.train.export_meta_graph(str(before))
        elements = ['h/y', 'in/x:0', 'in/x', 'h/v/read:0', 'gate']
        ours = work(before=str(before), export={'path': str(self.out)},
                    **{'import': {'meta': str(self.meta), 'scoped': True, 'import_scope': 'k',
                                  'input_map': {'in/x:0': 'five:0'}, 'return_elements': elements}})
        variables, returned = meta_graph.import_scoped_meta_graph_with_return_elements(
            str(self.meta), import_scope='k', input_map={'in/x:0': tf.get_default_graph().get_tensor_by_name('five:0')},
            return_elements=elements)
        self.assertEqual(ours['returned'], [e.name for e in returned])
        self.assertEqual(ours['variables'], {k: v.name for k, v in variables.items()})
        self.assert_same_meta(parse(self.out), tf.train.export_meta_graph(), ['words'])

    # proves: E49 E50 E51 S9.21
    def test_files_that_are_none(self):
        def error_of(path):
            ours = work(**{'import': {'meta': str(path)}})
            tf.reset_default_graph()
            with self.assertRaises(Exception):
                tf.train.import_meta_graph(str(path))
            self.assertTrue(ours['unchanged'])
            return ours['code'], ours['error']

        code, error = error_of(self.folder / 'their.meta')
        self.assertEqual(code, 'NotFound')
        self.assertIn(f'File does not exist. Received: {self.folder}/their.meta', error)
        self.assertIn('nearest: "theirs.meta"', error)
        self.assertEqual(error_of(self.folder)[0], 'FailedPrecondition')
        self.assertIn('; Is a directory', error_of(self.folder)[1])
        bad = self.folder / 'bad'
        for data, place in ((b'hello world', ''), (b'graph_def {\n node { name: 5 } }', 'line 2'),
                            (b'\xff\xfe\x00abc', ''), (self.meta.read_bytes()[:500], 'byte')):
            bad.write_bytes(data)
            code, error = error_of(bad)
            self.assertEqual(code, 'DataLoss')
            self.assertIn(f'Cannot parse file {bad}: ', error)
            self.assertIn(place, error)
        for field in 'save_tensor_name', 'restore_op_name':
            meta = parse(self.meta)
            meta.saver_def.ClearField(field)
            bad.write_bytes(meta.SerializeToString())
            self.assertIn(f'saver_def must specify the {field}', error_of(bad)[1])
        bad.write_bytes(b'')
        self.assertIn('empty; expected a MetaGraphDef', work(**{'import': {'meta': str(bad)}})['error'])
