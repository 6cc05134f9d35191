"""Arithmetic element by element, casts, selections."""
import numpy as np
from quiet_tensorflow import tf

from .recorder import BFLOAT16

FLOATS = [np.float32, np.float64, np.float16, BFLOAT16]
INTS = [np.int32, np.int64, np.uint8, np.int8, np.int16, np.uint16, np.uint32, np.uint64]
COMPLEX = [np.complex64, np.complex128]
NUMBERS = FLOATS + INTS + COMPLEX
ODD = [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0]


def numbers(dtype, shape, seed=0, low=-4, high=5):
    """Small whole and half numbers, so that every type holds them."""
    random = np.random.RandomState(seed)
    if np.dtype(dtype).kind == 'c':
        return (numbers(np.float64, shape, seed) + 1j * numbers(np.float64, shape, seed + 1)).astype(dtype)
    if np.dtype(dtype).kind == 'u':
        return random.randint(0, high + 2, shape).astype(dtype)
    if np.dtype(dtype).kind == 'i':
        return random.randint(low, high, shape).astype(dtype)
    return (random.randint(2 * low, 2 * high, shape) / 2 + 0.25).astype(dtype)


SHAPES = [((), ()), ((5,), (5,)), ((2, 3), ()), ((), (2, 3)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((2, 3, 4), (3, 1)),
          ((1,), (2, 1, 3)), ((0, 3), (1, 3)), ((3, 1, 2, 1), (4, 1, 5)), ((2, 1, 3, 1, 2), (1, 4, 1, 3, 1))]


def binary(r):
    for op in ['AddV2', 'Sub', 'Mul', 'RealDiv', 'Maximum', 'SquaredDifference', 'Less']:
        for a, b in SHAPES:
            r.add(op, numbers(np.float32, a, 1), numbers(np.float32, b, 2))
        r.add(op, np.zeros((2, 3), np.float32), np.zeros(4, np.float32))
        r.add(op, numbers(np.float32, (30, 40), 3), numbers(np.float32, (40,), 4))
    everything = {
        'Add': NUMBERS, 'AddV2': NUMBERS, 'Sub': NUMBERS, 'Mul': NUMBERS, 'SquaredDifference': FLOATS + [np.int32, np.int64] + COMPLEX,
        'RealDiv': FLOATS + COMPLEX, 'DivNoNan': FLOATS + COMPLEX, 'MulNoNan': FLOATS + COMPLEX, 'Maximum': FLOATS + INTS,
        'Minimum': FLOATS + INTS, 'Less': FLOATS + INTS, 'LessEqual': FLOATS + INTS, 'Greater': FLOATS + INTS,
        'GreaterEqual': FLOATS + INTS, 'Equal': NUMBERS + [np.bool_], 'NotEqual': NUMBERS + [np.bool_],
        'Atan2': FLOATS, 'Xlogy': FLOATS[:2], 'Xdivy': FLOATS[:2] + COMPLEX}
    for op, types in everything.items():
        for dtype in types:
            if np.dtype(dtype).kind == 'b':
                r.add(op, np.array([True, False, True]), np.array([True, True, False]))
            else:
                r.add(op, numbers(dtype, (3, 5), 5), numbers(dtype, (5,), 6))
    for op in ['Div', 'FloorDiv', 'FloorMod', 'Mod', 'TruncateDiv', 'Pow']:
        for dtype in FLOATS[:2] + INTS if op not in ('Mod', 'TruncateDiv') else [np.int32, np.int64]:
            b = numbers(dtype, (5,), 6)
            b[b == 0] = 1
            r.add(op, numbers(dtype, (3, 5), 5), np.abs(b) if op == 'Pow' and np.dtype(dtype).kind == 'i' else b)
    r.add('Add', np.array([b'ab', b'']), np.array(b'c'))
    r.add('Equal', np.array([b'ab', b'']), np.array(b''))
    r.add('NotEqual', np.array([b'ab', b'']), np.array(b''))


def corners(r):
    x = np.array(ODD, np.float32)
    for op in ['AddV2', 'Mul', 'RealDiv', 'Maximum', 'Minimum', 'FloorDiv', 'FloorMod', 'Pow', 'Less', 'Equal', 'NotEqual',
               'DivNoNan', 'MulNoNan', 'Atan2', 'Xlogy', 'Xdivy', 'SquaredDifference']:
        r.add(op, x[:, None], x[None, :])
    low = np.iinfo(np.int32).min
    for op in ['AddV2', 'Sub', 'Mul', 'SquaredDifference']:
        r.add(op, np.array([low, 2**31 - 1], np.int32), np.array([-1, 2], np.int32))
    for op in ['Div', 'FloorDiv', 'FloorMod', 'TruncateMod', 'TruncateDiv']:
        if not op.startswith('Truncate'):  # their words for it are "Unexpected error in binary operator"
            r.add(op, np.array([5, -5, 5], np.int32), np.array([3, 0, -3], np.int32))
        r.add(op, np.array([7, -7, 7, -7, 6, -6], np.int32), np.array([3, 3, -3, -3, 3, -3], np.int32))
    r.add('Pow', np.array([5, -5, 5], np.int32), np.array([3, 0, -3], np.int32))
    r.add('Pow', np.array([3, -3, 0, 10], np.int64), np.array([39, 3, 0, 18], np.int64))
    for op in ['Equal', 'NotEqual']:
        r.add(op, np.zeros((2, 3), np.float32), np.zeros(4, np.float32), incompatible_shape_error=False)
        r.add(op, np.zeros((2, 3), np.float32), np.zeros(4, np.float32))
    for op in ['LogicalAnd', 'LogicalOr']:
        r.add(op, np.array([[True], [False]]), np.array([True, False]))
    for op in ['BitwiseAnd', 'BitwiseOr', 'BitwiseXor']:
        r.add(op, numbers(np.int32, (3, 5), 5), numbers(np.int32, (5,), 6))
        r.add(op, numbers(np.uint8, (3, 5), 5), numbers(np.uint8, (5,), 6))


def unary(r):
    both = ['Neg', 'Square', 'Sqrt', 'Rsqrt', 'Reciprocal', 'Inv', 'Exp', 'Log', 'Log1p', 'Expm1', 'Tanh', 'Sigmoid', 'Sign', 'Sin',
            'Cos', 'Tan', 'Asin', 'Acos', 'Atan', 'Sinh', 'Cosh', 'Asinh', 'Acosh', 'Atanh']
    real = ['Abs', 'Floor', 'Ceil', 'Round', 'Rint', 'Erf', 'Erfc', 'Lgamma', 'Softplus', 'IsFinite', 'IsNan', 'IsInf']
    random = np.random.RandomState(1)
    for op in both + real:
        narrow = op in ('Asin', 'Acos', 'Atanh')
        for dtype in FLOATS:
            if op in ('Rint', 'Asinh', 'Acosh', 'Atanh', 'Tan', 'Asin', 'Acos', 'Atan', 'Sinh', 'Cosh') and dtype not in FLOATS[:2]:
                continue
            x = random.uniform(-0.95 if narrow else -6, 0.95 if narrow else 6, (7, 11)).astype(dtype)
            r.add(op, x, rtol=4, atol=4e-7 if dtype == np.float32 else 0)
        r.add(op, np.array(ODD + [0.5, 1.5, -2.5, 90, -90, 1e-3, 17, -17], np.float32), rtol=4,
              atol=1e-37)  # TensorFlow flushes subnormal results to zero
        r.add(op, np.zeros((0, 3), np.float32))
        if op in both:
            r.add(op, numbers(np.complex64, (4,), 3) * np.complex64(0.3 if narrow else 1), rtol=8, atol=1e-6)
    for op in ['Neg', 'Abs', 'Square', 'Sign']:
        for dtype in [np.int32, np.int64] + ([np.int8, np.int16] if op != 'Sign' and op != 'Square' else []):
            r.add(op, np.array([-3, 0, 5, np.iinfo(dtype).min], dtype))
    r.add('LogicalNot', np.array([True, False]))
    r.add('Invert', np.array([0, -5, 7], np.int32))
    for op in ['Real', 'Imag', 'ComplexAbs', 'Angle', 'Conj']:
        attrs = {} if op == 'Conj' else {'Tout': tf.float32}
        r.add(op, numbers(np.complex64, (5,), 3), rtol=4, **attrs)
    r.add('Complex', numbers(np.float32, (2, 3), 3), numbers(np.float32, (3,), 4))
    for op in ['TanhGrad', 'SigmoidGrad', 'ReciprocalGrad', 'InvGrad', 'SqrtGrad', 'RsqrtGrad']:
        for dtype in [np.float32, np.float64, np.float16, np.complex64]:
            r.add(op, numbers(dtype, (3, 4), 1), numbers(dtype, (3, 4), 2), rtol=4, atol=1e-6)
        r.add(op, np.zeros((2, 3), np.float32), np.zeros((4,), np.float32), words=False)


def casts(r):
    types = FLOATS + INTS + COMPLEX + [np.bool_]
    for source in types:
        x = numbers(source, (9,), 1) if np.dtype(source).kind != 'b' else np.array([True, False, True])
        for target in types:
            # What becomes of numbers that do not fit depends on TensorFlow's vector width; of int32 and int64 it does not.
            unsigned = np.dtype(target).kind == 'u' and source in FLOATS + COMPLEX
            r.add('Cast', np.abs(x).astype(source) if unsigned else x, DstT=tf.as_dtype(target))
    odd = [0.0, np.nan, np.inf, -np.inf, 1e20, -1e20, 1e10, -1e10, 3e9, -3e9, 300.7, -300.7, -1.5, 1e19, 70000.0, 40000.0]
    for source in (np.float32, np.float64):
        for target in FLOATS + COMPLEX + [np.int32, np.int64, np.bool_]:
            r.add('Cast', np.array(odd, source), DstT=tf.as_dtype(target))
        r.add('Cast', np.array([0, 1e19, 9e18, 3e9, 1.9], source), DstT=tf.uint64)
        r.add('Cast', np.array([0, 4e9, 3e9, 1.9], source), DstT=tf.uint32)
    for target in types:
        r.add('Cast', np.array([2**31 - 1, -2**31, 300, -300, 70000], np.int32), DstT=tf.as_dtype(target))
    fine = np.array([1 + i / 1000 + 1e-7 * i for i in range(-20, 20)])
    for target in (np.float16, BFLOAT16):
        for truncate in (False, True):
            r.add('Cast', fine.astype(np.float32), DstT=tf.as_dtype(target), Truncate=truncate)
    r.add('Cast', fine, DstT=tf.float32, Truncate=True)
    r.add('Cast', np.array([b'a']), DstT=tf.float32, words=False)


def choices(r):
    x, y = numbers(np.float32, (2, 3), 1), numbers(np.float32, (2, 3), 2)
    r.add('Select', np.array([[True, False, True], [False, True, False]]), x, y)
    r.add('Select', np.array(True), x, y)
    r.add('Select', np.array([True, False]), x, y)
    r.add('Select', np.array([True]), x, y)
    r.add('Select', np.array([True, False]), np.array([b'a', b'b']), np.array([b'c', b'd']))
    for c, a, b in [((2, 3), (2, 3), (2, 3)), ((2, 1), (3,), ()), ((), (2, 1), (1, 3)), ((4, 1, 1), (2, 1), (3,)), ((0,), (1,), (1,))]:
        r.add('SelectV2', numbers(np.int32, c, 3) > 0, numbers(np.float32, a, 1), numbers(np.float32, b, 2))
    r.add('SelectV2', np.array([True, False]), x, y, words=False)
    for dtype in FLOATS + INTS:
        r.add('ClipByValue', numbers(dtype, (9,), 1), np.array(1, dtype), np.array(3, dtype))
    r.add('ClipByValue', np.array([np.nan, 1, 2], np.float32), np.float32(1.5), np.float32(1))
    r.add('ClipByValue', numbers(np.float32, (3,), 1), np.float32([0, 1, 2]), np.float32(2))
    r.add('ClipByValue', numbers(np.float32, (3,), 1), np.float32([0, 1]), np.float32(2))
    for n in (1, 2, 5):
        r.add('AddN', [numbers(np.float32, (3, 4), i) for i in range(n)])
    r.add('AddN', [numbers(np.int32, (3,), i) for i in range(3)])
    r.add('AddN', [np.zeros((2, 3), np.float32), np.zeros(4, np.float32)])
    for s0, s1 in [([2, 3, 1], [3, 4]), ([2, 1, 1], [1, 1]), ([1, 1], [1, 1]), ([], [3]), ([2, 3], [2, 3]), ([2, 3], [4]), ([1], [2, 1]),
                   ([5, 1, 3], [1]), ([0, 2], [1])]:
        r.add('BroadcastGradientArgs', np.array(s0, np.int32), np.array(s1, np.int32))
        r.add('BroadcastArgs', np.array(s0, np.int64), np.array(s1, np.int64))


def record(r):
    binary(r)
    corners(r)
    unary(r)
    casts(r)
    choices(r)
