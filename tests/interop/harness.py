"""What the tests share: TensorFlow, the programs of the build, folders of their own."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / 'tools'), str(ROOT / 'examples')]
from quiet_tensorflow import tf  # noqa: E402

BIN = pathlib.Path(os.environ.get('TENON_BUILD', ROOT / 'build' / 'release')) / 'bin'
DIGITS = ROOT / 'examples' / 'data' / 'mnist'
DATA_SHARD = '.data-00000-of-00001'


class ProgramFailed(Exception):
    """A program of ours ended with another code than 0."""

    def __init__(self, command, done):
        self.code, self.stderr = done.returncode, done.stderr
        super().__init__(f'{" ".join(map(str, command))}\nended with {self.code}: {self.stderr.strip()}')


def run(name, *arguments, stdin=None, timeout=300):
    """The standard output of a program of the build, which finds the text `stdin` in its standard input."""
    command = [BIN / name, *map(str, arguments)]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout)
    if done.returncode:
        raise ProgramFailed(command, done)
    return done.stdout


def tenon(*arguments):
    return run('tenon', *arguments)


def tenon_run(model, folder, feeds=None, fetch=(), target=(), init=(), steps=None, save=None, restore=True):
    """`tenon run`: the fetched arrays by name."""
    arguments = ['run', model]
    if feeds is not None:
        np.savez(f'{folder}/feeds.npz', **feeds)
        arguments += ['--feeds', f'{folder}/feeds.npz']
    for option, names in ('--fetch', fetch), ('--target', target), ('--init', init):
        for name in names:
            arguments += [option, name]
    if steps is not None:
        arguments += ['--steps', steps]
    if save is not None:
        arguments += ['--save', save]
    if not restore:
        arguments += ['--no-restore']
    if fetch:
        arguments += ['--out', f'{folder}/out.npz']
    tenon(*arguments)
    if not fetch:
        return {}
    with np.load(f'{folder}/out.npz') as out:
        return {name: out[name] for name in fetch}


def eager(function, *arguments):
    """What a function of eager.py returns, which runs with eager execution in a process of its own."""
    command = [sys.executable, ROOT / 'tests' / 'interop' / 'eager.py', function, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise ProgramFailed(command, done)
    return json.loads(done.stdout.splitlines()[-1])


def tenon_list(model):
    """`tenon ls --json`: name -> (type, shape)."""
    listed = json.loads(tenon('ls', model, '--json'))
    return {entry['name']: (entry['dtype'], entry['shape']) for entry in listed['tensors']}


def read_bytes(path):
    return pathlib.Path(path).read_bytes()


class Case(unittest.TestCase):
    """A test with an empty folder and an empty TensorFlow graph of its own."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix='tenon-interop-')
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        tf.reset_default_graph()

    def assert_same_bits(self, a, b, what=''):
        """Same type, shape and bits (so that NaNs count as equal if they are)."""
        a, b = np.asarray(a), np.asarray(b)
        self.assertEqual((a.dtype, a.shape), (b.dtype, b.shape), what)
        if a.dtype == object:
            self.assertEqual(a.ravel().tolist(), b.ravel().tolist(), what)
        else:
            self.assertEqual(a.tobytes(), b.tobytes(), what)

    def assert_same_file(self, a, b):
        x, y = read_bytes(a), read_bytes(b)
        if x != y:
            first = next((i for i, (p, q) in enumerate(zip(x, y)) if p != q), min(len(x), len(y)))
            self.fail(f'{a} ({len(x)} bytes) and {b} ({len(y)} bytes) differ from byte {first} on')

    def assert_same_graph(self, *paths):
        """The .meta files say the same. (The order of attributes in the bytes depends on protobuf's version.)"""
        a, b = tf.MetaGraphDef(), tf.MetaGraphDef()
        for graph, path in zip((a, b), paths):
            graph.ParseFromString(read_bytes(path))
        self.assertEqual([n.name for n in a.graph_def.node], [n.name for n in b.graph_def.node])
        for x, y in zip(a.graph_def.node, b.graph_def.node):
            self.assertEqual(x, y)
        self.assertEqual(a.saver_def, b.saver_def)
        self.assertEqual(dict(a.collection_def), dict(b.collection_def))
        self.assertEqual(a, b)
