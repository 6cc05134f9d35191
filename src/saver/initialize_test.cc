#include "tenon/initialize.h"

#include "graph/graph_impl.h"
#include "saver/saver_test_harness.h"
#include "tenon/initializers.h"

namespace tenon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class InitializeTest : public SaverTest {};

std::vector<std::string> strings_of(const Tensor& tensor) {
  return {tensor.flat<std::string>().begin(), tensor.flat<std::string>().end()};
}

// proves: S5.2 S9.19
TEST_F(InitializeTest, WhatWasRestoredStaysAndTheRestIsInitialised) {
  write_checkpoint({{"v", Tensor({2}, {8.f, 9.f})}});
  Model model;
  Saver saver(model.graph, {model.v});
  saver.restore(model.session, path("m"));
  EXPECT_THAT(init_uninitialized(model.session), ElementsAre("w"));
  EXPECT_EQ(model.session.run(model.v).at<float>(1), 9.f);
  EXPECT_EQ(model.session.run(model.w).scalar<int>(), 7);
  EXPECT_THAT(init_uninitialized(model.session), IsEmpty());
  model.init();
  EXPECT_EQ(model.session.run(model.v).at<float>(1), 2.f) << "an initialiser after a restore overwrites it";
  saver.restore(model.session, path("m"));
  EXPECT_EQ(model.session.run(model.v).at<float>(1), 9.f);
}

TEST_F(InitializeTest, VariablesThatStartFromOthersComeAfterThem) {
  Graph graph;
  const Variable a = variable(graph, Tensor(2.f), "a");
  const Variable r = variable(a * 3.f, "r", {.use_resource = true});
  const Variable z = variable(r + a, "z");
  const Variable local = variable(z + 1.f, "local", {.trainable = false, .collections = {"local_variables"}});
  Session session(graph);
  EXPECT_THAT(init_uninitialized(session), ElementsAre("a", "r", "z", "local"));
  EXPECT_EQ(session.run(local).scalar<float>(), 9.f);
}

TEST_F(InitializeTest, VariablesWithoutInitializersAreNamed) {
  Graph graph;
  variable(graph, Tensor(2.f), "a");
  graph.impl().variables("variables").back().initializer = Operation();
  variable(graph, Tensor(2.f), "b");
  Session session(graph);
  expect_says(error_of([&] { init_uninitialized(session); }), Code::FailedPrecondition,
              "1 variables have neither a value nor an initializer: a");
  EXPECT_THAT(session.uninitialized_variables(), ElementsAre("a", "b"));
}

// proves: S5.1
TEST_F(InitializeTest, TheGraphReportsWhatHasNoValue) {
  Graph graph;
  const Variable v = variable(graph, Tensor(2.f), "v"), r = variable(graph, Tensor(2.f), "r", {.use_resource = true});
  variable(graph, Tensor(2.f), "local", {.collections = {"local_variables"}});
  const Output report = report_uninitialized_variables(graph), of_r = report_uninitialized_variables(graph, {r});
  const Output nothing = report_uninitialized_variables(graph, std::vector<Variable>());
  const Output there = is_variable_initialized(v);
  Session session(graph);
  EXPECT_THAT(strings_of(session.run(report)), ElementsAre("v", "r", "local"));
  EXPECT_THAT(session.uninitialized_variables(), ElementsAre("v", "r", "local"));
  EXPECT_FALSE(session.run(there).scalar<bool>());
  session.run(v.initializer);
  EXPECT_THAT(strings_of(session.run(report)), ElementsAre("r", "local"));
  EXPECT_THAT(strings_of(session.run(of_r)), ElementsAre("r"));
  EXPECT_THAT(strings_of(session.run(nothing)), IsEmpty());
  EXPECT_TRUE(session.run(there).scalar<bool>());
}

// Variables of an encoder, one of them in pieces, and one outside.
struct Encoder {
  Encoder() {
    auto scope = variable_scope(graph, "model/encoder");
    w = get_variable(graph, "w", {2}, {.initializer = zeros_initializer()});
    r = get_variable(graph, "r", {2}, {.initializer = zeros_initializer(), .use_resource = true});
    table = get_variable(graph, "table", {4, 1}, fixed_size_partitioner(3), {.initializer = zeros_initializer()});
  }
  Graph graph;
  Variable w, r;
  PartitionedVariable table;
};

std::vector<std::pair<std::string, Tensor>> encoder_tensors() {
  return {{"old/w", Tensor({2}, {1.f, 2.f})},
          {"old/r", Tensor({2}, {3.f, 4.f})},
          {"old/table", Tensor({4, 1}, {5.f, 6.f, 7.f, 8.f})},
          {"w", Tensor({2}, {9.f, 9.f})},
          {"ints", Tensor({2}, {1, 2})}};
}

// proves: S5.15
TEST_F(InitializeTest, InitializersReadScopesOfACheckpoint) {
  write_checkpoint(encoder_tensors());
  Encoder e;
  init_from_checkpoint(e.graph, path("m"), {{"old/", "model/encoder/"}});
  init_from_checkpoint(e.graph, path("m"), {{"none/", "no such scope/"}});
  Session session(e.graph);
  session.run(e.graph.global_variables_initializer());
  EXPECT_EQ(session.run(e.w).at<float>(1), 2.f);
  EXPECT_EQ(session.run(e.r).at<float>(1), 4.f);
  EXPECT_TRUE(session.run(e.table.as_tensor()).equals(Tensor({4, 1}, {5.f, 6.f, 7.f, 8.f})));
}

// proves: S5.15
TEST_F(InitializeTest, InitializersReadTensorsForVariablesAndNames) {
  write_checkpoint(encoder_tensors());
  Encoder e;
  init_from_checkpoint(e.graph, path("m.index"),
                       {{"w", e.r}, {"w", "model/encoder/w"}, {"old/table", "model/encoder/table"}});
  Session session(e.graph);
  init_uninitialized(session);
  EXPECT_EQ(session.run(e.w).at<float>(1), 9.f);
  EXPECT_EQ(session.run(e.r).at<float>(1), 9.f);
  EXPECT_EQ(session.run(e.table.as_tensor()).at<float>(3), 8.f);
  EXPECT_EQ(e.graph.global_variables()[0].initializer.type(), "Assign");
  EXPECT_EQ(e.graph.global_variables()[0].initial_value.op().type(), "RestoreV2");
}

TEST_F(InitializeTest, TheRootOfACheckpointIsAScope) {
  write_checkpoint(
      {{"w", Tensor({2}, {1.f, 2.f})}, {"r", Tensor({2}, {3.f, 4.f})}, {"table", Tensor::zeros(float32, {4, 1})}});
  Encoder e;
  init_from_checkpoint(e.graph, path("m"), {{"/", "model/encoder/"}});
  Session session(e.graph);
  session.run(e.graph.global_variables_initializer());
  EXPECT_EQ(session.run(e.r).at<float>(1), 4.f);
}

TEST_F(InitializeTest, ImportedGraphsGoByTheNamesOfTheirVariables) {
  write_checkpoint(encoder_tensors());
  Encoder e;
  Saver(e.graph).export_meta_graph(path("graph.meta"));
  Graph graph;
  import_meta_graph(graph, path("graph.meta"));
  init_from_checkpoint(graph, path("m"), {{"old/", "model/encoder/"}});
  Session session(graph);
  session.run(graph.global_variables_initializer());
  EXPECT_EQ(session.run("model/encoder/r/Read/ReadVariableOp:0").at<float>(1), 4.f);
}

// proves: E71 S5.15
TEST_F(InitializeTest, WhatDoesNotFitIsRefusedBeforeTheGraphChanges) {
  write_checkpoint(encoder_tensors());
  Encoder e;
  const int before = e.graph.num_operations();
  const auto refused = [&](Code code, const AssignmentMap& map) {
    const std::string message = error_text(code, [&] { init_from_checkpoint(e.graph, path("m"), map); });
    EXPECT_EQ(e.graph.num_operations(), before);
    return message;
  };
  EXPECT_THAT(refused(Code::NotFound, {{"w", e.w}, {"wv", e.r}}),
              HasSubstr("Tensor wv is not found in " + path("m") + " checkpoint; nearest: \"w\""));
  EXPECT_THAT(refused(Code::NotFound, {{"odd/", "model/encoder/"}}), HasSubstr("Tensor odd/r is not found in"));
  EXPECT_THAT(
      refused(Code::InvalidArgument, {{"old/table", e.w}}),
      HasSubstr("Shape of variable model/encoder/w:0 ([2]) doesn't match with shape of tensor old/table ([4,1]) from "
                "checkpoint reader"));
  EXPECT_THAT(refused(Code::InvalidArgument, {{"w", e.table}}),
              HasSubstr("doesn't match with shape of tensor w ([2])"));
  EXPECT_THAT(refused(Code::InvalidArgument, {{"ints", e.w}}),
              HasSubstr("Type of variable model/encoder/w:0 (float32)"));
  EXPECT_THAT(refused(Code::InvalidArgument, {{"old", "model/encoder/"}}),
              HasSubstr("Assignment map with scope only name model/encoder/ should map to scope only old"));
  EXPECT_THAT(refused(Code::NotFound, {{"w", "encoder/w"}}), HasSubstr("which is no variable of the graph"));
  expect_code(error_of([&] { init_from_checkpoint(e.graph, path("none"), {{"w", e.w}}); }), Code::NotFound);
  e.graph.finalize();
  EXPECT_THAT(refused(Code::FailedPrecondition, {{"w", e.w}}), HasSubstr("Graph is finalized"));
}

}  // namespace
}  // namespace tenon
