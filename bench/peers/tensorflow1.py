"""TensorFlow without its messages."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / 'tools'))
from quiet_tensorflow import tf  # noqa: E402,F401
