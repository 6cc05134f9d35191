"""bench/compare runs, and what it compares is the same work."""
import json
import subprocess

from harness import BIN, ROOT, Case


class Compare(Case):
    def compare(self, workload):
        report = self.folder / 'report.json'
        done = subprocess.run([ROOT / 'bench' / 'compare', workload, '--rounds', '1', '--build', BIN.parent, '--json', report],
                              capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for comparison in json.loads(report.read_text())['comparisons']:
            roles = [r['role'] for r in comparison['results']]
            self.assertEqual(roles.count('ours'), 1)
            self.assertIn('peer', roles)

    def test_training_steps_give_the_same_loss(self):
        self.compare('mnist')

    def test_runs_give_the_same_sum(self):
        self.compare('overhead')
