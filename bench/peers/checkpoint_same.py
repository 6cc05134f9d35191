"""Checks, with TensorFlow and safetensors, that all that was saved are the tensors of bench/checkpoint_speed.cc.

usage: checkpoint_same.py VARIABLES ELEMENTS CHECKPOINT... FILE.safetensors...
"""
import sys

import numpy as np
from safetensors import safe_open

from tensorflow1 import tf


def check(path, names, tensor, variables, elements):
    if sorted(names) != [f'v{i:05}' for i in range(variables)]:
        sys.exit(f'{path}: {len(names)} tensors, not v00000 to v{variables - 1:05}')
    for i, name in enumerate(sorted(names)):
        if not np.array_equal(tensor(name), np.arange(i, i + elements, dtype=np.float32)):
            sys.exit(f'{path}: {name} has other values')


def main(variables, elements, *paths):
    variables, elements = int(variables), int(elements)
    for path in paths:
        if path.endswith('.safetensors'):
            with safe_open(path, framework='np') as file:
                check(path, list(file.keys()), file.get_tensor, variables, elements)
        else:
            reader = tf.train.load_checkpoint(path)
            check(path, list(reader.get_variable_to_shape_map()), reader.get_tensor, variables, elements)


main(*sys.argv[1:])
