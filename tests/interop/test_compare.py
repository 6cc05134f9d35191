"""bench/compare runs, and what it compares is the same work."""
import json
import subprocess

from harness import BIN, ROOT, Case


class Compare(Case):
    def compare(self, workload, *options):
        report, folder = self.folder / 'report.json', self.folder / 'work'
        folder.mkdir()
        done = subprocess.run([ROOT / 'bench' / 'compare', workload, '--rounds', '1', '--build', BIN.parent, '--json', report,
                               '--dir', folder, *options], capture_output=True, text=True, timeout=1200)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for comparison in json.loads(report.read_text())['comparisons']:
            roles = [r['role'] for r in comparison['results']]
            self.assertEqual(roles.count('ours'), 1)
            self.assertIn('peer', roles)
        self.assertEqual(list(folder.iterdir()), [])

    def test_training_steps_give_the_same_loss(self):
        self.compare('mnist')

    def test_runs_give_the_same_sum(self):
        self.compare('overhead')

    def test_saves_and_restores_are_of_the_same_tensors(self):
        self.compare('checkpoint', '--quick')
