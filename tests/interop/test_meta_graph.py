"""import_meta_graph and export_meta_graph with each of their options: tenon (meta_graphs.cc) and TensorFlow do the same to
the same files, and read what the other wrote."""
import json

import numpy as np
from google.protobuf import text_format
from tensorflow.core.framework import graph_debug_info_pb2, variable_pb2
from tensorflow.core.protobuf import control_flow_pb2
from tensorflow.python.framework import meta_graph

from harness import Case, run, tenon_run, tf


def work(**job):
    return json.loads(run('meta_graphs', stdin=json.dumps(job)))


def parse(path):
    """A meta graph from a file, binary or text."""
    data = path.read_bytes()
    try:
        return tf.MetaGraphDef.FromString(data)
    except Exception:
        return text_format.Parse(data.decode(), tf.MetaGraphDef())


def items(name, collection):
    """The messages in a collection. (The order of maps in their bytes is by chance.)"""
    kinds = {'cond_context': control_flow_pb2.CondContextDef, 'while_context': control_flow_pb2.WhileContextDef}
    return [kinds[name].FromString(value) for value in collection.bytes_list.value] if name in kinds else collection


def model():
    """Variables of both kinds in scopes, devices, a loop, collections, three Savers."""
    with tf.name_scope('in'):
        x = tf.placeholder(tf.float32, [2], name='x')
    gate = tf.no_op('gate')
    with tf.variable_scope('h'):
        v = tf.get_variable('v', [2], initializer=tf.zeros_initializer())
        r = tf.get_variable('r', [2], initializer=tf.zeros_initializer(), use_resource=True, trainable=False)
        with tf.device('/device:CPU:0'):
            y = tf.add(v * r, x, name='y')
        i, z = tf.while_loop(lambda i, z: i < 3, lambda i, z: (i + 1, z * v), [0, y], name='loop')
        w = tf.cond(tf.reduce_sum(z) > 1., lambda: z + v, lambda: z - v, name='branch')
    with tf.name_scope('h2'):
        tf.identity(w, name='after')
    with tf.name_scope('outer'):
        second = tf.train.Saver([v])
    first = tf.train.Saver(max_to_keep=3, keep_checkpoint_every_n_hours=2)
    third = tf.train.Saver([r], name='mine')
    for saver in first, second, third:
        tf.add_to_collection(tf.GraphKeys.SAVERS, saver)
    for name, value in (('words', 'h is a word'), ('words', 'two'), ('ints', 7), ('floats', 1.5), ('nodes', y), ('nodes', gate),
                        ('mine', v)):
        tf.add_to_collection(name, value)
    return x, gate, first, second, third


class MetaGraphs(Case):
    def setUp(self):
        super().setUp()
        self.x, self.gate, self.saver, self.second, self.third = model()
        self.meta = self.folder / 'theirs.meta'
        self.saver.export_meta_graph(str(self.meta))
        self.text = self.folder / 'theirs.txt'
        self.saver.export_meta_graph(str(self.text), as_text=True)
        self.out = self.folder / 'ours.meta'

    def assert_same_meta(self, ours, theirs, but_for=()):
        """Nodes, versions, functions, collections, Saver, ops; not who wrote it. TensorFlow brings nodes into an order in
        which they can run; ours have that of the file."""
        for meta in ours, theirs:
            meta.graph_def.node.sort(key=lambda node: node.name)
            if not meta.graph_def.library.ByteSize():
                meta.graph_def.ClearField('library')
        self.assertEqual([n.name for n in ours.graph_def.node], [n.name for n in theirs.graph_def.node])
        for a, b in zip(ours.graph_def.node, theirs.graph_def.node):
            self.assertEqual(a, b)
        self.assertEqual(ours.graph_def, theirs.graph_def)
        collections = [{k: v for k, v in m.collection_def.items() if k not in but_for and v.WhichOneof('kind')}
                       for m in (ours, theirs)]
        self.assertEqual(*[sorted(c) for c in collections])
        for name in collections[0]:
            self.assertEqual(*[items(name, c[name]) for c in collections], name)
        self.assertEqual(ours.saver_def, theirs.saver_def)
        self.assertEqual(ours.meta_info_def.stripped_op_list, theirs.meta_info_def.stripped_op_list)
        self.assertEqual(ours.meta_info_def.stripped_default_attrs, theirs.meta_info_def.stripped_default_attrs)

    # ------------------------------------------------------------------ import

    def imported(self, scopes=None, times=1, source=None, **options):
        """Both import the same file and export the whole; what ours printed."""
        job = {'scopes': scopes or {}, 'times': times, 'import': {'meta': str(source or self.meta), **options},
               'export': {'path': str(self.out)}}
        ours = work(**job)
        self.assertNotIn('error', ours, ours)
        tf.reset_default_graph()
        given = {k: v for k, v in options.items() if k != 'without_collections'}
        if 'without_collections' in options:
            given['restore_collections_predicate'] = lambda name: name not in options['without_collections']
        saver = None
        for _ in range(times):
            with tf.name_scope(scopes['name']) if scopes else tf.name_scope(None):
                saver = tf.train.import_meta_graph(str(source or self.meta), **given)
        self.their_saver = saver
        return ours, saver.export_meta_graph() if saver else tf.train.export_meta_graph()

    def same_import(self, *arguments, but_for=(), **options):
        ours, theirs = self.imported(*arguments, **options)
        self.assert_same_meta(parse(self.out), theirs, but_for)
        def_ = self.their_saver.saver_def
        self.assertEqual(ours['saver'], {'filename': def_.filename_tensor_name, 'save': def_.save_tensor_name,
                                         'restore': def_.restore_op_name, 'max_to_keep': def_.max_to_keep,
                                         'hours': def_.keep_checkpoint_every_n_hours})

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
        variables = [variable_pb2.VariableDef.FromString(v).variable_name for v in mine.collection_def['variables'].bytes_list.value]
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
        elements = ['h/y', 'in/x', 'h/v/read:0', 'gate']
        ours = work(before=str(before), export={'path': str(self.out)},
                    **{'import': {'meta': str(self.meta), 'scoped': True, 'import_scope': 'k', 'input_map': {'in/x:0': 'five:0'},
                                  'return_elements': elements}})
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
        for data, place in ((b'hello world', ''), (b'graph_def {\n node { name: 5 } }', 'line 2'), (b'\xff\xfe\x00abc', ''),
                            (self.meta.read_bytes()[:500], 'byte')):
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

    # ------------------------------------------------------------------ export

    def same_export(self, but_for=(), saver=None, **options):
        """Both import the file and export it so; each reads what the other wrote."""
        theirs_path = self.folder / 'exported.meta'
        tf.reset_default_graph()
        their_saver = tf.train.import_meta_graph(str(self.meta))
        theirs = (their_saver if saver else tf.train).export_meta_graph(str(theirs_path), **options)
        ours = work(**{'import': {'meta': str(self.meta)},
                       'export': {'path': str(self.out), 'with_saver': bool(saver), **options}})
        self.assertNotIn('error', ours, ours)
        self.assert_same_meta(parse(self.out), theirs, but_for)
        return theirs_path

    # proves: S6.14 S6.15 S6.16
    def test_binary_and_text_are_exported(self):
        self.same_export(saver=True)
        self.same_export()
        self.same_export(saver=True, as_text=True)
        self.assertTrue(self.out.read_bytes().startswith(b'meta_info_def {'))

    # proves: S6.15
    def test_only_some_collections_are_exported(self):
        self.same_export(collection_list=['words', 'none', 'variables', 'ints'])
        self.same_export(collection_list=[])

    # proves: S6.18
    def test_without_other_savers(self):
        self.same_export(saver=True, clear_extraneous_savers=True)

    # proves: S6.19
    def test_without_devices(self):
        self.same_export(saver=True, clear_devices=True)

    # proves: S4.10 S6.14
    def test_without_default_attributes(self):
        self.same_export(saver=True, strip_default_attrs=True)
        self.assertTrue(parse(self.out).meta_info_def.stripped_default_attrs)
        self.same_import(source=self.out)

    # proves: S4.10
    def test_with_debug_information(self):
        self.same_export(saver=True, save_debug_info=True)
        debug = self.folder / 'ours.debug'
        self.assertEqual(graph_debug_info_pb2.GraphDebugInfo.FromString(debug.read_bytes()),
                         graph_debug_info_pb2.GraphDebugInfo.FromString((self.folder / 'exported.debug').read_bytes()))

    # proves: S6.17
    def test_a_scope_is_exported(self):
        self.same_export(export_scope='h', but_for=['words', 'unbound_inputs'])
        self.assertEqual(list(parse(self.out).collection_def['unbound_inputs'].bytes_list.value),
                         [b'$unbound_inputs_in/x'])
        self.same_export(export_scope='h2', but_for=['words'])
        self.same_export(export_scope='outer', but_for=['words', 'unbound_inputs'])
        self.same_export(export_scope='in', but_for=['words'])

    # proves: S6.13 S6.17
    def test_each_imports_the_scope_that_the_other_exported(self):
        unbound = '$unbound_inputs_in/x'
        theirs = self.same_export(export_scope='h', but_for=['words', 'unbound_inputs'])
        tf.reset_default_graph()
        given = tf.constant([1., 2.], name='given')
        before = self.folder / 'before.meta'
        tf.train.export_meta_graph(str(before))
        ours = work(before=str(before), export={'path': str(self.folder / 'again.meta')},
                    **{'import': {'meta': str(theirs), 'scoped': True, 'import_scope': 'k', 'input_map': {unbound: 'given:0'}}})
        variables = meta_graph.import_scoped_meta_graph(str(self.out), import_scope='k', input_map={unbound: given})
        self.assertEqual(ours['variables'], {k: v.name for k, v in variables.items()})
        self.assert_same_meta(parse(self.folder / 'again.meta'), tf.train.export_meta_graph(), ['words'])
        refused = work(**{'import': {'meta': str(theirs), 'import_scope': 'k'}})
        self.assertIn(f'Graph contains unbound inputs: {unbound}. Must provide these inputs through input_map.', refused['error'])

    # proves: S6.13 S6.17
    def test_control_inputs_of_a_scope_can_be_given_too(self):
        """TensorFlow does not list them, and cannot import what it exported then; it can import what we exported."""
        tf.reset_default_graph()
        c = tf.no_op('c')
        with tf.name_scope('h'), tf.control_dependencies([c]):
            tf.constant(1., name='y')
        tf.train.export_meta_graph(str(self.meta))
        work(**{'import': {'meta': str(self.meta)}, 'export': {'path': str(self.out), 'export_scope': 'h'}})
        unbound = list(parse(self.out).collection_def['unbound_inputs'].bytes_list.value)
        self.assertEqual(unbound, [b'^$unbound_inputs_c'])
        tf.reset_default_graph()
        meta_graph.import_scoped_meta_graph(str(self.out), import_scope='k', input_map={'^$unbound_inputs_c': tf.constant(1., name='d')})
        self.assertEqual([o.name for o in tf.get_default_graph().get_operation_by_name('k/y').control_inputs], ['d'])

    # proves: S6.20 E75
    def test_a_scope_is_copied(self):
        tf.reset_default_graph()
        with tf.variable_scope('a'):
            v = tf.get_variable('v', [2], initializer=tf.zeros_initializer())
            tf.add_to_collection('doubled', v * 2.)
        tf.train.export_meta_graph(str(self.meta))
        for other in False, True:
            ours = work(**{'import': {'meta': str(self.meta)},
                           'copy': {'from_scope': 'a', 'to_scope': 'b', 'to_other_graph': other, 'path': str(self.out)}})
            tf.reset_default_graph()
            tf.train.import_meta_graph(str(self.meta))
            first, second = tf.get_default_graph(), tf.Graph() if other else tf.get_default_graph()
            variables = meta_graph.copy_scoped_meta_graph('a', 'b', first, second)
            self.assertEqual(ours['variables'], {k: v.name for k, v in variables.items()})
            with second.as_default():
                self.assert_same_meta(parse(self.out), tf.train.export_meta_graph())

    # proves: S6.21
    def test_graphs_are_written_into_new_folders(self):
        for as_text, name in (True, 'g.pbtxt'), (False, 'g.pb'):
            folder = self.folder / 'a' / str(as_text) / 'c'
            ours = work(**{'import': {'meta': str(self.meta)}, 'write': {'directory': str(folder), 'name': name, 'as_text': as_text}})
            self.assertEqual(ours['path'], str(folder / name))
            tf.reset_default_graph()
            tf.train.import_meta_graph(str(self.meta))
            theirs = tf.train.write_graph(tf.get_default_graph(), str(self.folder), name, as_text=as_text)
            graphs = [text_format.Parse(open(p).read(), tf.GraphDef()) if as_text
                      else tf.GraphDef.FromString(open(p, 'rb').read()) for p in (ours['path'], theirs)]
            for graph in graphs:
                graph.node.sort(key=lambda node: node.name)
            self.assertEqual(*graphs)
