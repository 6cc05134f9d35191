"""A training step of the MNIST example: ours, TensorFlow's, and the products of the step alone in oneDNN."""
import subprocess

from measure import Comparison, Contestant


def comparisons(setting):
    subprocess.run(setting.peer('mnist_step.py', '--write', setting.folder), check=True)
    files = [setting.folder / 'model', setting.folder / 'batches.npz']
    yield Comparison('MNIST training step, batch 64, float32', [
        Contestant('tenon', setting.program('mnist_step', *files), 'ours'),
        Contestant('TensorFlow', setting.peer('mnist_step.py', *files), 'peer'),
        Contestant('limit: oneDNN alone', setting.program('mnist_limit'), 'limit'),
    ], value='loss')
