#include <gtest/gtest.h>

#include "gradients/gradient.h"
#include "tenon/train.h"

namespace tenon {
namespace {

std::string refusal(Code code, const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

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
  const std::string text = refusal(Code::Unimplemented, [&] {
    Output odd = to_output({graph.impl().add({.type = "Digamma", .name = "odd", .inputs = {to_edge(x)}}), 0});
    train::gradients({odd}, {x});
  });
  EXPECT_NE(text.find("'odd'"), std::string::npos) << text;
  EXPECT_NE(text.find("Digamma"), std::string::npos) << text;
}

TEST(Gradients, RefuseYsWithoutADefaultGradient) {
  Graph graph;
  const Output s = placeholder(graph, string, {});
  refusal(Code::InvalidArgument, [&] { train::gradients({s}, {s}); });
  refusal(Code::InvalidArgument, [&] { train::gradients({}, {s}); });
}

TEST(Optimizer, RefusesALossThatDependsOnNoVariable) {
  Graph graph;
  const Output x = placeholder(graph, float32, {2});
  refusal(Code::InvalidArgument, [&] { train::AdamOptimizer(.1f).minimize(reduce_sum(x)); });
  get_variable(graph, "w", {2});
  refusal(Code::InvalidArgument, [&] { train::AdamOptimizer(.1f).minimize(reduce_sum(x)); });
}

TEST(Optimizer, KnowsItsSlots) {
  Graph graph;
  const Variable w = get_variable(graph, "w", {2});
  train::AdamOptimizer adam(.1f);
  refusal(Code::NotFound, [&] { adam.get_slot(w, "m"); });
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
