#include "ops/builder.h"

#include <algorithm>

#include <fmt/format.h>

#include "graph.pb.h"
#include "graph/attr_value.h"
#include "ops/shape_inference.h"

namespace tenon {

namespace {

// TensorFlow colocates an operation with its inputs of reference type: with the variables that it changes.
std::vector<Node*> reference_inputs(const GraphImpl& graph, const NodeSpec& spec) {
  std::vector<Node*> nodes;
  const proto::OpDef* signature = graph.find_signature(spec.type);
  if (!signature) return nodes;
  for (int i = 0; i < signature->input_arg_size() && i < static_cast<int>(spec.inputs.size()); ++i) {
    const auto& arg = signature->input_arg(i);
    if (!arg.number_attr().empty() || !arg.type_list_attr().empty()) break;
    if (arg.is_ref()) nodes.push_back(spec.inputs[i].node);
  }
  return nodes;
}

}  // namespace

Node* add_node(GraphImpl& graph, std::string_view type, std::string_view name, const std::vector<Output>& inputs,
               Attrs attrs, const std::vector<Node*>& control_inputs) {
  NodeSpec spec;
  spec.type = type;
  spec.name = name;
  spec.inputs.reserve(inputs.size());
  for (const Output& input : inputs) {
    if (&input.graph() != &graph) bad_argument(type, fmt::format("input {} belongs to another graph", input.name()));
    spec.inputs.push_back(to_edge(input));
  }
  spec.attrs = std::move(attrs);
  spec.control_inputs = control_inputs;
  spec.colocate_with = reference_inputs(graph, spec);
  return graph.add(std::move(spec), infer_shapes);
}

Output add_op(GraphImpl& graph, std::string_view type, std::string_view name, const std::vector<Output>& inputs,
              Attrs attrs) {
  return to_output({add_node(graph, type, name, inputs, std::move(attrs)), 0});
}

Output add_op(std::string_view type, std::string_view name, const std::vector<Output>& inputs, Attrs attrs) {
  if (inputs.empty()) bad_argument(type, "at least one input is needed");
  return add_op(inputs[0].graph(), type, name, inputs, std::move(attrs));
}

std::vector<Output> outputs_of(Node* node) {
  std::vector<Output> outputs;
  for (int i = 0; i < node->num_outputs(); ++i) outputs.push_back(to_output({node, i}));
  return outputs;
}

Scope op_scope(GraphImpl& graph, std::string_view name, std::string_view otherwise) {
  return graph.name_scope(name.empty() ? otherwise : name);
}

Output unary(std::string_view type, const Output& x, std::string_view name, std::string_view default_name) {
  Scope scope = op_scope(x.graph(), name, default_name.empty() ? type : default_name);
  return add_op(type, scope.name(), {x});
}

Output binary(std::string_view type, const Operand& x, const Operand& y, std::string_view name,
              std::string_view default_name, Attrs attrs) {
  if (!x.output() && !y.output()) bad_argument(type, "one of the two operands must be an Output");
  GraphImpl& graph = (x.output() ? *x.output() : *y.output()).graph();
  const DType like = (x.output() ? *x.output() : *y.output()).dtype();
  Scope scope = op_scope(graph, name, default_name.empty() ? type : default_name);
  Output left = x.in(graph, like, "x");
  Output right = y.in(graph, like, "y");
  return add_op(type, scope.name(), {left, right}, std::move(attrs));
}

Output scalar(GraphImpl& graph, const Number& value, DType type, std::string_view name) {
  return constant(graph, value.as(type), name);
}

Output int_vector(GraphImpl& graph, const std::vector<std::int64_t>& values, std::string_view name, DType type) {
  return constant(graph, int_tensor(values, Shape{static_cast<std::int64_t>(values.size())}, type), name);
}

Tensor int_tensor(const std::vector<std::int64_t>& values, const Shape& shape, DType type) {
  Tensor tensor(type, shape);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (type == DType::Int64) tensor.data<std::int64_t>()[i] = values[i];
    else tensor.data<std::int32_t>()[i] = static_cast<std::int32_t>(values[i]);
  }
  return tensor;
}

Output splat(GraphImpl& graph, const Number& value, DType dtype, const Shape& shape, std::string_view name) {
  auto attr = std::make_shared<proto::AttrValue>();
  set_attr_value(AttrInit(value.as(dtype)), attr.get());
  for (std::int64_t size : shape) attr->mutable_tensor()->mutable_tensor_shape()->add_dim()->set_size(size);
  return add_op(graph, "Const", name.empty() ? "Const" : name, {},
                {{"value", AnyAttr(std::move(attr))}, {"dtype", dtype}});
}

void set_shape(const Output& output, const PartialShape& shape) {
  PartialShape& known = output.op().node()->output_shapes[output.index()];
  if (known.compatible_with(shape)) known = known.merge_with(shape);
}

void add_to_collection(GraphImpl& graph, std::string_view collection, const std::string& name) {
  std::vector<std::string>& names = graph.node_collections()[std::string(collection)];
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

void bad_argument(std::string_view function, const std::string& message) {
  throw Error(Code::InvalidArgument, fmt::format("{}: {}", function, message));
}

}  // namespace tenon
