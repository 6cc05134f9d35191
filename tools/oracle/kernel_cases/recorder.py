"""Runs one operation at a time and writes down what went in and what came out.

A .cases file: b'tenon kernel cases 1\\n', then cases until the end. All numbers little-endian.
  case:   bytes NodeDef, f32 rtol factor, f32 atol, u32 runs, runs
  run:    u32 inputs, tensors, u8 fine
          fine: u32 outputs, tensors       not fine: u32 status code, bytes message, u8 whether the words count
  tensor: i32 dtype, u32 rank, i64 sizes, elements (of strings: bytes each)
  bytes:  u32 count, the bytes
The runs of a case are those of one session, one after the other.
"""
import struct

import numpy as np
from quiet_tensorflow import tf
from tensorflow.core.protobuf import config_pb2, rewriter_config_pb2
from tensorflow.python.framework import op_def_library, op_def_registry

BFLOAT16 = tf.bfloat16.as_numpy_dtype


def _config():
    config = config_pb2.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    config.graph_options.optimizer_options.opt_level = config_pb2.OptimizerOptions.L0
    return config


def _bytes(data):
    return struct.pack('<I', len(data)) + data


def _tensor(array):
    array = np.asarray(array)
    if array.dtype.kind in 'OSU':
        dtype = tf.string
        body = b''.join(_bytes(x if isinstance(x, bytes) else str(x).encode()) for x in array.ravel())
    else:
        dtype = tf.as_dtype(array.dtype)
        body = np.ascontiguousarray(array).tobytes()
    head = struct.pack('<iI', dtype.as_datatype_enum, array.ndim) + struct.pack(f'<{array.ndim}q', *array.shape)
    return head + body


def _default(attr):
    value = attr.default_value
    kind = value.WhichOneof('value')
    if kind == 's':
        return value.s.decode()
    if kind == 'type':
        return tf.as_dtype(value.type)
    if kind == 'shape':
        return tf.TensorShape(value.shape)
    if kind == 'list':
        return list(value.list.i)
    return getattr(value, kind)


def _core(message):
    """The kernel's own words in a session's error."""
    text = message.split("Node: 'under_test'\n", 1)[-1]
    return text.split('\n\t [[')[0].strip()


class Recorder:
    def __init__(self):
        self._parts = [b'tenon kernel cases 1\n']
        self.count = 0

    @property
    def size(self):
        return sum(map(len, self._parts))

    def write(self, path):
        with open(path, 'wb') as file:
            file.write(b''.join(self._parts))

    def add(self, op, *inputs, runs=1, rtol=1.0, atol=0.0, words=True, **attrs):
        """One case. An input that is a list feeds a list argument. `words`: errors must say what TensorFlow says."""
        definition = op_def_registry.get(op)
        flat = []
        with tf.Graph().as_default() as graph:
            arguments = {}
            for spec, value in zip(definition.input_arg, inputs):
                values = value if spec.number_attr or spec.type_list_attr else [value]
                arrays = [np.asarray(v) for v in values]
                holders = [tf.placeholder(tf.string if a.dtype.kind in 'OSU' else a.dtype, None) for a in arrays]
                flat += list(zip(holders, arrays))
                arguments[spec.name] = holders if spec.number_attr or spec.type_list_attr else holders[0]
            inferred = {a for i in definition.input_arg for a in (i.type_attr, i.number_attr, i.type_list_attr)}
            for attr in definition.attr:
                if attr.name not in attrs and attr.name not in inferred and attr.HasField('default_value'):
                    attrs[attr.name] = _default(attr)
            try:
                _, _, node, _ = op_def_library._apply_op_helper(op, name='under_test', **arguments, **attrs)
            except (ValueError, TypeError) as error:
                if 'not in list of allowed values' in str(error):
                    return  # this operation has no such type
                raise ValueError(f'{op} {[v for _, v in flat]} {attrs}: {error}') from error
            with tf.Session(graph=graph, config=_config()) as session:
                case = [self._run(session, node, flat, words) for _ in range(runs)]
        if not all(case):
            return
        self._parts.append(_bytes(node.node_def.SerializeToString(deterministic=True)))
        self._parts.append(struct.pack('<ffI', rtol, atol, runs) + b''.join(case))
        self.count += 1

    @staticmethod
    def _run(session, node, flat, words):
        head = struct.pack('<I', len(flat)) + b''.join(_tensor(array) for _, array in flat)
        try:
            outputs = session.run(list(node.outputs), dict(flat))
        except tf.errors.OpError as error:
            if 'No OpKernel was registered' in error.message or 'UNIMPLEMENTED' in error.message:
                return None  # TensorFlow has no kernel for this type
            return head + struct.pack('<BI', 0, error.error_code) + _bytes(_core(error.message).encode()) + bytes([words])
        return head + struct.pack('<BI', 1, len(outputs)) + b''.join(map(_tensor, outputs))
