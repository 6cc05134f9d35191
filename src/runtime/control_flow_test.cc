#include "runtime/control_flow.h"

#include <gtest/gtest.h>

#include "runtime/order.h"
#include "runtime/test_graph.h"
#include "testing/errors.h"

namespace tenon {
namespace {

struct Flow {
  Subgraph part;
  ControlFlow flow;
};

Flow flow_of(const std::vector<Output>& fetches) {
  Request request;
  for (const Output& fetch : fetches) request.fetches.push_back(to_edge(fetch));
  Subgraph part = prune(request);
  ControlFlow flow = read_control_flow(part);
  return {std::move(part), std::move(flow)};
}

TEST(ControlFlow, BothSidesOfASwitchExcludeEachOther) {
  TestGraph g;
  const Output p = g.placeholder(boolean, {}, "p"), x = g.constant(Tensor(1.f), "x");
  const Output s = g.add("Switch", "s", {x, p});
  const Output no = g.add("Neg", "no", {s}), yes = g.add("Neg", "yes", {TestGraph::at(s, 1)});
  const auto [part, flow] = flow_of({no, yes});
  EXPECT_EQ(flow.guard.at(no.op().node()).size(), 1u);
  EXPECT_EQ(flow.guard.at(yes.op().node()).size(), 1u);
  EXPECT_NE(flow.guard.at(no.op().node()), flow.guard.at(yes.op().node()));
}

TEST(ControlFlow, AMergeOfBothSidesLivesWheneverItsSwitchDoes) {
  TestGraph g;
  const Output p = g.placeholder(boolean, {}, "p"), q = g.placeholder(boolean, {}, "q"),
               x = g.constant(Tensor(1.f), "x");
  const Output outer = g.add("Switch", "outer", {x, p});
  const Output inner = g.add("Switch", "inner", {TestGraph::at(outer, 1), q});
  const Output inner_merge =
      g.add("Merge", "inner_merge", {g.add("Neg", "a", {inner}), g.add("Neg", "b", {TestGraph::at(inner, 1)})});
  const Output merge = g.add("Merge", "merge", {g.add("Neg", "c", {outer}), inner_merge});
  const auto [part, flow] = flow_of({merge});
  EXPECT_TRUE(flow.guard.at(merge.op().node()).empty());
  EXPECT_EQ(flow.guard.at(inner_merge.op().node()), flow.guard.at(inner.op().node()));
}

TEST(ControlFlow, AGuardKeepsOnlyTheInnermostOfNestedConditions) {
  TestGraph g;
  const Output p = g.placeholder(boolean, {}, "p"), q = g.placeholder(boolean, {}, "q"),
               x = g.constant(Tensor(1.f), "x");
  const Output outer = g.add("Switch", "outer", {x, p});
  const Output inner = g.add("Switch", "inner", {TestGraph::at(outer, 1), q});
  const Output both = g.add("AddV2", "both", {TestGraph::at(outer, 1), TestGraph::at(inner, 1)});
  const auto [part, flow] = flow_of({both});
  EXPECT_EQ(flow.guard.at(both.op().node()).size(), 1u);
}

TEST(ControlFlow, ALoopIsAFrameOfItsOwn) {
  TestGraph g;
  const auto [i, total] = g.counting_loop(g.constant(Tensor(3), "limit"), g.constant(Tensor(0.f), "total"),
                                          g.constant(Tensor(2.f), "step"));
  const auto [part, flow] = flow_of({total});
  ASSERT_EQ(flow.frames.size(), 2u);
  EXPECT_EQ(flow.frames[1].name, "loop");
  EXPECT_EQ(flow.frame.at(g.operation("add_total").node()), 1);
  EXPECT_EQ(flow.frame.at(g.operation("step").node()), 0);
}

TEST(ControlFlow, AValueThatComesIntoALoopWithoutEnterIsRefused) {
  TestGraph g;
  const auto [i, total] = g.counting_loop(g.constant(Tensor(3), "limit"), g.constant(Tensor(0.f), "total"),
                                          g.constant(Tensor(2.f), "step"));
  g.operation("add_total").node()->inputs[1] = to_edge(g.graph.tensor("step:0"));
  expect_says(error_of([&] { flow_of({total}); }), Code::InvalidArgument, "add_total");
}

TEST(Prune, KeepsOnlyWhatTheFetchesNeed) {
  TestGraph g;
  const Output a = g.constant(Tensor(1.f), "a"), b = g.add("Neg", "b", {a});
  g.add("Neg", "c", {b});
  EXPECT_EQ(flow_of({b}).part.nodes.size(), 2u);
}

TEST(Prune, StopsAtFeeds) {
  TestGraph g;
  const Output a = g.constant(Tensor(1.f), "a"), b = g.add("Neg", "b", {a}), c = g.add("Neg", "c", {b});
  Request request{.feeds = {to_edge(b)}, .fetches = {to_edge(c)}, .targets = {}};
  EXPECT_EQ(prune(request).nodes, std::vector<Node*>{c.op().node()});
}

TEST(Prune, RefusesACycleThatIsNoLoop) {
  TestGraph g;
  const Output a = g.constant(Tensor(1.f), "a"), b = g.add("Neg", "b", {a}), c = g.add("Neg", "c", {b});
  b.op().node()->inputs[0] = to_edge(c);
  EXPECT_THROW(flow_of({c}), Error);
}

TEST(Prune, WhatIsOnlyWaitedForAndChangesNothingDoesNotRun) {
  TestGraph g;
  const Output v = g.variable(Tensor(1.f), "v"), a = g.constant(Tensor(1.f), "a");
  const Output write = g.add("AssignAdd", "write", {v, a}), pure = g.add("Neg", "pure", {a}, {}, {write.op()});
  const Output result = g.add("Exp", "result", {a}, {}, {pure.op()});
  const Subgraph part = flow_of({result}).part;
  EXPECT_TRUE(part.order_only.contains(pure.op().node()));
  EXPECT_FALSE(part.order_only.contains(write.op().node()));  // still before `result`
  EXPECT_EQ(part.nodes.back(), result.op().node());
}

TEST(Order, WritersOfAVariableComeAfterEverythingThatIsFreeToRun) {
  TestGraph g;
  const Output v = g.variable(Tensor(1.f), "v"), read = g.add("Identity", "read", {v});
  const Output write = g.add("AssignAdd", "write", {v, g.constant(Tensor(1.f), "one")});
  const Output late = g.add("Neg", "late", {read});
  const auto [part, flow] = flow_of({write, late});
  const std::vector<Item> items = order_blocks(part, flow)[0];
  EXPECT_EQ(items.back().node, write.op().node());
}

TEST(Order, ALoopIsOneItemOfTheBlockAroundIt) {
  TestGraph g;
  const auto [i, total] = g.counting_loop(g.constant(Tensor(3), "limit"), g.constant(Tensor(0.f), "total"),
                                          g.constant(Tensor(2.f), "step"));
  const auto [part, flow] = flow_of({g.add("Neg", "after", {total})});
  const std::vector<Item> items = order_blocks(part, flow)[0];
  EXPECT_EQ(items.back().node, g.operation("after").node());
  EXPECT_EQ(items[items.size() - 2].frame, 1);
}

}  // namespace
}  // namespace tenon
