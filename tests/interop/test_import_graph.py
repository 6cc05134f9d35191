"""import_graph_def: ours makes of every graph and option the nodes that TensorFlow's makes."""
from google.protobuf import text_format

from harness import ROOT, read_bytes, tenon_run, tf
from import_graphs import FLOAT, ImportCase, colocated, constant, identity, placeholder, recorded

from tensorflow.core.framework import op_def_pb2

TWO = constant('a') + identity('b', 'a')


class ImportGraph(ImportCase):
    # proves: S7.1
    def test_names(self):
        two = self.file(TWO)
        for names in [['import', 'import'], ['', ''], ['x/', 'x/'], ['x//'], ['x/y', 'x'], ['X', 'x'], ['p/', 'p']]:
            self.same([{'graph': two, 'name': name} for name in names])
        self.same([{'graph': two, 'name': name, 'scope': 'outer'} for name in ('import', '', '_x', 'x/', 'outer/')])
        self.same([{'graph': self.file(constant('import') + constant('Import_1')), 'name': ''}, {'graph': two}])
        for name in 'a b', '_x', '/', '/x':
            self.both_refuse({'graph': two, 'name': name}, f"'{name}' is not a valid root scope name")

    # proves: S7.4
    def test_names_that_are_taken(self):
        base = self.file(constant('x') + constant('y/z') + constant('w_1'))
        self.same([{'graph': base, 'name': ''},
                   {'graph': self.file(constant('x') + constant('x_1') + identity('y', 'x ^x_1', colocated('x')) +
                                       constant('w') + constant('w_2') + constant('X')), 'name': ''}])

    # proves: S7.13 S7.15
    def test_input_maps_and_return_elements(self):
        base = self.file(constant('mine', value=2) + constant('other', value=3))
        text = self.file(constant('a') + identity('b', 'a ^a') + identity('c', 'b ^a'))
        for input_map in {'a': 'mine:0'}, {'a:0': 'mine:0'}, {'^a': 'mine:0'}, {'a': 'mine:0', '^a': 'other:0'}, \
                {'a': 'mine:0', 'a:0': 'other:0'}, {'b': 'mine:0'}, {'^c': 'mine:0'}, {'a:00': 'mine:0'}:
            for name in 'import', '':
                self.same([{'graph': base, 'name': ''},
                           {'graph': text, 'name': name, 'input_map': input_map,
                            'return_elements': ['c', 'a:0', 'a', 'b:0', 'c:0']}])
        self.same([{'graph': base, 'name': ''},
                   {'graph': self.file(identity('b', 'gone ^away')),
                    'input_map': {'gone': 'mine:0', '^away': 'other:0'}}])

    # proves: E53 E54 E57
    def test_input_maps_and_return_elements_that_do_not_fit(self):
        path = self.file(TWO)
        for name, text in ('zz', "Requested return node 'zz' not found in graph def"), \
                ('zz:0', "Requested return tensor 'zz:0' not found in graph def"), \
                ('a:1', "Invalid return output 1 of node 'a', which has 1 output(s)"), \
                ('a:x', "Cannot convert 'a:x' to a tensor name. Second component of the name following the `:` should"):
            self.both_refuse({'graph': path, 'return_elements': [name]}, text)
        base = self.file(constant('mine'))
        for key, text in ('zz', 'Attempted to map inputs that were not found in graph_def: [zz:0]'), \
                ('^zz', 'Attempted to map inputs that were not found in graph_def: [^zz]'), \
                ('b:7', 'Attempted to map inputs that were not found in graph_def: [b:7]'):
            jobs = [{'graph': base, 'name': ''}, {'graph': path, 'input_map': {key: 'mine:0'}}]
            self.assertIn(text, self.theirs(jobs)[0][1]['error'])
            ours, graph = self.ours(jobs)
            self.assertIn(text, ours[1]['error'])
            self.assertEqual([n.name for n in graph.node], ['mine'])

    # proves: S7.8
    def test_producer_op_lists(self):
        ops = text_format.Parse(
            "op { name: 'Identity' input_arg { name: 'input' type_attr: 'T' } "
            "output_arg { name: 'output' type_attr: 'T' } "
            "attr { name: 'T' type: 'type' } attr { name: 'later' type: 'bool' default_value { b: true } } "
            "attr { name: '_own' type: 'int' default_value { i: 5 } } attr { name: 'other' type: 'int' } } "
            "op { name: 'MatMul' attr { name: 'transpose_a' type: 'bool' default_value { b: false } } } ",
            op_def_pb2.OpList())
        path = self.folder / 'ops.pb'
        path.write_bytes(ops.SerializeToString())
        attrs = [f"attr {{ key: '{key}' value {{ {value} }} }} " for key, value in
                 [('later', 'b: true'), ('later', 'b: false'), ('_own', 'i: 5'), ('_own', 'i: 6'), ('other', 'i: 5'),
                  ('unknown', 'i: 5')]]
        text = constant('a', attrs[0]) + ''.join(identity(f'b{i}', 'a', attr) for i, attr in enumerate(attrs))
        self.same([{'graph': self.file(text), 'producer_op_list': str(path)}, {'graph': self.file(text)}])

    # proves: S7.9 E61
    def test_versions(self):
        for versions in '', 'producer: 5', 'producer: 3000', 'producer: 21 min_consumer: 12 bad_consumers: 7', \
                'producer: 2474 min_consumer: -3', 'min_consumer: 3':
            graph = self.file(TWO, f'versions {{ {versions} }}')
            self.same([{'graph': graph}, {'graph': self.file(TWO)}, {'graph': graph}])
        for versions, text in ('producer: -1', 'GraphDef producer version -1 below min producer 0 supported by '), \
                ('producer: 24 min_consumer: 99999', 'GraphDef min consumer version 99999 above current version'), \
                ('producer: -5 min_consumer: 99999', 'GraphDef producer version -5 below min producer 0'), \
                ('producer: 2474 bad_consumers: 2474', 'GraphDef disallows consumer version 2474'):
            self.both_refuse({'graph': self.file(TWO, f'versions {{ {versions} }}')}, text)

    # proves: S7.10
    def test_old_placeholders(self):
        for producer in 0, 20, 21, 22, 24, 2474:
            for shape in '', 'dim { size: 2 }', 'unknown_rank: true':
                self.same([{'graph': self.file(placeholder('p', shape) + identity('b', 'p'),
                                               f'versions {{ producer: {producer} }}')}])

    # proves: S7.11 E62
    def test_removed_ops(self):
        text = ("node { name: 's' op: 'Const' attr { key: 'dtype' value { type: DT_INT32 } } "
                "attr { key: 'value' value { tensor { dtype: DT_INT32 tensor_shape {} int_val: 1 } } } } "
                "node { name: 'h' op: 'TensorArrayV2' input: 's' attr { key: 'dtype' value { type: DT_FLOAT } } } ")
        for producer in 26, 2474, 5000:
            self.both_refuse({'graph': self.file(text, f'versions {{ producer: {producer} }}')},
                             f'Op TensorArrayV2 is not available in GraphDef version {producer}. '
                             'It has been removed in version 26. Use TensorArrayV3.')
        self.same([{'graph': self.file(text, 'versions { producer: 25 }')}], with_shapes=False)

    # proves: S7.12 E63
    def test_recorded_shapes(self):
        partial = recorded('shape { dim { size: 2 } dim { size: -1 } }')
        self.same([{'graph': self.file(placeholder('p', 'unknown_rank: true', partial) + identity('b', 'p') +
                                       constant('many', recorded('shape {} shape {}')) +
                                       "node { name: 'n' op: 'NoOp' " + recorded('shape {}') + '} ')}])
        for text, message in [
                (constant('a', recorded('shape { dim { size: 3 } }')),
                 "Node 'a' has an _output_shapes attribute inconsistent with the GraphDef for output #0"),
                (constant('a', recorded('')),
                 "Node 'a' has 1 outputs but the _output_shapes attribute specifies shapes for 0 outputs"),
                (placeholder('p', 'unknown_rank: true', partial) +
                 identity('b', 'p', recorded('shape { dim { size: 3 } dim { size: 1 } }')),
                 "Node 'b' has an _output_shapes attribute inconsistent with the GraphDef for output #0")]:
            self.both_refuse({'graph': self.file(text), 'name': ''}, message)

    # proves: S7.16
    def test_open_scopes(self):
        base = self.file("node { name: 'x' op: 'NoOp' } node { name: 'm' op: 'NoOp' } " + constant('mine'))
        text = self.file(constant('z') + identity('b', 'z ^c') + constant('c') +
                         "node { name: 'n' op: 'NoOp' input: '^b' } ")
        job = {'graph': text, 'name': '', 'control': ['x', 'm']}
        self.same([{'graph': base, 'name': ''}, job, {**job, 'input_map': {'z': 'mine:0', '^c': 'mine:0'}}])

        def at(device):
            return f"device: '{device}' "
        devices = self.file(
            constant('a') + constant('c', at('/gpu:7')) + constant('d', at('/job:ps')) + constant('e', colocated('c')) +
            constant('f', colocated('a')) + constant('h', at('/cpu:1') + colocated('a')) +
            constant('i', colocated('e')) + constant('k', colocated('a', 'c')) + constant('t', colocated('t')) +
            constant('s', at('/gpu:1') + colocated('s')) +
            constant('u', at('/cpu:0/job:b')) + constant('v', at('/device:XLA_CPU:1')) +
            constant('w', "attr { key: '_class' value { list { s: 'other' } } } "))
        self.same([{'graph': devices}] + [{'graph': devices, 'device': device} for device in
                                          ('/cpu:0', '/job:worker/replica:0/task:3', '/device:GPU:*')])

    # proves: S7.5 E59
    def test_cycles(self):
        def merge(inputs, n):
            return ("node { name: 'm' op: 'Merge' " + ''.join(f"input: '{i}' " for i in inputs.split()) + FLOAT +
                    f"attr {{ key: 'N' value {{ i: {n} }} }} }} ")
        back = f"node {{ name: 'n' op: 'NextIteration' input: 'm' {FLOAT}}} "
        self.same([{'graph': self.file(constant('a') + merge('a n', 2) + back)}], with_shapes=False)
        for text in merge('n', 1) + back, constant('a') + merge('a n ^n', 2) + back, \
                identity('p', 'q') + identity('q', 'p'):
            self.both_refuse({'graph': self.file(text)}, '2 nodes in a cycle')

    # proves: S7.18
    def test_real_graphs(self):
        for path in sorted((ROOT / 'tests' / 'fixtures' / 'meta').glob('*.meta')):
            with self.subTest(path.stem):
                graph_def = tf.MetaGraphDef.FromString(read_bytes(path)).graph_def
                file = self.folder / 'real.pb'
                file.write_bytes(graph_def.SerializeToString())
                last = graph_def.node[-1].name
                self.same([{'graph': str(file), 'name': name, 'return_elements': [last]}
                           for name in ('', 'net', '', 'net')])

    # proves: S7.20
    def test_gradients_through_loops_that_a_graph_brings(self):
        """The gradients that TensorFlow made run; new ones would need the collections there, and are refused here."""
        x = tf.placeholder(tf.float32, (), name='x')
        y = tf.while_loop(lambda i, v: i < 3., lambda i, v: (i + 1., v * x), [0., 1.])[1]
        gradient = tf.identity(tf.gradients(y, x)[0], name='gradient')
        expected = tf.Session().run(gradient, {x: 2.})
        (self.folder / 'loop.pb').write_bytes(tf.get_default_graph().as_graph_def().SerializeToString())
        out = tenon_run(self.folder / 'loop.pb', self.folder, feeds={'x:0': 2.}, fetch=['gradient:0'], restore=False)
        self.assertEqual(out['gradient:0'], expected)
        other = tf.Graph()
        with other.as_default():
            tf.import_graph_def(tf.GraphDef.FromString(read_bytes(self.folder / 'loop.pb')), name='')
            with self.assertRaisesRegex(AttributeError, 'outer_context'):
                tf.gradients(other.get_tensor_by_name('while/Exit_1:0'), other.get_tensor_by_name('x:0'))
