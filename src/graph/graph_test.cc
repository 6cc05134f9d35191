#include "tenon/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph.pb.h"
#include "graph/graph_impl.h"
#include "graph/op_signatures.h"
#include "graph/unbound.h"
#include "testing/errors.h"

namespace app {

struct Model {
  tenon::Output x, y;
  tenon::Operation step;
  tenon::Output loss;
};

}  // namespace app

namespace tenon {
namespace {

using testing::ElementsAre;

Node* constant(GraphImpl& graph, float value, const std::string& name = "Const") {
  return graph.add({.type = "Const", .name = name, .attrs = {{"value", Tensor(value)}, {"dtype", float32}}});
}

Node* variable(GraphImpl& graph, const std::string& name) {
  return graph.add({.type = "VariableV2", .name = name, .attrs = {{"shape", PartialShape{}}, {"dtype", float32}}});
}

std::vector<std::string> names(std::span<Node* const> nodes) {
  std::vector<std::string> result;
  for (const Node* node : nodes) result.push_back(node->name);
  return result;
}

TEST(AddNode, DerivesTypesAndCountsFromTheInputs) {
  GraphImpl graph;
  Node* a = constant(graph, 1);
  Node* axis = graph.add({.type = "Const", .attrs = {{"value", Tensor(0)}, {"dtype", int32}}});
  Node* concat = graph.add({.type = "ConcatV2", .inputs = {{a, 0}, {a, 0}, {a, 0}, {axis, 0}}});
  EXPECT_EQ(concat->attr<std::int64_t>("N"), 3);
  EXPECT_EQ(concat->attr<int>("N"), 3);
  EXPECT_EQ(concat->attr<DType>("T"), float32);
  EXPECT_EQ(concat->attr<DType>("Tidx"), int32);
  EXPECT_THAT(concat->output_types, ElementsAre(float32));
  Node* identities = graph.add({.type = "IdentityN", .inputs = {{a, 0}, {axis, 0}}});
  EXPECT_THAT(identities->attr<std::vector<DType>>("T"), ElementsAre(float32, int32));
  EXPECT_THAT(identities->output_types, ElementsAre(float32, int32));
}

TEST(AddNode, FillsDefaultsAndRefusesMissingAttributes) {
  GraphImpl graph;
  Node* a = constant(graph, 1);
  Node* product = graph.add({.type = "MatMul", .inputs = {{a, 0}, {a, 0}}});
  EXPECT_FALSE(product->attr<bool>("transpose_a"));
  expect_says(error_of([&] { graph.add({.type = "Placeholder", .name = "p"}); }), Code::InvalidArgument,
              "missing attr 'dtype'");
  expect_says(error_of([&] { graph.add({.type = "Identity", .inputs = {{a, 0}}, .attrs = {{"nope", 1}}}); }),
              Code::InvalidArgument, "no attr named 'nope'");
  EXPECT_EQ(graph.nodes().size(), 2u);
  EXPECT_EQ(graph.add({.type = "Placeholder", .name = "p", .attrs = {{"dtype", float32}}})->name, "p");
}

TEST(AddNode, ChecksAllowedValuesAndMinimums) {
  GraphImpl graph;
  Node* a = constant(graph, 1);
  expect_says(error_of([&] {
                graph.add({.type = "MaxPool",
                           .inputs = {{a, 0}},
                           .attrs = {{"ksize", std::vector<std::int64_t>{1, 2, 2, 1}},
                                     {"strides", std::vector<std::int64_t>{1, 2, 2, 1}},
                                     {"padding", "UP"}}});
              }),
              Code::InvalidArgument, "not in the list of allowed values");
  expect_says(error_of([&] { graph.add({.type = "AddN", .attrs = {{"T", float32}}}); }), Code::InvalidArgument,
              "at least minimum 1");
}

TEST(AddNode, ChecksInputsAgainstTheSignature) {
  GraphImpl graph;
  Node* a = constant(graph, 1, "a");
  Node* i = graph.add({.type = "Const", .name = "i", .attrs = {{"value", Tensor(1)}, {"dtype", int32}}});
  expect_says(error_of([&] { graph.add({.type = "Add", .name = "b", .inputs = {{a, 0}, {i, 0}}}); }),
              Code::InvalidArgument, "Input 1 of node b was passed int32 from i:0 incompatible with expected float");
  expect_says(error_of([&] { graph.add({.type = "Add", .inputs = {{a, 0}}}); }), Code::InvalidArgument,
              "1 inputs do not match the signature");
  expect_says(error_of([&] { graph.add({.type = "Identity", .inputs = {{a, 3}}}); }), Code::InvalidArgument,
              "Connecting to invalid output 3 of source node a which has 1 outputs");
  expect_code(error_of([&] { graph.add({.type = "NoSuchOp"}); }), Code::NotFound);
  expect_says(error_of([&] { graph.add({.type = "NoOp", .name = "a b"}); }), Code::InvalidArgument,
              "invalid characters");
}

TEST(AddNode, TakesReferencesOnlyFromReferences) {
  GraphImpl graph;
  Node* v = variable(graph, "v");
  Node* value = constant(graph, 1, "value");
  Node* assign = graph.add({.type = "Assign", .inputs = {{v, 0}, {value, 0}}});
  EXPECT_TRUE(is_ref(assign->output_types[0]));
  EXPECT_EQ(assign->attr<DType>("T"), float32);
  EXPECT_EQ(graph.add({.type = "Identity", .inputs = {{assign, 0}}})->output_types[0], float32);
  expect_says(error_of([&] { graph.add({.type = "Assign", .inputs = {{value, 0}, {value, 0}}}); }),
              Code::InvalidArgument, "incompatible with expected float_ref");
}

TEST(AddNode, UsesANameThatEndsInASlashAsItIs) {
  GraphImpl graph;
  const Scope scope = graph.name_scope("s");
  EXPECT_EQ(graph.add({.type = "NoOp", .name = scope.name()})->name, "s");
  EXPECT_EQ(graph.add({.type = "NoOp", .name = "s"})->name, "s/s");
}

TEST(ControlDependencies, AreLeftOutWhereAnInputImpliesThem) {
  GraphImpl graph;
  Node* a = constant(graph, 1, "a");
  Node* b = constant(graph, 2, "b");
  const Scope scope = graph.control_dependencies({b, a});
  Node* first = graph.add({.type = "Identity", .inputs = {{a, 0}}});
  Node* second = graph.add({.type = "Identity", .inputs = {{first, 0}}});
  Node* third = constant(graph, 3);
  EXPECT_THAT(names(first->control_inputs), ElementsAre("b"));
  EXPECT_TRUE(second->control_inputs.empty());
  EXPECT_THAT(names(third->control_inputs), ElementsAre("a", "b"));
  EXPECT_TRUE(a->attr<bool>("_has_manual_control_dependencies"));
  {
    const Scope none = graph.control_dependencies({});
    EXPECT_TRUE(constant(graph, 4)->control_inputs.empty());
  }
  EXPECT_EQ(constant(graph, 5)->control_inputs.size(), 2u);
}

TEST(Colocation, WritesSortedGroupsAndFollowsThem) {
  GraphImpl graph;
  Node* v = variable(graph, "v");
  Node* w = graph.add({.type = "NoOp", .name = "w", .device = "/device:CPU:0"});
  Node* x = graph.add({.type = "NoOp", .name = "x", .colocate_with = {w, v}});
  EXPECT_THAT(x->attr<std::vector<std::string>>("_class"), ElementsAre("loc:@v", "loc:@w"));
  EXPECT_EQ(x->device(), "/device:CPU:0");
  const Scope scope = graph.colocate_with(x);
  EXPECT_THAT(graph.add({.type = "NoOp"})->attr<std::vector<std::string>>("_class"), ElementsAre("loc:@v", "loc:@w"));
}

TEST(DeviceScope, MergesAndYieldsToTheNodesOwn) {
  GraphImpl graph;
  const Scope outer = graph.device("/cpu:0");
  const Scope inner = graph.device("/job:ps");
  EXPECT_EQ(graph.add({.type = "NoOp"})->device(), "/job:ps/device:CPU:0");
  EXPECT_EQ(graph.add({.type = "NoOp", .device = "/device:GPU:0"})->device(), "/device:GPU:0");
}

TEST(Seeds, AreThoseOfTensorFlow) {
  using Seeds = std::pair<std::int64_t, std::int64_t>;
  GraphImpl graph;
  EXPECT_EQ(graph.op_seeds(std::nullopt), Seeds(0, 0));
  EXPECT_EQ(graph.op_seeds(5), Seeds(87654321, 5));
  graph.set_random_seed(7);
  EXPECT_EQ(graph.op_seeds(std::nullopt), Seeds(7, 0));
  EXPECT_EQ(graph.op_seeds(std::nullopt), Seeds(7, 1));
  EXPECT_EQ(graph.op_seeds(5), Seeds(7, 5));
  graph.set_random_seed(9);
  EXPECT_EQ(graph.op_seeds(std::nullopt), Seeds(9, 2));
  graph.set_random_seed(0);
  EXPECT_EQ(graph.op_seeds(0), Seeds(0, 2147483647));
  EXPECT_EQ(graph.op_seeds(-3), Seeds(0, 2147483644));
}

// proves: S7.21 E65 E66 E67
TEST(Lookup, TellsOutputsFromOperationsAndNamesTheNearest) {
  Graph graph;
  constant(graph.impl(), 1, "conv2d/kernel");
  EXPECT_EQ(graph.tensor("conv2d/kernel:0").name(), "conv2d/kernel:0");
  EXPECT_EQ(graph.operation("conv2d/kernel").type(), "Const");
  expect_says(error_of([&] { graph.tensor("conv2d/kernal:0"); }), Code::NotFound,
              {"The name 'conv2d/kernal:0' refers to a Tensor which does not exist. The operation, "
               "'conv2d/kernal', does not exist in the graph",
               "\"conv2d/kernel\""});
  expect_says(error_of([&] { graph.tensor("conv2d/kernel:1"); }), Code::NotFound, "exists but only has 1 outputs");
  expect_says(error_of([&] { graph.tensor("conv2d/kernel"); }), Code::InvalidArgument,
              "refers to an Operation, not a Tensor. Tensor names must be of the form");
  expect_says(error_of([&] { graph.operation("conv2d/kernel:0"); }), Code::InvalidArgument,
              "appears to refer to a Tensor, not a Operation");
  expect_says(error_of([&] { graph.operation("nope"); }), Code::NotFound,
              "The name 'nope' refers to an Operation not in the graph");
  EXPECT_FALSE(graph.find_operation("nope"));
}

TEST(Attributes, ErrorsNameTheNodeAndWhatItHas) {
  Graph graph;
  constant(graph.impl(), 1, "c");
  const Operation op = graph.operation("c");
  EXPECT_EQ(op.attr<Tensor>("value").scalar<float>(), 1.f);
  expect_says(error_of([&] { op.attr<std::string>("dtype"); }), Code::InvalidArgument,
              "{{node c}} (Const): attribute dtype is type DT_FLOAT, not a string");
  expect_says(error_of([&] { op.attr<bool>("nope"); }), Code::NotFound, "no attribute nope");
}

TEST(OpSignatures, KnowTensorFlowsOpsAndThoseOfAProgram) {
  EXPECT_EQ(op_names().size() >= 1900, true);
  ASSERT_NE(find_op_def("Conv2D"), nullptr);
  EXPECT_EQ(find_op_def("Conv2D"), find_op_def("Conv2D"));
  EXPECT_EQ(find_op_def("TestOnlyOp"), nullptr);
  proto::OpDef op;
  op.set_name("TestOnlyOp");
  op.add_output_arg()->set_type(proto::DT_INT64);
  register_op_def(op);
  register_op_def(op);
  GraphImpl graph;
  EXPECT_THAT(graph.add({.type = "TestOnlyOp"})->output_types, ElementsAre(int64));
  op.add_output_arg()->set_type(proto::DT_FLOAT);
  expect_code(error_of([&] { register_op_def(op); }), Code::AlreadyExists);
  proto::OpDef known;
  known.set_name("Conv2D");
  expect_code(error_of([&] { register_op_def(known); }), Code::AlreadyExists);
}

TEST(UnboundHandles, SayWhichFieldOfWhichStructTheyAre) {
  app::Model m;
  app::Model again;
  expect_says(error_of([&] { m.loss.name(); }), Code::FailedPrecondition,
              "a field of struct Model is not bound to a graph (made at graph_test.cc:");
  register_struct_fields("app::Model", {"x", "y", "step", "loss"});
  expect_says(error_of([&] { m.loss.name(); }), Code::FailedPrecondition, "field \"loss\" of struct Model");
  expect_says(error_of([&] { again.step.name(); }), Code::FailedPrecondition, "field \"step\" of struct Model");
  expect_says(error_of([&] { again.x.dtype(); }), Code::FailedPrecondition, "field \"x\" of struct Model");
  Output alone;
  expect_says(error_of([&] { alone.name(); }), Code::FailedPrecondition, "a handle made in ");
}

TEST(Initializer, RunsTheInitializersOfAllGlobalVariables) {
  Graph graph;
  GraphImpl& impl = graph.impl();
  for (const char* name : {"v", "w"}) {
    Variable made;
    Node* handle = variable(impl, name);
    made.handle = to_output({handle, 0});
    made.initializer = to_operation(impl.add(
        {.type = "Assign", .name = std::string(name) + "/Assign", .inputs = {{handle, 0}, {constant(impl, 1), 0}}}));
    impl.variables("variables").push_back(made);
  }
  const Operation init = graph.global_variables_initializer();
  EXPECT_EQ(init.name(), "init");
  EXPECT_EQ(init.type(), "NoOp");
  EXPECT_THAT(names(init.node()->control_inputs), ElementsAre("v/Assign", "w/Assign"));
  EXPECT_EQ(graph.global_variables_initializer().name(), "init_1");
}

}  // namespace
}  // namespace tenon
