#include <google/protobuf/util/message_differencer.h>

#include "formats/meta_graph/meta_graph.h"
#include "graph/export_graph.h"
#include "graph/import_meta_graph.h"
#include "meta_graph.pb.h"
#include "ops/shape_inference.h"
#include "saver/saver_test_harness.h"

namespace tenon {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

const std::string kFixtures = TENON_FIXTURES;

// proves: S3.6 S3.20 S5.4 E3 E4 E5
TEST_F(SaverTest, NeedsVariablesWithDifferentNames) {
  Graph empty;
  expect_says(error_of([&] { Saver saver(empty); }), Code::InvalidArgument, "No variables to save");
  Saver nothing(empty, {.allow_empty = true});
  Session session(empty);
  EXPECT_EQ(nothing.save(session, path("m")), "");
  EXPECT_THAT(files(), UnorderedElementsAre("m.meta"));
  nothing.restore(session, path("not there"));

  Model model;
  expect_says(error_of([&] { Saver saver(model.graph, {model.v, model.v}); }), Code::InvalidArgument,
              "At least two variables have the same name: v");
  expect_says(error_of([&] { Saver saver(model.graph, {{"x", model.v}, {"y", model.v}}); }), Code::InvalidArgument,
              "The same saveable will be restored with two names: y");
}

TEST_F(SaverTest, RefusesMetaFilesWithoutTheirNodes) {
  Model model;
  Saver saver(model.graph);
  saver.export_meta_graph(path("m.meta"));
  auto file = read_meta_graph(path("m.meta"));
  file->mutable_saver_def()->set_restore_op_name("gone");
  write_meta_graph(path("bad.meta"), *file);
  Graph graph;
  expect_says(error_of([&] { import_meta_graph(graph, path("bad.meta")); }), Code::InvalidArgument,
              "saver_def's restore_op_name is 'gone'");
  EXPECT_EQ(graph.num_operations(), 0);
  expect_code(error_of([&] { import_meta_graph(graph, path("none.meta")); }), Code::NotFound);
}

// proves: S5.14 S6.4
TEST_F(SaverTest, ImportsUnderAScopeAndStillReadsTheSameCheckpoint) {
  Model model;
  Saver saver(model.graph);
  model.init();
  saver.save(model.session, path("m"));
  Graph graph;
  import_meta_graph(graph, path("m.meta"), {.import_scope = "p"});
  Saver second = import_meta_graph(graph, path("m.meta"), {.import_scope = "p"});
  Session session(graph);
  second.restore(session, path("m"));
  EXPECT_EQ(session.run(graph.tensor("p_1/w:0")).scalar<int>(), 7);
  EXPECT_THAT(session.uninitialized_variables(), ElementsAre("p/v", "p/w"));
}

// proves: S2.23
TEST_F(SaverTest, IsTheGraphsOwnOrAShardedOneOfAllVariables) {
  Model model;
  model.init();
  const std::string first = get_saver_or_default(model.graph).save(model.session, path("m"));
  const int nodes = model.graph.num_operations();
  Saver again = get_saver_or_default(model.graph);
  EXPECT_EQ(model.graph.num_operations(), nodes);
  EXPECT_TRUE(again.as_saver_def()->sharded);
  Graph graph;
  import_meta_graph(graph, first + ".meta");
  Saver imported = get_saver_or_default(graph);
  EXPECT_EQ(graph.num_operations(), nodes);
  Session session(graph);
  imported.restore(session, first);
  EXPECT_EQ(session.run("w:0").scalar<int>(), 7);

  auto& savers = model.graph.impl().bytes_collections()["savers"];
  savers.push_back(savers.front());
  expect_says(error_of([&] { get_saver_or_default(model.graph); }), Code::FailedPrecondition,
              "More than one item in collection savers");
  Graph empty;
  EXPECT_EQ(get_saver_or_default(empty).as_saver_def(), std::nullopt);
}

struct Reference {
  const char* name;
  bool sharded;
};

class SaverNodes : public testing::TestWithParam<Reference> {};

std::vector<proto::NodeDef> saver_nodes(const proto::GraphDef& graph) {
  std::vector<proto::NodeDef> nodes;
  for (const auto& node : graph.node()) {
    if (node.name().starts_with("save/")) nodes.push_back(node);
  }
  return nodes;
}

// proves: S3.5 S3.10 S3.11 S3.12 S3.14 S3.16 S3.17
// Everything but the Saver's nodes is imported, a Saver is made, and the graph must be TensorFlow's again.
TEST_P(SaverNodes, AreThoseOfTensorFlow) {
  const auto file = read_meta_graph(kFixtures + "/meta/" + GetParam().name + ".meta");
  proto::MetaGraphDef without = *file;
  without.mutable_graph_def()->clear_node();
  without.clear_saver_def();
  for (const auto& node : file->graph_def().node()) {
    if (!node.name().starts_with("save/")) *without.mutable_graph_def()->add_node() = node;
  }
  Graph graph;
  import_meta_graph_def(graph.impl(), without, {.infer_shapes = infer_imported_shapes});
  Saver saver(graph, {.sharded = GetParam().sharded});
  ExportOptions options;
  options.add_shapes = true;
  const auto nodes = saver_nodes(file->graph_def()), made = saver_nodes(export_graph_def(graph.impl(), options));
  ASSERT_EQ(made.size(), nodes.size());
  for (std::size_t i = 0; i < made.size(); ++i) {
    google::protobuf::util::MessageDifferencer differencer;
    std::string differences;
    differencer.ReportDifferencesToString(&differences);
    EXPECT_TRUE(differencer.Compare(nodes[i], made[i])) << made[i].name() << "\n" << differences;
  }
}

INSTANTIATE_TEST_SUITE_P(Reference, SaverNodes,
                         testing::Values(Reference{"seed_mnist", false}, Reference{"seed_variable", false},
                                         Reference{"every_dtype", false}, Reference{"resource_variables", false},
                                         Reference{"sharded_partitioned", true}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace tenon
