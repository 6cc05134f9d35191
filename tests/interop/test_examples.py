"""The Saver examples: both programs of a pair print the same lines, and each goes on with the other's files."""
import subprocess
import sys

from harness import BIN, ROOT, Case

# The steps that write what the others read.
WRITERS = {'save_some_variables': (1, 3)}
STEPS = {'save_some_variables': 4, 'initialise_and_restore': 4, 'graph_alone': 4}


class Examples(Case):
    def lines(self, command, *steps):
        done = subprocess.run([*command, self.folder / 'model.ckpt', *map(str, steps)], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def check(self, name):
        ours, theirs = [BIN / name], [sys.executable, ROOT / 'examples' / f'{name}.py']
        expected = (ROOT / 'tests' / 'examples' / 'expected' / f'{name}.txt').read_text()
        self.assertEqual(self.lines(theirs), expected)
        writers = WRITERS.get(name, (1,))
        for writer, reader in (ours, theirs), (theirs, ours):
            text = ''.join(self.lines(writer if step in writers else reader, step)
                           for step in range(1, STEPS.get(name, 2) + 1))
            self.assertEqual(text, expected)

    # proves: S5.1
    def test_save_and_load(self):
        self.check('save_and_load')

    # proves: S5.2
    def test_initialise_and_restore(self):
        self.check('initialise_and_restore')

    # proves: S3.2 S3.3
    def test_save_some_variables(self):
        self.check('save_some_variables')

    # proves: S5.1 S5.2 S5.3 E22
    def test_restore_some_variables(self):
        self.check('restore_some_variables')

    # proves: S3.3 S5.3
    def test_restore_renamed(self):
        self.check('restore_renamed')

    # proves: S6.1 S7.21
    def test_load_the_graph(self):
        self.check('load_the_graph')

    # proves: S6.1 S7.21 E22
    def test_graph_alone(self):
        self.check('graph_alone')
