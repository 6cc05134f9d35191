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
        comparisons = json.loads(report.read_text())['comparisons']
        for comparison in comparisons:
            roles = [r['role'] for r in comparison['results']]
            self.assertEqual(roles.count('ours'), 1)
            self.assertIn('peer', roles)
        self.assertEqual(list(folder.iterdir()), [])
        return [comparison['title'] for comparison in comparisons]

    def test_training_steps_give_the_same_loss(self):
        self.compare('mnist')

    def test_runs_give_the_same_sum(self):
        self.compare('overhead')

    def test_saves_and_restores_are_of_the_same_tensors(self):
        self.compare('checkpoint', '--quick')

    def test_rows_that_nobody_asked_for_are_left_out(self):
        titles = self.compare('checkpoint', '--quick', '--only', '16 MB', '--rows', 'one tensor')
        self.assertEqual(titles, ['16 MB in 16 variables: one tensor of it, with opening the file'])
