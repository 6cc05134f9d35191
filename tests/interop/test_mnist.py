"""The MNIST example: what our program trained and saved goes on in TensorFlow, and the other way round."""
import json
import pathlib
import subprocess
import tempfile

import numpy as np

import mnist
from harness import BIN, DATA_SHARD, DIGITS, Case, read_bytes, run, tenon_run, tf

LOGITS, LOSS, ACCURACY = 'dense_1/BiasAdd:0', 'Mean_1:0', 'Mean:0'
trained = None  # the folder of our trained example


def setUpModule():
    global trained, _temporary
    _temporary = tempfile.TemporaryDirectory(prefix='tenon-interop-')
    trained = pathlib.Path(_temporary.name)
    run('mnist', DIGITS, trained / 'model.ckpt')


def tearDownModule():
    _temporary.cleanup()


def batches(count, size=64):
    x, y = mnist.digits(DIGITS, 'train')
    return [{'iter_next:0': x[i * size:(i + 1) * size], 'iter_next:1': y[i * size:(i + 1) * size]} for i in range(count)]


def digits_of_the_test_set(count):
    x, y = mnist.digits(DIGITS, 't10k')
    return {'iter_next:0': x[:count], 'iter_next:1': y[:count]}


def imported(prefix):
    """The model in TensorFlow, from its files alone."""
    saver = tf.train.import_meta_graph(f'{prefix}.meta')
    session = tf.Session()
    saver.restore(session, str(prefix))
    return session, saver


def losses_of_ours(prefix, feeds, folder):
    """Losses of one session of ours that trains a step on each of the feeds."""
    np.savez(folder / 'batches.npz', images=np.stack([f['iter_next:0'] for f in feeds]),
             labels=np.stack([f['iter_next:1'] for f in feeds]))
    done = subprocess.run([BIN / 'mnist_step', prefix, folder / 'batches.npz'], input='steps 1\n' * len(feeds), text=True,
                          capture_output=True, check=True)
    return [float(line.split()[1]) for line in done.stdout.splitlines()[1:]]


def losses_of_tensorflow(session, feeds):
    return [session.run([LOSS, 'Adam'], f)[0] for f in feeds]


class OurModelInTensorFlow(Case):
    def test_logits_are_the_same(self):
        session, _ = imported(trained / 'model.ckpt')
        feeds = digits_of_the_test_set(500)
        theirs = session.run(LOGITS, feeds)
        ours = tenon_run(trained / 'model.ckpt', self.folder, feeds=feeds, fetch=[LOGITS])[LOGITS]
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)

    def test_accuracy_through_the_pipeline_is_high(self):
        session, _ = imported(trained / 'model.ckpt')
        x, y = mnist.digits(DIGITS, 't10k')
        session.run('make_initializer_1', {'Placeholder:0': x, 'Placeholder_1:0': y})
        self.assertGreater(np.mean([session.run(ACCURACY) for _ in range(15)]), .9)

    def test_twenty_losses_of_training_on_agree(self):
        session, _ = imported(trained / 'model.ckpt')
        theirs = losses_of_tensorflow(session, batches(20))
        ours = losses_of_ours(trained / 'model.ckpt', batches(20), self.folder)
        np.testing.assert_allclose(ours, theirs, rtol=1e-3)

    def test_both_train_on_in_turns(self):
        """We restore what TensorFlow saved after training on what we saved, and so on; TensorFlow alone is the exam."""
        feeds = batches(6)
        alone = losses_of_tensorflow(imported(trained / 'model.ckpt')[0], feeds)
        prefix, losses = trained / 'model.ckpt', []
        for turn, feed in enumerate(feeds):
            following = self.folder / f'turn-{turn}'
            if turn % 2:
                losses.append(tenon_run(prefix, self.folder, feeds=feed, fetch=[LOSS])[LOSS])
                tenon_run(prefix, self.folder, feeds=feed, target=['Adam'], steps=1, save=following)
            else:
                tf.reset_default_graph()
                session, saver = imported(prefix)
                losses += losses_of_tensorflow(session, [feed])
                saver.save(session, str(following))
            prefix = following
        np.testing.assert_allclose(losses, alone, rtol=1e-3)

    def test_tensorflow_writes_the_same_files_again(self):
        session, saver = imported(trained / 'model.ckpt')
        again = saver.save(session, str(self.folder / 'model.ckpt'))
        for suffix in '.index', DATA_SHARD:
            self.assert_same_file(f'{trained}/model.ckpt{suffix}', again + suffix)
        self.assertEqual(read_bytes(trained / 'checkpoint').splitlines()[0].split(b'/')[-1], b'model.ckpt"')


class TheGraph(Case):
    def exported(self):
        mnist.Program()
        tf.global_variables_initializer()
        return tf.train.Saver().export_meta_graph()

    def ours(self):
        meta_graph = tf.MetaGraphDef()
        meta_graph.ParseFromString(read_bytes(trained / 'model.ckpt.meta'))
        return meta_graph

    def assert_same_nodes(self, ours, theirs):
        self.assertEqual([n.name for n in ours.node], [n.name for n in theirs.node])
        for a, b in zip(ours.node, theirs.node):
            self.assertEqual(a, b)
        self.assertEqual(ours.versions, theirs.versions)
        self.assertEqual(ours.library, theirs.library)

    # proves: S3.5 S3.10
    def test_is_equal_node_for_node(self):
        theirs = self.exported().graph_def
        for node in theirs.node:
            node.ClearField('experimental_type')  # TensorFlow's note to itself; see the next test
        self.assert_same_nodes(self.ours().graph_def, theirs)

    def test_is_the_same_to_the_last_field_once_tensorflow_has_imported_it(self):
        theirs = self.exported().graph_def
        tf.reset_default_graph()
        saver = tf.train.import_meta_graph(f'{trained}/model.ckpt.meta')
        self.assert_same_nodes(saver.export_meta_graph().graph_def, theirs)

    # proves: S3.15 S6.14
    def test_has_the_same_collections_saver_and_ops(self):
        ours, theirs = self.ours(), self.exported()
        self.assertEqual(dict(ours.collection_def), dict(theirs.collection_def))
        self.assertEqual(ours.saver_def, theirs.saver_def)
        self.assertEqual(ours.meta_info_def.stripped_op_list, theirs.meta_info_def.stripped_op_list)

    def test_is_bound_by_the_same_names(self):
        model = mnist.Program().model
        names = {k: v.name for k, v in vars(model).items() if isinstance(v, (tf.Tensor, tf.Operation))}
        self.assertEqual(json.loads(read_bytes(trained / 'binding.json')), names)


class TensorFlowsModelInOurs(Case):
    def setUp(self):
        super().setUp()
        tf.set_random_seed(7)
        program = mnist.Program()
        self.session = tf.Session()
        self.session.run(tf.global_variables_initializer())
        self.prefix = tf.train.Saver().save(self.session, str(self.folder / 'theirs'))
        x, y = mnist.digits(DIGITS, 'train')
        self.digits = {program.x_.name: x, program.y_.name: y}

    # proves: S3.1 S6.1
    def test_saving_gives_the_same_files(self):
        tenon_run(self.prefix, self.folder, save=self.folder / 'ours')
        for suffix in '.index', DATA_SHARD:
            self.assert_same_file(self.prefix + suffix, f'{self.folder}/ours{suffix}')
        self.assert_same_graph(self.prefix + '.meta', f'{self.folder}/ours.meta')

    def test_initialisers_draw_the_same_numbers(self):
        """The graph seed is in the graph: the same seeds, the same values."""
        tenon_run(self.prefix, self.folder, init=['init'], restore=False, save=self.folder / 'ours')
        ours, theirs = (tf.train.load_checkpoint(str(self.folder / name)) for name in ('ours', 'theirs'))
        for name in theirs.get_variable_to_shape_map():
            self.assert_same_bits(ours.get_tensor(name), theirs.get_tensor(name), name)

    def test_twenty_losses_agree(self):
        theirs = losses_of_tensorflow(self.session, batches(20))
        np.testing.assert_allclose(losses_of_ours(self.prefix, batches(20), self.folder), theirs, rtol=1e-3)

    def test_training_through_the_shuffled_pipeline_agrees(self):
        """tf.data shuffles with the graph's seed: both see the same batches in the same order."""
        fetch = ['iter_next:0', 'iter_next:1', LOSS]
        self.session.run('make_initializer', self.digits)
        for _ in range(10):
            self.session.run('Adam')
        theirs = self.session.run(fetch)
        ours = tenon_run(self.prefix, self.folder, feeds=self.digits, init=['make_initializer'], target=['Adam'], steps=10,
                         fetch=fetch)
        for name, expected in zip(fetch[:2], theirs):
            self.assert_same_bits(ours[name], expected, name)
        np.testing.assert_allclose(ours[LOSS], theirs[2], rtol=1e-3)
