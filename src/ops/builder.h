// What every builder of this room is made of: adding a node, and the name scopes that TensorFlow's Python opens
// around it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/graph_impl.h"
#include "tenon/ops.h"

namespace tenon {

using Attrs = std::vector<std::pair<std::string, AttrInit>>;

// Adds a node of `type` and infers its shapes at once, as TensorFlow does: later refinements of an input's shape do
// not reach nodes that exist already. An empty name means the type; see NodeSpec.
Node* add_node(GraphImpl& graph, std::string_view type, std::string_view name, const std::vector<Output>& inputs,
               Attrs attrs = {}, const std::vector<Node*>& control_inputs = {});

// The same, returning its first output.
Output add_op(GraphImpl& graph, std::string_view type, std::string_view name, const std::vector<Output>& inputs,
              Attrs attrs = {});
Output add_op(std::string_view type, std::string_view name, const std::vector<Output>& inputs, Attrs attrs = {});

std::vector<Output> outputs_of(Node* node);

// ops.name_scope(name, default): its name(), "scope/", is then the name of the operation made last.
Scope op_scope(GraphImpl& graph, std::string_view name, std::string_view otherwise);

// An op whose only input is an Output, and one of two operands: constants are called SCOPE/x and SCOPE/y.
Output unary(std::string_view type, const Output& x, std::string_view name, std::string_view default_name = {});
Output binary(std::string_view type, const Operand& x, const Operand& y, std::string_view name,
              std::string_view default_name = {}, Attrs attrs = {});

// A scalar constant of the type. REQUIRES: the type is numeric or bool.
Output scalar(GraphImpl& graph, const Number& value, DType type, std::string_view name = {});
// An int32 vector.
Output int_vector(GraphImpl& graph, const std::vector<std::int64_t>& values, std::string_view name = {},
                  DType type = DType::Int32);
Tensor int_tensor(const std::vector<std::int64_t>& values, const Shape& shape, DType type);

// A constant full of one value, written once, as TensorFlow writes zeros([5]).
Output splat(GraphImpl& graph, const Number& value, DType dtype, const Shape& shape, std::string_view name);

// Outputs with a static shape that Python's code sets besides what inference finds (Tensor.set_shape). Ignored where
// it contradicts what is known.
void set_shape(const Output& output, const PartialShape& shape);

// Appends the operation's or value's name to a collection of names, once.
void add_to_collection(GraphImpl& graph, std::string_view collection, const std::string& name);

// "{{node ...}}"-free message for a wrong argument of a builder.
[[noreturn]] void bad_argument(std::string_view function, const std::string& message);

// The floating-point or integer constant zero/one of zeros() and ones(), small ones as a Const, others as a Fill.
Output filled(GraphImpl& graph, const Ints& shape, DType dtype, int value, std::string_view name,
              std::string_view default_name);

}  // namespace tenon
