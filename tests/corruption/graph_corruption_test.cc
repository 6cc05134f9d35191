// import_graph_def of a damaged file: an error that names the file, with the graph as it was, or a graph.
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "corruption/damage.h"
#include "graph.pb.h"
#include "graph/export_graph.h"
#include "graph/graph_impl.h"
#include "tenon/import_graph.h"
#include "tenon/ops.h"
#include "testing/graph_text.h"

namespace tenon {
namespace {

std::string small_graph() {
  const std::string beside = "attr { key: '_class' value { list { s: 'loc:@v' } } } ";
  const std::string shapes =
      "attr { key: '_output_shapes' value { list { shape { dim { size: 2 } dim { size: -1 } } } } } ";
  return placeholder_text("v", "dim { size: -1 } dim { size: 3 }", "device: '/cpu:0' " + shapes) +
         identity_text("i", "input: 'v' input: '^n'", beside) +
         "node { name: 'm' op: 'MatMul' input: 'i' input: 'i:0' " + kFloatT +
         "attr { key: 'transpose_a' value { b: true } } } "
         "node { name: 's' op: 'Split' input: 'c' input: 'm' attr { key: 'num_split' value { i: 3 } } " +
         kFloatT +
         "} "
         "node { name: 'c' op: 'Const' attr { key: 'dtype' value { type: DT_INT32 } } attr { key: 'value' value { "
         "tensor { "
         "dtype: DT_INT32 tensor_shape {} int_val: 1 } } } } node { name: 'n' op: 'NoOp' } "
         "node { name: 'f' op: 'F' input: 's:2' } node { name: 'u' op: 'Unknown' input: 'f' } "
         "library { function { signature { name: 'F' input_arg { name: 'x' type: DT_FLOAT } output_arg { name: 'y' "
         "type: "
         "DT_FLOAT } } ret { key: 'y' value: 'x' } } } " +
         versions_text("producer: 24 min_consumer: 12");
}

// How many imports failed.
int errors_of(const std::string& bytes) {
  int errors = 0, graphs = 0;
  for_each_damage(bytes, [&](const std::string& damaged, const std::string& where) {
    Graph graph;
    const Output mine = placeholder(graph, float32, {2, 3}, "mine");
    const std::string before = export_graph_bytes(graph.impl(), {});
    try {
      import_graph_def_bytes(graph, damaged, {.input_map = {{"v", mine}}, .return_elements = {"m:0"}}, "small.pb");
      ++graphs;
      EXPECT_GT(export_graph_bytes(graph.impl(), {}).size(), before.size()) << where;
    } catch (const Error& error) {
      ++errors;
      expect_names(error, "small.pb: ", where);
      EXPECT_EQ(export_graph_bytes(graph.impl(), {}), before) << where;
      EXPECT_EQ(graph.impl().unique_name("import"), "import") << where;
    }
  });
  EXPECT_GT(graphs, 0);
  return errors;
}

// proves: S7.14
TEST(GraphCorruption, GivesAnErrorThatNamesTheFileOrAGraph) {
  proto::GraphDef graph;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(small_graph(), &graph));
  EXPECT_GT(errors_of(graph.SerializeAsString()), 1000);
}

// proves: S7.14
TEST(GraphCorruption, OfATextGivesAnErrorThatNamesTheFileOrAGraph) { EXPECT_GT(errors_of(small_graph()), 1000); }

}  // namespace
}  // namespace tenon
