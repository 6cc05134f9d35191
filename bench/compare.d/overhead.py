"""What a run costs when there is next to nothing to compute: run(a + b) of scalars."""
from measure import Comparison, Contestant


def comparisons(setting):
    for mode, title in ('fed', 'run(a + b), two placeholders fed'), ('variables', 'run(a + b), two variables'):
        yield Comparison(title, [
            Contestant('tenon', setting.program('run_overhead', mode), 'ours'),
            Contestant('TensorFlow make_callable', setting.peer('run_overhead.py', mode, 'callable'), 'peer'),
            Contestant('TensorFlow session.run', setting.peer('run_overhead.py', mode, 'run'), 'peer'),
        ], unit='ns', steps=10000, warm_up=2000, value='sum')
