#include "tenon/session.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/test_graph.h"
#include "testing/errors.h"

namespace tenon {
namespace {

using testing::HasSubstr;

TEST(Session, ComputesWhatIsFetched) {
  TestGraph g;
  const Output x = g.placeholder(float32, {-1}, "x");
  const Output y = g.add("Mul", "y", {g.add("AddV2", "sum", {x, g.constant(Tensor(1.f))}), x});
  Session session(g.graph);
  const auto [value] = session.run({y}, {{x, Tensor(std::vector<float>{1, 2, 3})}});
  EXPECT_TRUE(value.equals(Tensor(std::vector<float>{2, 6, 12}))) << value.to_string();
}

TEST(Session, RunsAgainWithOtherShapes) {
  TestGraph g;
  const Output x = g.placeholder(float32, {-1}, "x"), y = g.add("AddV2", "y", {x, x});
  Session session(g.graph);
  for (int size = 0; size < 40; ++size) {  // beyond the number of programs a plan makes
    const Tensor value = session.run(std::vector<Output>{y}, {{x, Tensor(std::vector<float>(size, 2.f))}})[0];
    EXPECT_TRUE(value.equals(Tensor(std::vector<float>(size, 4.f))));
  }
}

TEST(Session, AFedTensorIsNotChangedAndNotKept) {
  TestGraph g;
  const Output x = g.placeholder(float32, {2}, "x"), v = g.variable(Tensor(std::vector<float>{0, 0}), "v");
  const Output set = g.add("Assign", "set", {v, x});
  Session session(g.graph);
  Tensor mine(std::vector<float>{1, 2});
  session.run({}, {{x, mine}}, {set.op()});
  mine.data<float>()[0] = 9;
  EXPECT_TRUE(session.run(v).equals(Tensor(std::vector<float>{1, 2})));
}

TEST(Session, AFetchedValueIsTheCallersOwn) {
  TestGraph g;
  const Output v = g.variable(Tensor(std::vector<float>{1, 2}), "v"), c = g.constant(Tensor(3.f), "c");
  Session session(g.graph);
  session.run(g.operation("v/Assign"));
  auto [value, constant] = session.run({v, c});
  value.data<float>()[0] = 9;
  constant.data<float>()[0] = 9;
  EXPECT_EQ(session.run(v).at<float>(0), 1);
  EXPECT_EQ(session.run(c).scalar<float>(), 3);
}

TEST(Session, AReadThatNothingOrdersAfterAWriteSeesTheOldValue) {
  TestGraph g;
  const Output v = g.variable(Tensor(1.f), "v"), read = g.add("Identity", "read", {v});
  const Output write = g.add("AssignAdd", "write", {v, g.constant(Tensor(1.f), "one")});
  Session session(g.graph);
  session.run(g.operation("v/Assign"));
  const auto [seen] = session.run({read}, {}, {write.op()});
  EXPECT_EQ(seen.scalar<float>(), 1);
  EXPECT_EQ(session.run(read).scalar<float>(), 2);
}

TEST(Session, AReadAfterAWriteSeesTheNewValue) {
  TestGraph g;
  const Output v = g.variable(Tensor(1.f), "v");
  const Output write = g.add("AssignAdd", "write", {v, g.constant(Tensor(1.f), "one")});
  const Output read = g.add("Identity", "read", {v}, {}, {write.op()});
  Session session(g.graph);
  session.run(g.operation("v/Assign"));
  EXPECT_EQ(session.run(read).scalar<float>(), 2);
}

TEST(Session, AVariableThatChangesItsShapeWithinARunIsRefused) {
  TestGraph g;
  const Output v = g.variable(Tensor(std::vector<float>{1, 2}), "v");
  const Output set = g.add("Assign", "set", {v, g.constant(Tensor(std::vector<float>{1, 2, 3}), "three")},
                           {{"validate_shape", false}});
  const Output read = g.add("Neg", "read", {v}, {}, {set.op()});
  Session session(g.graph);
  session.run(g.operation("v/Assign"));
  expect_says(error_of([&] { session.run(read); }), Code::FailedPrecondition,
              "variable v had shape [2] when the run began and has [3] now");
  EXPECT_TRUE(session.run(read).equals(Tensor(std::vector<float>{-1, -2, -3})));  // the next run knows
}

// proves: E22
TEST(Session, AnUninitialisedVariableSaysSo) {
  TestGraph g;
  const Output v = g.variable(Tensor(1.f), "v");
  Session session(g.graph);
  expect_says(error_of([&] { session.run(v); }), Code::FailedPrecondition, "Attempting to use uninitialized value v");
}

TEST(Session, AnUnfedPlaceholderSaysSo) {
  TestGraph g;
  const Output x = g.placeholder(float32, {-1, 3}, "x"), y = g.add("Neg", "y", {x});
  Session session(g.graph);
  expect_says(error_of([&] { session.run(y); }), Code::InvalidArgument,
              "You must feed a value for placeholder tensor 'x' with dtype float and shape [?,3]");
}

TEST(Session, AFeedOfAnotherTypeOrShapeIsRefused) {
  TestGraph g;
  const Output x = g.placeholder(float32, {-1, 3}, "x"), y = g.add("Neg", "y", {x});
  Session session(g.graph);
  EXPECT_THAT(error_of([&] { session.run(y, {{x, Tensor(1)}}); }).what(), HasSubstr("x:0, which has type float32"));
  EXPECT_THAT(error_of([&] { session.run(y, {{x, Tensor({2, 2}, {1.f, 2.f, 3.f, 4.f})}}); }).what(),
              HasSubstr("Cannot feed value of shape [2,2] for Tensor x:0, which has shape [?,3]"));
}

// proves: S9.16
TEST(Session, AllOperationsWithoutAKernelAreNamedAtOnce) {
  TestGraph g;
  const Output x = g.constant(Tensor(1.f), "x");
  const Output a = g.add("Igamma", "a", {x, x}), b = g.add("Zeta", "b", {a, x}), c = g.add("Igamma", "c", {b, x});
  Session session(g.graph);
  expect_says(error_of([&] { session.run(c); }), Code::Unimplemented,
              "no kernel for 'Igamma' (2 nodes, such as \"a\"), 'Zeta' (1 node, such as \"b\")");
  EXPECT_EQ(session.run(x).scalar<float>(), 1);  // what does not need them runs
}

TEST(Session, RunsOneBranchOfAConditional) {
  TestGraph g;
  const Output p = g.placeholder(boolean, {}, "p"), x = g.placeholder(float32, {}, "x");
  const Output s = g.add("Switch", "s", {x, p});
  const Output no = g.add("Neg", "no", {s}), yes = g.add("Square", "yes", {TestGraph::at(s, 1)});
  const Output merged = g.add("Merge", "merged", {no, yes});
  Session session(g.graph);
  for (const bool condition : {true, false, true}) {
    const auto [value, side] =
        session.run({merged, TestGraph::at(merged, 1)}, {{p, Tensor(condition)}, {x, Tensor(3.f)}});
    EXPECT_EQ(value.scalar<float>(), condition ? 9 : -3);
    EXPECT_EQ(side.scalar<std::int32_t>(), condition ? 1 : 0);
  }
}

TEST(Session, FetchingFromTheBranchNotTakenSaysSo) {
  TestGraph g;
  const Output p = g.placeholder(boolean, {}, "p"), s = g.add("Switch", "s", {g.constant(Tensor(1.f)), p});
  const Output no = g.add("Neg", "no", {s});
  Session session(g.graph);
  EXPECT_EQ(session.run(no, {{p, Tensor(false)}}).scalar<float>(), -1);
  EXPECT_THAT(error_of([&] { session.run(no, {{p, Tensor(true)}}); }).what(), HasSubstr("no:0 has no value"));
}

TEST(Session, AnOperationOnTheBranchNotTakenDoesNotRun) {
  TestGraph g;
  const Output p = g.placeholder(boolean, {}, "p"), v = g.variable(Tensor(1.f), "v");
  const Output s = g.add("Switch", "s", {g.constant(Tensor(5.f)), p});
  const Output write = g.add("AssignAdd", "write", {v, TestGraph::at(s, 1)});
  Session session(g.graph);
  session.run(g.operation("v/Assign"));
  session.run({}, {{p, Tensor(false)}}, {write.op()});
  EXPECT_EQ(session.run(v).scalar<float>(), 1);
  session.run({}, {{p, Tensor(true)}}, {write.op()});
  EXPECT_EQ(session.run(v).scalar<float>(), 6);
}

TEST(Session, RunsALoopAsOftenAsItsConditionSays) {
  TestGraph g;
  const Output limit = g.placeholder(int32, {}, "limit");
  const auto [i, total] =
      g.counting_loop(limit, g.constant(Tensor(std::vector<float>{0, 1}), "total"), g.constant(Tensor(2.f), "step"));
  Session session(g.graph);
  for (int n : {0, 1, 7, 100}) {
    const auto [count, sum] = session.run({i, total}, {{limit, Tensor(n)}});
    EXPECT_EQ(count.scalar<std::int32_t>(), n);
    EXPECT_TRUE(sum.equals(Tensor(std::vector<float>{2.f * n, 2.f * n + 1}))) << sum.to_string();
  }
}

TEST(Session, ALoopMayChangeTheShapeOfItsValues) {
  TestGraph g;
  const auto [i, total] = g.counting_loop(g.constant(Tensor(2), "limit"), g.constant(Tensor(0.f), "total"),
                                          g.constant(Tensor(std::vector<float>{1, 2}), "step"));
  Session session(g.graph);
  EXPECT_TRUE(session.run(total).equals(Tensor(std::vector<float>{2, 4})));
}

TEST(Session, TheInsideOfALoopCannotBeFetched) {
  TestGraph g;
  g.counting_loop(g.constant(Tensor(2), "limit"), g.constant(Tensor(0.f), "total"), g.constant(Tensor(1.f), "step"));
  Session session(g.graph);
  EXPECT_THAT(error_of([&] { session.run(g.graph.tensor("add_total:0")); }).what(),
              HasSubstr("inside the loop \"loop\""));
}

TEST(Session, ALoopUnderAConditionalRunsOnlyIfTaken) {
  TestGraph g;
  const Output p = g.placeholder(boolean, {}, "p");
  const Output s = g.add("Switch", "s", {g.constant(Tensor(0.f), "start"), p}),
               other = g.add("Switch", "other", {g.constant(Tensor(3), "limit"), p});
  const Output by = g.add("Switch", "by", {g.constant(Tensor(1.f), "by_value"), p});
  const auto [i, total] = g.counting_loop(TestGraph::at(other, 1), TestGraph::at(s, 1), TestGraph::at(by, 1));
  const Output merged = g.add("Merge", "merged", {g.add("Neg", "no", {by}), total});
  Session session(g.graph);
  EXPECT_EQ(session.run(merged, {{p, Tensor(true)}}).scalar<float>(), 3);
  EXPECT_EQ(session.run(merged, {{p, Tensor(false)}}).scalar<float>(), -1);
}

TEST(Session, ManyThreadsMayRunOneRequest) {
  TestGraph g;
  const Output x = g.placeholder(float32, {-1}, "x");
  const Output y = g.add("Mul", "y", {g.add("AddV2", "sum", {x, x}), x});
  Session session(g.graph);
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const float v = static_cast<float>(t * 50 + i);
        wrong += session.run(y, {{x, Tensor(std::vector<float>(1 + i % 3, v))}}).at<float>(0) != 2 * v * v;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Session, AFailedRunLeavesTheSessionUsable) {
  TestGraph g;
  const Output x = g.placeholder(float32, PartialShape::unknown(), "x"),
               y = g.add("AddV2", "y", {x, g.constant(Tensor(std::vector<float>{1, 2}))});
  Session session(g.graph);
  expect_code(error_of([&] { session.run(y, {{x, Tensor(std::vector<float>{1, 2, 3})}}); }), Code::InvalidArgument);
  EXPECT_TRUE(session.run(y, {{x, Tensor(1.f)}}).equals(Tensor(std::vector<float>{2, 3})));
}

}  // namespace
}  // namespace tenon
