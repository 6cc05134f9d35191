#include "graph/graph_rollback.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/meta_graph/meta_graph.h"
#include "graph/export_meta_graph.h"
#include "graph/import_meta_graph.h"
#include "meta_graph.pb.h"
#include "tenon/graph.h"

namespace tenon {
namespace {

// A function and a call of it, an op of its own, collections, versions.
constexpr const char* kFile = R"(
meta_info_def { tags: "t" stripped_op_list { op { name: "Own" output_arg { name: "o" type: DT_FLOAT } } } }
graph_def { versions { producer: 20 min_consumer: 2 }
  node { name: "x" op: "Own" }
  node { name: "y" op: "F" input: "x" }
  library { function {
    signature { name: "F" input_arg { name: "i" type: DT_FLOAT } output_arg { name: "o" type: DT_FLOAT } }
                       ret { key: "o" value: "i" } }
            gradient { function_name: "F" gradient_func: "F" } } }
collection_def { key: "words" value { bytes_list { value: "w" } } }
collection_def { key: "ints" value { int64_list { value: 7 } } }
collection_def { key: "nodes" value { node_list { value: "x:0" } } })";

std::string text_of(const Graph& graph) { return meta_graph_bytes(export_meta_graph_def(graph.impl()), true); }

class Rollback : public testing::TestWithParam<bool> {};

TEST_P(Rollback, TakesBackAllThatAnImportAdds) {
  const auto file = parse_meta_graph(kFile, "file");
  Graph graph;
  if (GetParam()) graph.impl().add({.type = "NoOp", .name = "before"});
  std::string before;
  {
    const Scope after = graph.control_dependencies(graph.operations());
    before = text_of(graph);
    const GraphRollback rollback(graph.impl());
    import_meta_graph_def(graph.impl(), *file);
    EXPECT_EQ(graph.operation("y").num_outputs(), 1);
  }
  EXPECT_EQ(text_of(graph), before);
  EXPECT_EQ(graph.impl().find("x"), nullptr);
  EXPECT_EQ(graph.impl().find_signature("F"), nullptr);
  EXPECT_EQ(graph.impl().find_signature("Own"), nullptr);
  import_meta_graph_def(graph.impl(), *file);
  EXPECT_EQ(graph.operation("y").output(0).dtype(), float32);
  EXPECT_EQ(graph.impl().add({.type = "NoOp", .name = "x"})->name, "x_1");
}

INSTANTIATE_TEST_SUITE_P(OfGraphs, Rollback, testing::Bool(),
                         [](const auto& info) { return info.param ? "WithNodes" : "WithoutNodes"; });

TEST(GraphRollback, KeepsWhatIsToBeKept) {
  Graph graph;
  {
    GraphRollback rollback(graph.impl());
    graph.impl().add({.type = "NoOp", .name = "x"});
    rollback.keep();
  }
  EXPECT_EQ(graph.num_operations(), 1);
}

}  // namespace
}  // namespace tenon
