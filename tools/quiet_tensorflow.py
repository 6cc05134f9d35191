"""TensorFlow 1 without its messages: `from quiet_tensorflow import tf`."""
import contextlib
import os
import warnings


@contextlib.contextmanager
def _no_stderr():
    """The C++ side writes to the descriptor itself."""
    kept, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)


os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'
os.environ['TF_USE_LEGACY_KERAS'] = '1'
warnings.filterwarnings('ignore')
with _no_stderr():
    import tensorflow.compat.v1 as tf

tf.logging.set_verbosity(tf.logging.ERROR)
tf.disable_v2_behavior()
