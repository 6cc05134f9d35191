"""The peer's side of line_protocol.h."""
import os
import sys
import time


class Stopwatch:
    """What a step took of the time that counts; the rest of it was preparation."""

    def __init__(self):
        self.spent = 0.

    def __enter__(self):
        self.begin = time.perf_counter()

    def __exit__(self, *_):
        self.spent += time.perf_counter() - self.begin


def serve_timed(run_steps, threads=None):
    """run_steps(count, watch) does its work `with watch:`."""
    print('ready', threads or len(os.sched_getaffinity(0)), flush=True)
    for line in sys.stdin:
        command, steps = line.split()
        if command != 'steps':
            sys.exit(f'expected "steps N", found "{line.strip()}"')
        watch = Stopwatch()
        value = run_steps(int(steps), watch)
        print(f'{watch.spent * 1000 / int(steps):.9g} {float(value):.9g}', flush=True)


def serve(run_steps, threads=None):
    """The same with all of run_steps(count) counting."""
    def timed(steps, watch):
        with watch:
            return run_steps(steps)
    serve_timed(timed, threads)
