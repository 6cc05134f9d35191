#include <algorithm>
#include <optional>

#include "formats/meta_graph/meta_graph.h"
#include "graph/export_meta_graph.h"
#include "meta_graph.pb.h"
#include "saver/saver_test_harness.h"
#include "tenon/meta_graph.h"

namespace tenon {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

proto::MetaGraphDef message(const MetaGraphDef& meta) { return *parse_meta_graph(meta.bytes, meta.name); }

std::vector<std::string> nodes(const proto::MetaGraphDef& meta) {
  std::vector<std::string> names;
  for (const auto& node : meta.graph_def().node()) names.push_back(node.name());
  return names;
}

// "in" is outside of the scope "h".
struct Part {
  Graph graph;
  Output in = placeholder(graph, float32, {}, "in");
  Variable v;
  Output y;
  Part() {
    const Scope scope = graph.name_scope("h");
    const Scope device = graph.device("/device:CPU:0");
    v = variable(graph, Tensor(2.f), "v");
    y = multiply(v, in, "y");
    graph.impl().node_collections()["nodes"] = {"h/y:0", "in:0"};
    graph.impl().bytes_collections()["words"] = {"h/y", "other"};
  }
};

// proves: S6.17 S6.13
TEST_F(SaverTest, APartOfAGraphIsExportedAndRunsInAnotherGraph) {
  Part part;
  const ExportedScope exported = export_scoped_meta_graph(part.graph, {.export_scope = "h"});
  ASSERT_EQ(exported.variables.size(), 1u);
  EXPECT_EQ(exported.variables.at("v:0").name(), "h/v:0");
  const proto::MetaGraphDef meta = message(exported.meta_graph);
  EXPECT_THAT(nodes(meta), ElementsAre("v/initial_value", "v", "v/Assign", "v/read", "y"));
  EXPECT_EQ(meta.graph_def().node(4).input(1), "$unbound_inputs_in");
  EXPECT_THAT(meta.graph_def().node(3).attr().at("_class").list().s(), ElementsAre("loc:@v"));
  const auto& collections = meta.collection_def();
  EXPECT_THAT(collections.at("unbound_inputs").bytes_list().value(), ElementsAre("$unbound_inputs_in"));
  EXPECT_THAT(collections.at("nodes").node_list().value(), ElementsAre("y:0"));
  EXPECT_THAT(collections.at("words").bytes_list().value(), ElementsAre("h/y", "other"));

  Graph other;
  const Output five = constant(other, Tensor(5.f), "five");
  const auto imported = import_scoped_meta_graph(other, exported.meta_graph,
                                                 {.import_scope = "k", .input_map = {{"$unbound_inputs_in", five}}});
  EXPECT_EQ(imported.variables.at("v:0").name(), "k/v:0");
  Session session(other);
  session.run(other.global_variables_initializer());
  EXPECT_EQ(session.run("k/y:0").scalar<float>(), 10.f);
  expect_says(error_of([&] { import_meta_graph(other, exported.meta_graph); }), Code::InvalidArgument,
              "Graph contains unbound inputs: $unbound_inputs_in. Must provide these inputs through input_map.");
}

TEST_F(SaverTest, ASaverGoesWithItsScopeOnly) {
  Graph graph;
  std::optional<Saver> inside;
  {
    const Scope scope = graph.name_scope("h");
    variable(graph, Tensor(2.f), "v");
    inside.emplace(graph);
  }
  Session session(graph);
  session.run(graph.global_variables_initializer());
  inside->save(session, path("m"));
  inside->export_meta_graph(path("part.meta"), {.export_scope = "h"});
  Graph other;
  Saver imported = import_meta_graph(other, path("part.meta"), {.import_scope = "k"});
  EXPECT_EQ(imported.as_saver_def()->save_tensor_name, "k/save/control_dependency:0");
  Session second(other);
  imported.restore(second, path("m"));
  EXPECT_EQ(second.run("k/v:0").scalar<float>(), 2.f);
  Saver outside(graph);
  outside.export_meta_graph(path("part.meta"), {.export_scope = "h"});
  EXPECT_FALSE(read_meta_graph(path("part.meta"))->has_saver_def());
}

TEST_F(SaverTest, AScopeThatEndsInASlashTakesNothingElseAlong) {
  Graph graph;
  constant(graph, Tensor(1), "h/x");
  constant(graph, Tensor(1), "h2/x");
  EXPECT_THAT(nodes(message(export_meta_graph(graph, ExportMetaGraphOptions{.export_scope = "h"}))),
              ElementsAre("x", "h2/x"));
  EXPECT_THAT(nodes(message(export_meta_graph(graph, ExportMetaGraphOptions{.export_scope = "h/"}))), ElementsAre("x"));
}

// proves: S6.15
TEST_F(SaverTest, OnlyTheListedCollectionsAreExported) {
  Part part;
  EXPECT_EQ(message(export_meta_graph(part.graph)).collection_def().size(), 4u);
  const auto some = message(export_meta_graph(part.graph, {.collection_list = {{"words", "none", "variables"}}}));
  EXPECT_EQ(some.collection_def().size(), 2u);
  EXPECT_EQ(some.collection_def().at("variables").bytes_list().value_size(), 1);
  EXPECT_THAT(message(export_meta_graph(part.graph, {.collection_list = std::vector<std::string>()})).collection_def(),
              IsEmpty());
}

// proves: S6.18
TEST_F(SaverTest, OtherSaversAreLeftOut) {
  Model model;
  const Saver first(model.graph), second(model.graph);
  for (const Saver* saver : {&first, &second}) {
    model.graph.impl().bytes_collections()["savers"].push_back(saver->as_saver_def()->to_bytes());
  }
  const auto meta = message(second.export_meta_graph({.clear_extraneous_savers = true}));
  for (const std::string& name : nodes(meta)) EXPECT_FALSE(name.starts_with("save/")) << name;
  EXPECT_THAT(meta.collection_def().at("savers").bytes_list().value(), ElementsAre(second.as_saver_def()->to_bytes()));
  Graph graph;
  EXPECT_EQ(import_meta_graph(graph, MetaGraphDef{meta.SerializeAsString()}).as_saver_def()->restore_op_name,
            "save_1/restore_all");
  {
    const Scope after = model.graph.control_dependencies({model.graph.operation("save/restore_all")});
    constant(model.graph, Tensor(1), "later");
  }
  expect_says(error_of([&] { second.export_meta_graph({.clear_extraneous_savers = true}); }), Code::InvalidArgument,
              "node 'later' has the input '^save/restore_all', which belongs to a Saver that is left out");
}

// proves: S6.19
TEST_F(SaverTest, DevicesAreLeftOut) {
  Part part;
  const auto with_device = [](const proto::NodeDef& node) { return !node.device().empty(); };
  for (const bool clear : {false, true}) {
    const auto meta = message(export_meta_graph(part.graph, {.clear_devices = clear}));
    EXPECT_EQ(std::any_of(meta.graph_def().node().begin(), meta.graph_def().node().end(), with_device), !clear);
  }
}

// proves: S6.20 E75
TEST_F(SaverTest, AScopeIsCopiedToAnother) {
  Graph graph, other;
  {
    const Scope scope = graph.name_scope("a");
    const Variable v = variable(graph, Tensor(2.f), "v");
    multiply(v, 3.f, "y");
  }
  const auto copied = copy_scoped_meta_graph("a", "b", graph, graph);
  ASSERT_EQ(copied.size(), 1u);
  EXPECT_EQ(copied.at("v:0").name(), "b/v:0");
  EXPECT_EQ(graph.global_variables().size(), 2u);
  EXPECT_EQ(copy_scoped_meta_graph("a", "a", graph, other).at("v:0").name(), "a/v:0");
  Session session(graph);
  session.run(graph.global_variables_initializer());
  EXPECT_EQ(session.run("b/y:0").scalar<float>(), 6.f);
  expect_says(error_of([&] { copy_scoped_meta_graph("a", "a", graph, graph); }), Code::InvalidArgument,
              "'from_scope' and 'to_scope' need to be different when performing copy in the same graph");
}

// proves: S6.21
TEST_F(SaverTest, AGraphIsWrittenIntoNewFolders) {
  Part part;
  EXPECT_EQ(write_graph(part.graph, path("a/b/c"), "g.pbtxt"), path("a/b/c/g.pbtxt"));
  EXPECT_EQ(write_graph(part.graph, path("a/b/d"), "g.pb", false), path("a/b/d/g.pb"));
  const auto text = read_graph_def(path("a/b/c/g.pbtxt")), binary = read_graph_def(path("a/b/d/g.pb"));
  EXPECT_EQ(text->SerializeAsString().size(), binary->SerializeAsString().size());
  EXPECT_EQ(binary->node_size(), part.graph.num_operations());
  EXPECT_FALSE(binary->node(0).attr().contains("_output_shapes"));
  EXPECT_THAT(files("a/b/d"), ElementsAre("g.pb"));
}

// proves: E73 S9.15
TEST(ExportGraph, TooLargeToBeReadIsRefusedWithTheLargestNodes) {
  Graph graph;
  constant(graph, Tensor(1.f), "small");
  constant(graph, Tensor::zeros(float32, {1000}), "zeros");
  constant(graph, Tensor(std::string(5000, 'x')), "large");
  MetaGraphOptions options;
  options.graph.most_bytes = 5000;
  expect_says(error_of([&] { export_meta_graph_parts(graph.impl(), options); }), Code::InvalidArgument,
              {"GraphDef cannot be larger than 2GB", "Its largest nodes: 'large' (Const, 50"});
}

}  // namespace
}  // namespace tenon
