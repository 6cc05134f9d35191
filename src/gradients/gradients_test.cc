#include <gtest/gtest.h>

#include "gradients/gradient.h"
#include "tenon/train.h"
#include "testing/errors.h"

namespace tenon {
namespace {

TEST(Gradients, OfWhatDoesNotDependAreUnbound) {
  Graph graph;
  const Output x = placeholder(graph, float32, {2}), y = placeholder(graph, float32, {2});
  const std::vector<Output> d = train::gradients({square(x)}, {x, y});
  EXPECT_TRUE(d[0].bound());
  EXPECT_FALSE(d[1].bound());
}

TEST(Gradients, StopAtStopGradientAndAtIntegers) {
  Graph graph;
  const Output x = placeholder(graph, float32, {2});
  EXPECT_FALSE(train::gradients({stop_gradient(x)}, {x})[0].bound());
  EXPECT_FALSE(train::gradients({cast(cast(x, int32), float32)}, {x})[0].bound());
}

TEST(Gradients, NameTheOperationThatHasNone) {
  Graph graph;
  const Output x = placeholder(graph, float32, {2});
  const std::string text = error_text(Code::Unimplemented, [&] {
    Output odd = to_output({graph.impl().add({.type = "Digamma", .name = "odd", .inputs = {to_edge(x)}}), 0});
    train::gradients({odd}, {x});
  });
  EXPECT_NE(text.find("'odd'"), std::string::npos) << text;
  EXPECT_NE(text.find("Digamma"), std::string::npos) << text;
}

TEST(Gradients, RefuseYsWithoutADefaultGradient) {
  Graph graph;
  const Output s = placeholder(graph, string, {});
  expect_code(error_of([&] { train::gradients({s}, {s}); }), Code::InvalidArgument);
  expect_code(error_of([&] { train::gradients({}, {s}); }), Code::InvalidArgument);
}

TEST(Optimizer, RefusesALossThatDependsOnNoVariable) {
  Graph graph;
  const Output x = placeholder(graph, float32, {2});
  expect_code(error_of([&] { train::AdamOptimizer(.1f).minimize(reduce_sum(x)); }), Code::InvalidArgument);
  get_variable(graph, "w", {2});
  expect_code(error_of([&] { train::AdamOptimizer(.1f).minimize(reduce_sum(x)); }), Code::InvalidArgument);
}

TEST(Optimizer, KnowsItsSlots) {
  Graph graph;
  const Variable w = get_variable(graph, "w", {2});
  train::AdamOptimizer adam(.1f);
  expect_code(error_of([&] { adam.get_slot(w, "m"); }), Code::NotFound);
  adam.minimize(reduce_sum(square(w)));
  EXPECT_EQ(adam.get_slot(w, "m").name(), "w/Adam:0");
  EXPECT_EQ(adam.get_slot(w, "v").name(), "w/Adam_1:0");
}

TEST(Optimizer, ServesTwoLossesOfOneGraph) {
  Graph graph;
  const Variable w = get_variable(graph, "w", {2});
  train::AdamOptimizer adam(.1f);
  EXPECT_EQ(adam.minimize(reduce_sum(square(w))).name(), "Adam");
  EXPECT_EQ(adam.minimize(reduce_mean(square(w))).name(), "Adam_1");
  EXPECT_EQ(graph.global_variables().size(), 5u);
}

TEST(GradientRegistry, FindsRowsByName) {
  EXPECT_NE(gradient_registry().find("MatMul"), nullptr);
  EXPECT_EQ(gradient_registry().find("NobodysOp"), nullptr);
  EXPECT_GT(gradient_registry().ops().size(), 70u);
}

}  // namespace
}  // namespace tenon
