"""What safetensors takes for the tensors of bench/checkpoint_speed.cc; it has no graph and no session.

usage: checkpoint_safetensors.py MODE VARIABLES ELEMENTS FILE
  save, save_durable    save_durable syncs the file afterwards, which safetensors does not do
  save_over             over what is there
  write                 writes FILE once and ends
  restore, one
"""
import os
import sys

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from line_protocol import serve, serve_timed


def build(variables, elements):
    return {f'v{i:05}': np.arange(i, i + elements, dtype=np.float32) for i in range(variables)}


def sync(path):
    for name in path, os.path.dirname(path):
        fd = os.open(name, os.O_RDONLY)
        os.fsync(fd)
        os.close(fd)


def save(mode, model, path):
    def run_steps(count, watch):
        for _ in range(count):
            if mode != 'save_over' and os.path.exists(path):
                os.remove(path)
            with watch:
                save_file(model, path)
                if mode == 'save_durable':
                    sync(path)
        return sum(value.nbytes for value in model.values())
    serve_timed(run_steps, threads=1)


def restore(path):
    def run_steps(count):
        for _ in range(count):
            model = load_file(path)
        return sum(float(v[0]) + 2 * float(v[(len(v) - 1) // 2]) + 3 * float(v[-1]) for v in model.values())
    serve(run_steps, threads=1)


def read_one(variables, path):
    def run_steps(count):
        for _ in range(count):
            with safe_open(path, framework='np') as file:
                value = file.get_tensor(f'v{variables // 2:05}')
        return value[-1]
    serve(run_steps, threads=1)


def main(mode, variables, elements, path):
    variables, elements = int(variables), int(elements)
    if mode == 'write':
        save_file(build(variables, elements), path)
    elif mode == 'one':
        read_one(variables, path)
    elif mode == 'restore':
        restore(path)
    else:
        save(mode, build(variables, elements), path)


main(*sys.argv[1:])
