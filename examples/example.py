"""What the main of an example in steps does.

usage: EXAMPLE PREFIX [STEP...]      PREFIX: the checkpoint's name; STEP: the numbers of the steps to do, otherwise all
"""
import sys

import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()


def main(*steps):
    if len(sys.argv) < 2:
        sys.exit(f'usage: {sys.argv[0]} PREFIX [STEP...]')
    for number, step in enumerate(steps, 1):
        if not sys.argv[2:] or str(number) in sys.argv[2:]:
            step(sys.argv[1])


def text(error):
    """What went wrong; around it TensorFlow tells where."""
    return error.message.splitlines()[-2]
