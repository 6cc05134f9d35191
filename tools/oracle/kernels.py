"""Records what TensorFlow's CPU kernels do, for the tests of ours: tests/fixtures/kernels/FAMILY.cases.

    $(tools/tensorflow_python) tools/oracle/kernels.py [FAMILY...]
"""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]

from kernel_cases import array, elementwise, random, reductions  # noqa: E402
from kernel_cases.recorder import Recorder  # noqa: E402

FAMILIES = {'array': array, 'elementwise': elementwise, 'random': random, 'reductions': reductions}


def main():
    folder = os.path.join(os.path.dirname(os.path.dirname(HERE)), 'tests', 'fixtures', 'kernels')
    os.makedirs(folder, exist_ok=True)
    for name in sys.argv[1:] or FAMILIES:
        recorder = Recorder()
        FAMILIES[name].record(recorder)
        recorder.write(os.path.join(folder, name + '.cases'))
        print(f'{name}: {recorder.count} cases, {recorder.size} bytes')


if __name__ == '__main__':
    main()
