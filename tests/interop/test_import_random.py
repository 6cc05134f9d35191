"""import_graph_def of random graphs with random options: both refuse, or both make the same nodes."""
import random

from import_graphs import FLOAT, VERSIONS, ImportCase, colocated, constant, described, identity, placeholder

NAMES = ['a', 'b', 'c', 'd', 'a_1', 'b_1', 'b/c', 'A', 'x', 'x/y', 'base']
BASE = constant('base', value=5) + constant('a') + "node { name: 'x' op: 'NoOp' } " + constant('b/c')
DEVICES = ['/cpu:0', '/gpu:1', '/job:ps/task:1', '/device:CPU:0']


class RandomGraph:
    """`text` is a GraphDef of a few nodes with the names `names`; one in ten is wrong somewhere."""

    def __init__(self, rand):
        self.rand = rand
        self.names = rand.sample(NAMES, rand.randint(1, 6))
        self.kinds = {}
        self.text = ''.join(self.node(name) for name in self.names)

    def some(self, right, wrong, chance=.02):
        return self.rand.choice(wrong if self.rand.random() < chance else right)

    def node(self, name):
        before = list(self.kinds)
        values = [n for n in before if self.kinds[n] != 'NoOp']
        kind = self.rand.choice(['Const', 'Placeholder'] + ['Identity', 'AddN', 'IdentityN', 'NoOp'] * bool(values))
        data = [self.output(self.some(values, ['gone', *self.names])) for _ in range(self.rand.randint(1, 3)) if values]
        more = self.more(before)
        self.kinds[name] = kind
        if kind == 'Const':
            return constant(name, more)
        if kind == 'Placeholder':
            return placeholder(name, 'unknown_rank: true', more)
        if kind == 'Identity':
            return identity(name, data[0], more)
        inputs = ''.join(f"input: '{d}' " for d in data) if kind != 'NoOp' else ''
        count = self.some([len(data)], [len(data) + 1])
        attrs = {'NoOp': '', 'AddN': FLOAT + f"attr {{ key: 'N' value {{ i: {count} }} }} ",
                 'IdentityN': "attr { key: 'T' value { list { " + 'type: DT_FLOAT ' * count + '} } } '}[kind]
        return f"node {{ name: '{name}' op: '{kind}' {inputs}{attrs}{more} }} "

    def output(self, name):
        return name + self.some(['', ':0', ':1'] if self.kinds.get(name) == 'IdentityN' else ['', ':0'], [':1', ':2'])

    def more(self, before):
        text = ''.join(f"input: '^{self.some(before, ['gone'])}' " for _ in range(self.rand.randint(0, 2)) if before)
        if self.rand.random() < .2:
            text += f"device: '{self.rand.choice(DEVICES)}' "
        if self.rand.random() < .2:
            text += colocated(*[self.some(self.names, ['zz']) for _ in range(self.rand.randint(1, 2))])
        return text


def random_options(rand, names):
    options = {'name': rand.choice(['import', '', '', 'x/', 'x', 'a', 'B'])}
    if rand.random() < .4:
        end = rand.choice(['', ':0'])
        keys = [rand.choice([name + end, '^' + name]) for name in rand.sample(names, 1)]
        options['input_map'] = {key: rand.choice(['base:0', 'b/c:0']) for key in keys}
    if rand.random() < .5:
        options['return_elements'] = [rand.choice(names) + rand.choice(['', ':0']) for _ in range(2)]
    for key, value in ('device', '/cpu:0'), ('device', '/job:w'), ('control', ['x']), ('scope', 'outer'):
        if rand.random() < .15:
            options[key] = value
    return options


class RandomImports(ImportCase):
    # proves: S7.1 S7.4 S7.6 S7.13 S7.14 S7.16
    def test_random_graphs(self):
        outcomes = {True: 0, False: 0}
        for seed in range(300):
            rand = random.Random(seed)
            graph = RandomGraph(rand)
            for file in self.folder.iterdir():
                file.unlink()
            versions = rand.choice([VERSIONS, VERSIONS, 'versions { producer: 21 min_consumer: 5 } '])
            jobs = [{'graph': self.file(BASE), 'name': ''},
                    {'graph': self.file(graph.text, versions), **random_options(rand, graph.names)}]
            with self.subTest(seed=seed):
                outcomes[self.check(jobs)] += 1
        self.assertGreater(min(outcomes.values()), 30, outcomes)

    def check(self, jobs):
        """True if the graph was imported."""
        (ours, our_graph), (theirs, their_graph) = self.ours(jobs), self.theirs(jobs)
        if 'error' in ours[1]:
            self.assertIn('error', theirs[1], ours[1])
            self.assertEqual(len(our_graph.node), 4)
            return False
        self.assertEqual(ours, theirs)
        self.assertEqual(*({node.name: described(node) for node in g.node} for g in (our_graph, their_graph)))
        self.assertEqual(our_graph.versions, their_graph.versions)
        return True
