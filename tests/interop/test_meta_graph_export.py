"""export_meta_graph with each of its options, copy_scoped_meta_graph, write_graph: tenon (meta_graphs.cc) and
TensorFlow export the same graphs, and import what the other exported."""
from google.protobuf import text_format
from tensorflow.core.framework import graph_debug_info_pb2
from tensorflow.python.framework import meta_graph

from harness import tf
from meta_graph_case import MetaGraphCase, parse, work


class ExportMetaGraph(MetaGraphCase):
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
                    **{'import': {'meta': str(theirs), 'scoped': True, 'import_scope': 'k',
                                  'input_map': {unbound: 'given:0'}}})
        variables = meta_graph.import_scoped_meta_graph(str(self.out), import_scope='k', input_map={unbound: given})
        self.assertEqual(ours['variables'], {k: v.name for k, v in variables.items()})
        self.assert_same_meta(parse(self.folder / 'again.meta'), tf.train.export_meta_graph(), ['words'])
        refused = work(**{'import': {'meta': str(theirs), 'import_scope': 'k'}})
        self.assertIn(f'Graph contains unbound inputs: {unbound}. Must provide these inputs through input_map.',
                      refused['error'])

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
        meta_graph.import_scoped_meta_graph(str(self.out), import_scope='k',
                                            input_map={'^$unbound_inputs_c': tf.constant(1., name='d')})
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
                           'copy': {'from_scope': 'a', 'to_scope': 'b', 'to_other_graph': other,
                                    'path': str(self.out)}})
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
            ours = work(**{'import': {'meta': str(self.meta)},
                           'write': {'directory': str(folder), 'name': name, 'as_text': as_text}})
            self.assertEqual(ours['path'], str(folder / name))
            tf.reset_default_graph()
            tf.train.import_meta_graph(str(self.meta))
            theirs = tf.train.write_graph(tf.get_default_graph(), str(self.folder), name, as_text=as_text)
            graphs = [text_format.Parse(open(p).read(), tf.GraphDef()) if as_text
                      else tf.GraphDef.FromString(open(p, 'rb').read()) for p in (ours['path'], theirs)]
            for graph in graphs:
                graph.node.sort(key=lambda node: node.name)
            self.assertEqual(*graphs)
