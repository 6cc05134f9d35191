"""import_graph_def in ours (import_graphs.cc) and in TensorFlow, side by side; small graphs as texts."""
import contextlib
import json

from google.protobuf import text_format

from harness import Case, read_bytes, run, tf

from tensorflow.core.framework import op_def_pb2

FLOAT = "attr { key: 'T' value { type: DT_FLOAT } } "
VERSIONS = 'versions { producer: 2474 } '


def constant(name, more='', value=1):
    tensor = f'tensor {{ dtype: DT_FLOAT tensor_shape {{}} float_val: {value} }}'
    return (f"node {{ name: '{name}' op: 'Const' attr {{ key: 'dtype' value {{ type: DT_FLOAT }} }} "
            f"attr {{ key: 'value' value {{ {tensor} }} }} {more} }} ")


def identity(name, inputs, more=''):
    inputs = ''.join(f"input: '{i}' " for i in inputs.split())
    return f"node {{ name: '{name}' op: 'Identity' {inputs}{FLOAT}{more} }} "


def placeholder(name, shape, more=''):
    return (f"node {{ name: '{name}' op: 'Placeholder' attr {{ key: 'dtype' value {{ type: DT_FLOAT }} }} "
            f"attr {{ key: 'shape' value {{ shape {{ {shape} }} }} }} {more} }} ")


def colocated(*names):
    return "attr { key: '_class' value { list { " + ''.join(f"s: 'loc:@{n}' " for n in names) + '} } } '


def recorded(shapes):
    return "attr { key: '_output_shapes' value { list { " + shapes + ' } } } '


def described(node, with_shapes=True):
    """A node without the order of its control inputs."""
    data = [i for i in node.input if not i.startswith('^')]
    attrs = {key: value.SerializeToString(deterministic=True) for key, value in node.attr.items()
             if with_shapes or key != '_output_shapes'}
    return node.op, data, sorted(i for i in node.input if i.startswith('^')), node.device, attrs


class ImportCase(Case):
    def file(self, text, versions=VERSIONS):
        path = self.folder / f'graph{len(list(self.folder.iterdir()))}.pb'
        path.write_bytes(text_format.Parse(text + versions, tf.GraphDef()).SerializeToString())
        return str(path)

    def ours(self, jobs):
        (self.folder / 'job.json').write_text(json.dumps(jobs))
        results = json.loads(run('import_graphs', self.folder / 'job.json', self.folder / 'ours.meta'))
        return results, tf.MetaGraphDef.FromString(read_bytes(self.folder / 'ours.meta')).graph_def

    def theirs(self, jobs):
        graph, results = tf.Graph(), []
        for job in jobs:
            with contextlib.ExitStack() as stack:
                stack.enter_context(graph.as_default())
                if 'scope' in job:
                    stack.enter_context(tf.name_scope(job['scope']))
                if 'device' in job:
                    stack.enter_context(tf.device(job['device']))
                if 'control' in job:
                    operations = [graph.get_operation_by_name(name) for name in job['control']]
                    stack.enter_context(tf.control_dependencies(operations))
                results.append(self.import_one(graph, job))
        return results, graph.as_graph_def(add_shapes=True)

    def import_one(self, graph, job):
        producer = None
        if 'producer_op_list' in job:
            producer = op_def_pb2.OpList.FromString(read_bytes(job['producer_op_list']))
        input_map = {key: graph.get_tensor_by_name(name) for key, name in job.get('input_map', {}).items()}
        try:
            found = tf.import_graph_def(tf.GraphDef.FromString(read_bytes(job['graph'])), input_map=input_map,
                                        return_elements=job.get('return_elements'), name=job.get('name', 'import'),
                                        producer_op_list=producer)
        except (ValueError, tf.errors.OpError) as error:
            return {'error': str(error)}
        return [element.name for element in found or []]

    def same(self, jobs, with_shapes=True):
        """Returns the results, which are no errors."""
        (ours, our_graph), (theirs, their_graph) = self.ours(jobs), self.theirs(jobs)
        self.assertEqual(ours, theirs)
        for result in ours:
            self.assertIsInstance(result, list)
        graphs = [{node.name: described(node, with_shapes) for node in g.node} for g in (our_graph, their_graph)]
        self.assertEqual(sorted(graphs[0]), sorted(graphs[1]))
        for name, node in graphs[1].items():
            self.assertEqual(graphs[0][name], node, name)
        self.assertEqual(our_graph.versions, their_graph.versions)
        self.assertEqual({f.signature.name: f for f in our_graph.library.function},
                         {f.signature.name: f for f in their_graph.library.function})
        return ours

    def both_refuse(self, job, text):
        """With the same core of the message; and nothing is left of it here."""
        ours, graph = self.ours([job])
        theirs, _ = self.theirs([job])
        self.assertIn(text, theirs[0]['error'])
        self.assertIn(text, ours[0]['error'])
        self.assertEqual((len(graph.node), graph.versions.producer), (0, 2474))
