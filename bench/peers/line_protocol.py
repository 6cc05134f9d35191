"""The peer's side of line_protocol.h."""
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / 'tools'))
from quiet_tensorflow import tf  # noqa: E402,F401


def serve(run_steps, threads=None):
    print('ready', threads or len(os.sched_getaffinity(0)), flush=True)
    for line in sys.stdin:
        command, steps = line.split()
        if command != 'steps':
            sys.exit(f'expected "steps N", found "{line.strip()}"')
        begin = time.perf_counter()
        value = run_steps(int(steps))
        spent = (time.perf_counter() - begin) * 1000 / int(steps)
        print(f'{spent:.9g} {float(value):.9g}', flush=True)
