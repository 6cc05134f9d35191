"""Records one step of each of TensorFlow's update rules, for the tests of ours: tests/fixtures/optimizers/steps.npz.

    $(tools/tensorflow_python) tools/oracle/optimizers.py

Member "cases" has a line for each step:
    OP DTYPE SHAPE INDICES FLAGS SCALARS
    SparseApplyFtrl float32 6,5 4,0,4 multiply_linear_by_lr=1 lr_power=-0.7         "-" for nothing
Member DTYPE holds the numbers of its steps one after another: the variables before, the other inputs in the op's order
but for the indices, the variables after. All numbers are of that dtype, integers as well.
"""
import os
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]

from quiet_tensorflow import tf  # noqa: E402
from tensorflow.python.framework import op_def_registry  # noqa: E402

SCALARS = {'alpha': .1, 'lr': .1, 'l1': .02, 'l2': .3, 'l2_shrinkage': .05, 'lr_power': -.5, 'momentum': .9, 'rho': .95,
           'epsilon': 1e-3, 'beta1': .9, 'beta2': .99, 'beta1_power': .9 ** 3, 'beta2_power': .99 ** 3, 'global_step': 3,
           'sign_decay': .8, 'beta': .85, 'logbase': 1.}
# The rules: their flags, and scalars to try besides.
RULES = {
    'GradientDescent': [{}],
    'Momentum': [{}, {'use_nesterov': True}],
    'KerasMomentum': [{}, {'use_nesterov': True}],
    'Adam': [{}, {'use_nesterov': True}],
    'AdamWithAmsgrad': [{}],
    'AdaMax': [{}],
    'Adagrad': [{}, {'update_slots': False}],
    'AdagradV2': [{}, {'update_slots': False}],
    'AdagradDA': [{}, {'l1': 0.}],
    'RMSProp': [{}],
    'CenteredRMSProp': [{}],
    'Adadelta': [{}],
    'Ftrl': [{}, {'multiply_linear_by_lr': True}, {'lr_power': -.7}, {'l1': 0., 'l2': 0.}],
    'FtrlV2': [{}, {'multiply_linear_by_lr': True}, {'lr_power': -.7}, {'l2_shrinkage': 0.}],
    'ProximalGradientDescent': [{}, {'l1': 0.}],
    'ProximalAdagrad': [{}, {'l1': 0.}],
    'AddSign': [{}],
    'PowerSign': [{}],
}
DTYPES = {t.name: t for t in (tf.float32, tf.float64, tf.float16, tf.bfloat16)}
DENSE = [((37,), None)]
SPARSE = [((6, 5), [4, 0, 4]), ((7,), [1, 6, 1, 0])]


def variables_of(definition):
    names = [arg.name for arg in definition.input_arg]
    first_other = min(names.index(n) for n in names if n in SCALARS or n in ('grad', 'delta', 'indices'))
    return names[:first_other]


class Recorder:
    def __init__(self):
        self.cases, self.numbers = [], {name: [] for name in DTYPES}
        self.random = np.random.RandomState(7)

    def step(self, op, dtype, shape, indices, changes):
        definition = op_def_registry.get(op)
        attrs = {a.name for a in definition.attr}
        flags = {k: v for k, v in changes.items() if k in attrs}
        if any(k not in attrs and k not in SCALARS for k in changes):
            return
        kind = dtype.as_numpy_dtype
        with tf.Graph().as_default(), tf.Session() as session:
            variables, before, inputs, others = [], [], {}, []
            for i, name in enumerate(variables_of(definition)):
                value = self.random.standard_normal(shape).astype(np.float32)
                if i > 0 and name not in ('m', 'mg', 'mom', 'linear', 'gradient_accumulator'):
                    value = np.abs(value) + np.float32(1.1)  # sums of squares
                if name == 'mg':
                    value *= np.float32(.25)  # its square is less than ms
                variable = tf.Variable(value.astype(kind), use_resource=op.startswith('Resource'))
                variables.append(variable)
                before.append(value.astype(kind))
                inputs[name] = variable.handle if op.startswith('Resource') else variable._variable
            for arg in definition.input_arg:
                if arg.name in inputs:
                    continue
                if arg.name == 'indices':
                    inputs['indices'] = np.array(indices, np.int32)
                    continue
                if arg.name in ('grad', 'delta'):
                    rows = shape if indices is None else (len(indices),) + shape[1:]
                    value = self.random.standard_normal(rows).astype(np.float32).astype(kind)
                else:
                    value = np.array(changes.get(arg.name, SCALARS[arg.name])).astype(kind)
                others.append(value)
                inputs[arg.name] = tf.constant(value) if arg.name != 'global_step' else tf.constant(3, tf.int64)
            session.run(tf.global_variables_initializer())
            try:
                session.run(getattr(tf.raw_ops, op)(**inputs, **flags))
            except tf.errors.InvalidArgumentError as error:
                if 'No OpKernel' not in str(error):
                    raise
                return
            after = session.run(variables)
        text = lambda numbers: ','.join(map(str, numbers)) if numbers is not None else '-'
        on = ','.join(f'{k}={int(v)}' for k, v in flags.items()) or '-'
        unusual = ','.join(f'{k}={v}' for k, v in changes.items() if k not in attrs) or '-'
        self.cases.append(f'{op} {dtype.name} {text(shape)} {text(indices)} {on} {unusual}')
        self.numbers[dtype.name] += [np.ravel(x) for x in before + others + after]


def main():
    recorder = Recorder()
    for rule, variants in RULES.items():
        for prefix in ('Apply', 'SparseApply', 'ResourceApply', 'ResourceSparseApply'):
            if op_def_registry.get(prefix + rule) is None:
                continue
            only = op_def_registry.get('Apply' + rule) is None
            for name, dtype in DTYPES.items():
                if prefix.startswith('Resource') and not only and name != 'float32':
                    continue  # the kernels are the same
                for changes in variants:
                    for shape, indices in SPARSE if 'Sparse' in prefix else DENSE:
                        recorder.step(prefix + rule, dtype, shape, indices, changes)
    folder = os.path.join(os.path.dirname(os.path.dirname(HERE)), 'tests', 'fixtures', 'optimizers')
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, 'steps.npz')
    numbers = {name: np.concatenate(parts) for name, parts in recorder.numbers.items()}
    np.savez_compressed(path, cases=np.array(recorder.cases, 'S'), **numbers)
    print(f'{len(recorder.cases)} steps, {os.path.getsize(path)} bytes')


if __name__ == '__main__':
    main()
