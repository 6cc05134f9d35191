#include <gtest/gtest.h>

#include <fmt/format.h>

#include "graph.pb.h"
#include "graph/graph_impl.h"
#include "graph/import_graph.h"
#include "ops/builder.h"
#include "ops/constant_value.h"
#include "ops/shape_inference.h"
#include "tenon/dataset.h"
#include "tenon/initializers.h"
#include "tenon/layers.h"
#include "tenon/nn.h"
#include "testing/errors.h"

namespace tenon {
namespace {

Output input(Graph& graph, const PartialShape& shape) { return placeholder(graph, float32, shape); }

TEST(Builders, NumbersTakeTheTypeOfTheOtherSide) {
  Graph graph;
  const Output x = placeholder(graph, int64, {2});
  const Output y = x * 3;
  EXPECT_EQ(y.name(), "mul:0");
  EXPECT_EQ(y.op().input(1).name(), "mul/y:0");
  EXPECT_EQ(y.op().input(1).op().attr<Tensor>("value").scalar<std::int64_t>(), 3);
  expect_code(error_of([&] { x * 1.5; }), Code::InvalidArgument);
}

TEST(Builders, RefuseShapesThatCannotFitAndNameTheNode) {
  Graph graph;
  const Output x = input(graph, {-1, 3}), w = input(graph, {4, 2});
  const std::string text = error_text(Code::InvalidArgument, [&] { matmul(x, w, {.name = "product"}); });
  EXPECT_NE(text.find("product"), std::string::npos) << text;
  EXPECT_NE(text.find("3 and 4"), std::string::npos) << text;
  expect_code(error_of([&] { reshape(input(graph, {2, 3}), {4, 2}); }), Code::InvalidArgument);
  expect_code(error_of([&] { layers::dense(input(graph, {}), 3); }), Code::InvalidArgument);
  expect_code(error_of([&] { layers::conv2d(input(graph, {-1, 2, 2, -1}), 3, 1); }), Code::InvalidArgument);
}

// In TensorFlow too the name stays taken.
TEST(Builders, LeaveNoNodeBehindWhenShapesCannotFit) {
  Graph graph;
  const Output x = placeholder(graph, float32, {2, 3}, "x");
  expect_code(error_of([&] { matmul(x, x, {.name = "product"}); }), Code::InvalidArgument);
  EXPECT_EQ(graph.operations().size(), 1);
  EXPECT_EQ(identity(x, "product").name(), "product_1:0");
}

TEST(Builders, RefuseOutputsThatAreUnboundOrOfAnotherGraph) {
  Graph graph, other;
  const Output x = input(graph, {2}), y = input(other, {2});
  expect_code(error_of([&] { x + y; }), Code::InvalidArgument);
  expect_code(error_of([&] { x + Output(); }), Code::FailedPrecondition);
}

TEST(Builders, RefuseArgumentsOutOfRange) {
  Graph graph;
  const Output x = input(graph, {4, 2});
  expect_code(error_of([&] { nn::dropout(x, 1.f); }), Code::InvalidArgument);
  expect_code(error_of([&] { data::Dataset::from_tensor_slices({x}).batch(0); }), Code::InvalidArgument);
  expect_code(error_of([&] { group({}); }), Code::InvalidArgument);
  expect_code(error_of([&] { concat({}, 0); }), Code::InvalidArgument);
  expect_code(error_of([&] { variable(placeholder(graph, float32, {-1})); }), Code::InvalidArgument);
}

TEST(Builders, AVariableExistsOnceUnlessItsScopeReuses) {
  Graph graph;
  get_variable(graph, "w", {2});
  expect_code(error_of([&] { get_variable(graph, "w", {2}); }), Code::InvalidArgument);
  auto reuse = variable_scope(graph, "s", {.reuse = true});
  expect_code(error_of([&] { get_variable(graph, "w", {2}); }), Code::InvalidArgument);
}

TEST(ShapeInference, FollowsTheArithmeticThatGraphsDoOnShapes) {
  Graph graph;
  const Output x = input(graph, {2, 3, 4});
  const Output sizes = add_op("Shape", {}, {x});
  const Output doubled = sizes * 2;
  EXPECT_EQ(fill(graph, doubled, 1.f).shape(), (PartialShape{4, 6, 8}));
  const Output part = add_op("StridedSlice", {}, {sizes, int_vector(graph, {1}), int_vector(graph, {3}),
                                                  int_vector(graph, {1})});
  EXPECT_EQ(fill(graph, part, 1.f).shape(), (PartialShape{3, 4}));
  EXPECT_EQ(evaluate_ints(to_edge(reduce_prod(sizes)))->values, std::vector<std::int64_t>{24});
}

TEST(ShapeInference, KeepsTheKnownPartOfAShape) {
  Graph graph;
  const Output x = input(graph, {-1, 3});
  const Output sizes = shape(x);
  EXPECT_EQ(reshape(x, sizes).shape(), (PartialShape{-1, 3}));
  EXPECT_EQ(reshape(x, {-1, 1, 3}).shape(), (PartialShape{-1, 1, 3}));
  EXPECT_EQ((x + input(graph, {1, 3})).shape(), (PartialShape{-1, 3}));
}

TEST(ConstantValue, StaysInsideItsBounds) {
  Graph graph;
  EXPECT_FALSE(evaluate_ints(to_edge(range(graph, 0, 1'000'000))).has_value());
  Output deep = constant(graph, Tensor(1));
  for (int i = 0; i < 1000; ++i) deep = deep + 1;
  EXPECT_FALSE(evaluate_ints(to_edge(deep)).has_value());
  const Output zero = constant(graph, Tensor(0));
  EXPECT_FALSE(evaluate_ints(to_edge(floordiv(constant(graph, Tensor(1)), zero))).has_value());
}

TEST(ShapeInference, OfADeepGraphDoesNotExhaustTheStack) {
  constexpr int kDepth = 200'000;
  proto::GraphDef file;  // its end comes first
  const auto add_node = [&](const std::string& type, int depth) -> proto::NodeDef& {
    proto::NodeDef& node = *file.add_node();
    node.set_op(type);
    node.set_name(fmt::format("n{}", depth));
    (*node.mutable_attr())[type == "Neg" ? "T" : "dtype"].set_type(proto::DT_FLOAT);
    return node;
  };
  for (int depth = kDepth; depth > 0; --depth) add_node("Neg", depth).add_input(fmt::format("n{}", depth - 1));
  proto::AttrValue& shape = (*add_node("Placeholder", 0).mutable_attr())["shape"];
  shape.mutable_shape()->add_dim()->set_size(2);
  Graph graph;
  import_graph_def(graph.impl(), file, {.infer_shapes = infer_imported_shapes});
  EXPECT_EQ(graph.tensor(fmt::format("n{}:0", kDepth)).shape(), (PartialShape{2}));
}

}  // namespace
}  // namespace tenon
