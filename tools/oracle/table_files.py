"""Writes tables and V2 checkpoints byte by byte, without TensorFlow: forms of them that it reads but never writes on a
little-endian machine (big-endian checkpoints, blocks compressed with Snappy)."""
import struct

import numpy as np

_POLYNOMIAL = 0x82F63B78  # Castagnoli, reflected
_TABLE = []
for _i in range(256):
    for _ in range(8):
        _i = _i >> 1 ^ (_POLYNOMIAL if _i & 1 else 0)
    _TABLE.append(_i)


def crc32c(data, crc=0):
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def masked(crc):
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def varint(value):
    out = b''
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number, value):
    """An int as a varint, bytes as they are; nothing for 0, as in proto3."""
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    return varint(number << 3) + varint(value) if value else b''


def snappy(data):
    """Literals only."""
    out = varint(len(data))
    for begin in range(0, len(data), 60):
        piece = data[begin:begin + 60]
        out += bytes([len(piece) - 1 << 2]) + piece
    return out


def table(entries, compress=False):
    """entries: key -> value. One data block, in which each key stands whole."""
    out = b''

    def block(items):
        nonlocal out
        body, restarts = b'', []
        for key, value in items:
            restarts.append(len(body))
            body += varint(0) + varint(len(key)) + varint(len(value)) + key + value
        body += b''.join(struct.pack('<I', r) for r in restarts or [0]) + struct.pack('<I', len(restarts) or 1)
        kind = b'\1' if compress else b'\0'
        body = snappy(body) if compress else body
        handle = varint(len(out)) + varint(len(body))
        out += body + kind + struct.pack('<I', masked(crc32c(body + kind)))
        return handle

    items = sorted(entries.items())
    data = block(items)
    meta = block([])
    index = block([(items[-1][0] + b'z', data)])
    footer = meta + index
    return out + footer.ljust(40, b'\0') + bytes.fromhex('57fb808b247547db')


def encode(array, order):
    """The stored bytes of a tensor and their checksum. Strings are arrays of objects."""
    if array.dtype != object:
        size = array.dtype.itemsize // (2 if array.dtype.kind == 'c' else 1)
        data = array.tobytes()
        if order == '>':
            data = np.frombuffer(data, np.dtype(f'V{size}')).tolist()
            data = b''.join(bytes(element)[::-1] for element in data)
        return data, crc32c(data)
    values = array.ravel().tolist()
    lengths = crc32c(b''.join(struct.pack(order + 'I', len(v)) for v in values))
    checksum, text = struct.pack(order + 'I', masked(lengths)), b''.join(values)
    return b''.join(varint(len(v)) for v in values) + checksum + text, crc32c(checksum + text, lengths)


def write_bundle(prefix, tensors, order='<', compress=False):
    """tensors: name -> (number of the type, array)."""
    data, entries = b'', {b'': field(1, 1) + field(2, int(order == '>')) + field(3, field(1, 1))}
    for name, (dtype, array) in sorted(tensors.items()):
        stored, crc = encode(array, order)
        shape = b''.join(field(2, field(1, dim)) for dim in array.shape)
        entries[name.encode()] = (field(1, dtype) + field(2, shape) + field(4, len(data)) + field(5, len(stored)) +
                                  varint(6 << 3 | 5) + struct.pack('<I', masked(crc)))
        data += stored
    for ending, content in ('.index', table(entries, compress)), ('.data-00000-of-00001', data):
        with open(str(prefix) + ending, 'wb') as file:
            file.write(content)
