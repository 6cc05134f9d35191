"""Saving and restoring: ours, TensorFlow's, safetensors', and the bytes alone between memory and the page cache.

safetensors has neither sessions nor checksums; it stands for what plain files of tensors cost.
"""
import dataclasses
import itertools
import shutil
import subprocess

from measure import Comparison, Contestant

BIG_DISK_GB, BIG_MEMORY_GB = 22, 14   # what the model of 4 GB needs


@dataclasses.dataclass
class Model:
    title: str
    variables: int
    elements: int
    big: bool = False    # too large for several programs at the same time
    graph: bool = False  # its graph is worth measuring

    @property
    def bytes(self):
        return self.variables * self.elements * 4


def models(setting):
    if setting.quick:
        yield Model('16 MB in 16 variables', 16, 250_000)
        yield Model('500 variables of 1 kB', 500, 256, graph=True)
    else:
        yield Model('500 MB in 16 variables', 16, 7_812_500)
        yield Model('20,000 variables of 1 kB', 20_000, 256, graph=True)
    if setting.big and enough_room(setting.folder):
        yield Model('16 MB in 40 variables' if setting.quick else '4 GB in 400 variables', 40 if setting.quick else 400,
                    100_000 if setting.quick else 2_500_000, big=True)


def enough_room(folder):
    disk = shutil.disk_usage(folder).free / 1e9
    with open('/proc/meminfo') as info:
        memory = next(int(line.split()[1]) for line in info if line.startswith('MemAvailable:')) / 1e6
    enough = disk >= BIG_DISK_GB and memory >= BIG_MEMORY_GB
    if not enough:
        print(f'SKIPPED: the model of 4 GB takes {BIG_DISK_GB} GB of disk ({disk:.0f} are free in {folder}) and '
              f'{BIG_MEMORY_GB} GB of memory ({memory:.0f} are available)')
    return enough


class Rows:
    """The comparisons of one model. What the saves write is what the restores read."""

    def __init__(self, setting, model):
        self.setting, self.model = setting, model
        self.folder = setting.folder / 'model'
        for name in 'tenon', 'tensorflow', 'safetensors':
            (self.folder / name).mkdir(parents=True)
        self.ours, self.theirs = self.folder / 'tenon' / 'm', self.folder / 'tensorflow' / 'm'
        self.plain = self.folder / 'safetensors' / 'm.safetensors'

    def tenon(self, mode, path=None, name='tenon', role='ours'):
        command = self.setting.program('checkpoint_speed', mode, self.model.variables, self.model.elements,
                                       path or self.ours)
        return Contestant(name, command, role)

    def tensorflow(self, mode, path=None, name='TensorFlow'):
        command = self.setting.peer('checkpoint_speed.py', mode, self.model.variables, self.model.elements,
                                    path or self.ours)
        return Contestant(name, command, 'peer')

    def safetensors(self, mode, name='safetensors'):
        command = self.setting.peer('checkpoint_safetensors.py', mode, self.model.variables, self.model.elements, self.plain)
        return Contestant(name, command, 'peer')

    def limit(self, mode, name, file=None):
        command = self.setting.program('checkpoint_limit', mode, self.model.bytes, file or self.folder / 'limit')
        return Contestant('limit: ' + name, command, 'limit')

    def comparison(self, title, contestants, value, first=False, model_mb=None, **more):
        fresh = first or self.model.big
        return Comparison(f'{self.model.title}: {title}', contestants, steps=1, warm_up=0 if first else 2, value=value,
                          value_rtol=1e-6, fresh=fresh, settle=True, most_rounds=3 if fresh else 1000,
                          model_mb=self.model.bytes / 1e6 if model_mb is None else model_mb, **more)

    def saves(self):
        new, over = self.limit('write_new', 'into a new file'), self.limit('write_over', 'over an old file')
        everybody = [self.tenon('save'),
                     self.tenon('save_async', name='tenon, save_async', role='variant'),
                     self.tensorflow('save', self.theirs), self.safetensors('save')]
        yield self.comparison('save', [*everybody, new], 'bytes')
        yield self.comparison('first save of a new process', [*everybody, new], 'bytes', first=True)
        yield self.comparison('save over an old checkpoint', [
            self.tenon('save_over'), self.tensorflow('save_over', self.theirs), self.safetensors('save_over'), over],
            'bytes')
        if self.model.graph:
            bare = [self.tenon('save_data'), self.tensorflow('save_data', self.theirs), self.safetensors('save')]
            yield self.comparison('save without .meta and state file', [*bare, new], 'bytes')
            yield self.comparison('first save of a new process, without .meta and state file', [*bare, new], 'bytes',
                                  first=True)
        yield self.comparison('save until it is on the disk', [
            self.tenon('save_durable', name='tenon, Durable'),
            self.tensorflow('save_durable', self.theirs, 'TensorFlow, then fsync'),
            self.safetensors('save_durable', 'safetensors, then fsync'),
            self.limit('write_sync', 'a new file, fsync')], 'bytes')

    def write(self):
        for program in self.tenon('write'), self.safetensors('write'):
            subprocess.run(program.command, check=True)

    def check(self):
        subprocess.run(self.setting.peer('checkpoint_same.py', self.model.variables, self.model.elements, self.ours,
                                         self.theirs, self.plain), check=True)
        shutil.rmtree(self.theirs.parent)
        (self.folder / 'limit').unlink()

    def restores(self):
        data = f'{self.ours}.data-00000-of-00001'
        limits = [self.limit('read_new', 'into new memory', data), self.limit('read_used', 'into used memory', data)]
        everybody = [self.tenon('restore'), self.tenon('restore_mapped', name='tenon, mapped', role='variant'),
                     self.tensorflow('restore'), self.safetensors('restore')]
        yield self.comparison('restore', everybody + limits, 'sum')
        yield self.comparison('first restore of a new process', everybody + limits[:1], 'sum', first=True)

    def one(self):
        yield self.comparison('one tensor of it, with opening the file', [
            self.tenon('one'), self.tensorflow('one'), self.safetensors('one')], 'last element', model_mb=0)

    def graphs(self):
        for mode, title in ('saver', 'make a Saver'), ('export_meta', 'export .meta'), ('import_meta', 'import .meta'):
            yield self.comparison(f'{title}, first of a new process', [self.tenon(mode), self.tensorflow(mode)],
                                  'variables', first=True, model_mb=0)

    def others(self):
        yield from self.graphs() if self.model.graph else self.one()

    def all(self):
        yield from self.saves()
        self.check()
        yield from self.restores()
        yield from self.others()

    def some(self, texts):
        rows = [row for row in itertools.chain(self.saves(), self.restores(), self.others())
                if any(text in row.title for text in texts)]
        if rows:
            self.write()
        yield from rows


def comparisons(setting):
    for model in models(setting):
        if setting.only in model.title:
            rows = Rows(setting, model)
            yield from rows.some(setting.rows) if setting.rows else rows.all()
            shutil.rmtree(rows.folder)
