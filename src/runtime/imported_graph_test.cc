// Graphs from files, run.
#include <gtest/gtest.h>

#include "base/files.h"
#include "graph.pb.h"
#include "graph/export_graph.h"
#include "runtime/test_graph.h"
#include "tenon/import_graph.h"
#include "tenon/ops.h"
#include "tenon/train.h"
#include "testing/errors.h"
#include "testing/graph_text.h"

namespace tenon {
namespace {

// proves: S7.19 S9.16 E55
TEST(ImportedGraph, AllOpsThatNobodyRegisteredAreNamedWhenTheyAreRun) {
  const auto unknown = [](const std::string& name, const std::string& op, const std::string& input) {
    return "node { name: '" + name + "' op: '" + op + "' input: '" + input + "' } ";
  };
  Graph graph;
  import_graph_def_bytes(graph,
                         constant_text("a") + unknown("u", "Mystery", "a") + unknown("v", "Secret", "u") +
                             unknown("w", "Mystery", "v") + identity_text("b", "input: 'w'") + versions_text(),
                         {.name = ""});
  Session session(graph);
  expect_says(error_of([&] { session.run("b:0"); }), Code::Unimplemented,
              "Op type not registered 'Mystery' (2 nodes, such as \"u\"), 'Secret' (1 node, such as \"v\")");
  EXPECT_EQ(session.run("a:0").scalar<float>(), 1);
}

void write_frozen_graph(const std::string& path) {
  Graph graph;
  const Output images = placeholder(graph, float32, {-1, 28, 28, 1}, "images");
  const Output logits = reduce_mean(images, {1, 2, 3}, false, "logits");
  const Scope after = graph.control_dependencies({logits.op()});
  no_op(graph, "train");
  write_file_atomic(path, export_graph_bytes(graph.impl(), {}));
}

TEST(ImportedGraph, TheExampleOfTheHeaderRuns) {
  write_frozen_graph("frozen.pb");
  Graph graph;
  import_graph_def(graph, "frozen.pb");
  import_graph_def(graph, "frozen.pb", {.name = ""});
  EXPECT_TRUE(graph.find_operation("import/train") && graph.find_operation("train"));

  Output images = placeholder(graph, float32, {-1, 28, 28, 1});
  const auto found = import_graph_def(graph, "frozen.pb", {.name = "net",
                                                           .input_map = {{"images:0", images}},
                                                           .return_elements = {"logits:0", "train"}});
  Output logits = std::get<Output>(found[0]);
  Operation train = std::get<Operation>(found[1]);
  Session session(graph);
  const Tensor grey({1, 28, 28, 1}, std::vector<float>(784, 0.5f));
  const auto [values] = session.run({logits}, {{images, grey}}, {train});
  EXPECT_TRUE(values.equals(Tensor(std::vector<float>{0.5f}))) << values.to_string();
}

// proves: S9.18 E64
TEST(ImportedGraph, WhatAsksForADeviceThatIsNotThereRunsOnTheCpu) {
  const std::string text =
      constant_text("a", "device: '/device:GPU:7' ") +
      "node { name: 'v' op: 'VariableV2' device: '/job:ps/task:3/device:TPU:0' attr { key: 'shape' "
      "value { shape {} } } attr { key: 'dtype' value { type: DT_FLOAT } } } "
      "node { name: 'set' op: 'Assign' device: 'nonsense' input: 'v' input: 'a' " +
      kFloatT + "} " + versions_text();
  Graph graph;
  import_graph_def_bytes(graph, text, {.name = ""});
  Session session(graph);
  session.run({}, {}, {graph.operation("set")});
  EXPECT_EQ(session.run("v:0").scalar<float>(), 1);
  EXPECT_EQ(graph.operation("a").device(), "/device:GPU:7");
}

// proves: S7.10
TEST(ImportedGraph, AnOldPlaceholderTakesAnyShape) {
  const auto run = [](const std::string& versions) {
    Graph graph;
    import_graph_def_bytes(graph, placeholder_text("p", "") + identity_text("b", "input: 'p'") + versions,
                           {.name = ""});
    return Session(graph)
        .run({graph.tensor("b:0")}, {{graph.tensor("p:0"), Tensor(std::vector<float>{1, 2})}})[0]
        .to_string();
  };
  EXPECT_EQ(run(versions_text("producer: 21")), Tensor(std::vector<float>{1, 2}).to_string());
  expect_says(error_of([&] { run(versions_text("producer: 22")); }), Code::InvalidArgument, "Cannot feed value");
}

std::string bytes_of_a_loop() {
  TestGraph g;
  const auto [i, total] = g.counting_loop(g.constant(Tensor(4), "limit"), g.constant(Tensor(1.f), "start"),
                                          g.constant(Tensor(2.f), "step"));
  g.add("Identity", "out", {total});
  return export_graph_bytes(g.graph.impl(), {});
}

// proves: S7.16
TEST(ImportedGraph, ALoopWaitsForOpenControlDependenciesAndRuns) {
  TestGraph g;
  const Output v = g.variable(Tensor(0.f), "v");
  const Output add = g.add("AssignAdd", "add", {v, g.constant(Tensor(1.f), "one")});
  {
    const Scope after = g.graph.control_dependencies({add.op()});
    import_graph_def_bytes(g.graph, bytes_of_a_loop(), {.name = "loop"});
  }
  EXPECT_EQ(g.operation("loop/limit").control_inputs(), std::vector{add.op()});
  EXPECT_EQ(g.operation("loop/out").control_inputs(), std::vector{add.op()});
  EXPECT_TRUE(g.operation("loop/add_total").control_inputs().empty());
  Session session(g.graph);
  session.run({}, {}, {g.operation("v/Assign")});
  EXPECT_EQ(session.run("loop/out:0").scalar<float>(), 9);
  EXPECT_EQ(session.run("v:0").scalar<float>(), 1);
}

TEST(ImportedGraph, NewGradientsThroughALoopAreRefusedByName) {
  Graph graph;
  import_graph_def_bytes(graph, bytes_of_a_loop(), {.name = ""});
  expect_says(error_of([&] { train::gradients({graph.tensor("out:0")}, {graph.tensor("step:0")}); }),
              Code::Unimplemented, "gradients through while loops are not made yet");
}

}  // namespace
}  // namespace tenon
