"""Runs the test_*.py files of this folder; see `run`. The last line is the count: "N passed, N failed".

As many files run at the same time as there are processors, in processes that each load TensorFlow once.
"""
import concurrent.futures
import multiprocessing
import os
import pathlib
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
LONGEST = 'test_compare', 'test_examples'  # begin with these


class Result(unittest.TestResult):
    """One line a test; what failed is said at once."""

    passed = 0

    def startTest(self, test):
        super().startTest(test)
        self._begin = time.monotonic()

    def addSuccess(self, test):
        self.passed += 1
        self._line('ok', test)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self._line('FAILED', test, self.failures[-1][1])

    def addError(self, test, error):
        super().addError(test, error)
        self._line('FAILED', test, self.errors[-1][1])

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error:
            both = self.failures if issubclass(error[0], test.failureException) else self.errors
            self._line('FAILED', subtest, both[-1][1])

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._line('skipped', test, reason)

    def _line(self, word, test, detail=''):
        seconds = time.monotonic() - getattr(self, '_begin', time.monotonic())
        lines = detail.splitlines()
        if len(lines) > 30:  # TensorFlow's errors hold the stack of each node, and the list of all kernels
            lines = lines[:6] + ['...'] + lines[-20:]
        said = [f'{word:8}{test.id()} ({seconds:.1f} s)', *('        ' + line[:300] for line in lines)]
        sys.stdout.write('\n'.join(said) + '\n')  # as one: others write too
        sys.stdout.flush()


def wanted(suite, parts):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from wanted(test, parts)
        elif not parts or any(part in test.id() for part in parts):
            yield test


def run_module(name, parts):
    """How many tests of a file passed, failed and were skipped."""
    sys.path.insert(0, str(HERE))
    tests = unittest.TestSuite(wanted(unittest.defaultTestLoader.loadTestsFromName(name), parts))
    result = Result()
    tests.run(result)
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    return result.passed, failed, len(result.skipped)


def main(build=None, *parts):
    os.environ['TENON_BUILD'] = os.path.abspath(build or HERE.parents[1] / 'build' / 'release')
    modules = sorted((path.stem for path in HERE.glob('test_*.py')), key=lambda name: (name not in LONGEST, name))
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context('spawn')) as processes:
        runs = [processes.submit(run_module, name, parts) for name in modules]
        passed, failed, skipped = map(sum, zip(*(run.result() for run in runs)))
    print(f'{passed} passed, {failed} failed' + (f', {skipped} skipped' if skipped else ''))
    return 0 if passed and not failed else 1


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
