"""Runs the test_*.py files of this folder; see `run`. The last line is the count: "N passed, N failed"."""
import os
import pathlib
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent


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
        print(f'{word:8}{test.id()} ({seconds:.1f} s)', flush=True)
        lines = detail.splitlines()
        if len(lines) > 30:  # TensorFlow's errors hold the stack of each node, and the list of all kernels
            lines = lines[:6] + ['...'] + lines[-20:]
        for line in lines:
            print('        ' + line[:300], flush=True)


def wanted(suite, parts):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from wanted(test, parts)
        elif not parts or any(part in test.id() for part in parts):
            yield test


def main(build=None, *parts):
    sys.path.insert(0, str(HERE))
    os.environ['TENON_BUILD'] = os.path.abspath(build or HERE.parents[1] / 'build' / 'release')
    tests = unittest.TestSuite(wanted(unittest.defaultTestLoader.discover(str(HERE)), parts))
    result = Result()
    tests.run(result)
    skipped = f', {len(result.skipped)} skipped' if result.skipped else ''
    print(f'{result.passed} passed, {len(result.failures) + len(result.errors)} failed{skipped}')
    return 0 if result.wasSuccessful() and result.passed else 1


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
