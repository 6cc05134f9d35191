"""What the tests of meta graphs share: a graph with something of everything, and the comparison of two meta graphs."""
import json

from google.protobuf import text_format
from tensorflow.core.protobuf import control_flow_pb2

from harness import Case, run, tf


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
    for name, value in (('words', 'h is a word'), ('words', 'two'), ('ints', 7), ('floats', 1.5), ('nodes', y),
                        ('nodes', gate), ('mine', v)):
        tf.add_to_collection(name, value)
    return x, gate, first, second, third


class MetaGraphCase(Case):
    def setUp(self):
        super().setUp()
        self.x, self.gate, self.saver, self.second, self.third = model()
        self.meta = self.folder / 'theirs.meta'
        self.saver.export_meta_graph(str(self.meta))
        self.text = self.folder / 'theirs.txt'
        self.saver.export_meta_graph(str(self.text), as_text=True)
        self.out = self.folder / 'ours.meta'

    def assert_same_meta(self, ours, theirs, but_for=()):
        """Nodes, versions, functions, collections, Saver, ops; not who wrote it. TensorFlow brings nodes into an order
        in which they can run; ours have that of the file."""
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
