#include "graph/import_graph.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "graph.pb.h"
#include "graph/export_graph.h"
#include "graph/import_meta_graph.h"
#include "meta_graph.pb.h"
#include "tenon/graph.h"
#include "testing/errors.h"

namespace tenon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

proto::GraphDef parse(const std::string& text) {
  proto::GraphDef graph;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &graph)) << text;
  return graph;
}

const std::string kConst =
    "attr { key: 'dtype' value { type: DT_FLOAT } } "
    "attr { key: 'value' value { tensor { dtype: DT_FLOAT tensor_shape {} float_val: 1 } } } ";
const std::string kT = "attr { key: 'T' value { type: DT_FLOAT } } ";

std::string constant(const std::string& name) { return "node { name: '" + name + "' op: 'Const' " + kConst + "} "; }
std::string identity(const std::string& name, const std::string& inputs, const std::string& more = "") {
  return "node { name: '" + name + "' op: 'Identity' " + inputs + " " + kT + more + "} ";
}

std::string import_error(const std::string& text, const ImportOptions& options = {}) {
  GraphImpl graph;
  graph.add({.type = "NoOp", .name = "before"});
  const std::string error = error_text(Code::InvalidArgument, [&] { import_graph_def(graph, parse(text), options); });
  EXPECT_EQ(graph.nodes().size(), 1u);
  EXPECT_EQ(graph.unique_name("a"), "a");
  return error;
}

std::vector<std::string> names(const GraphImpl& graph) {
  std::vector<std::string> result;
  for (const auto& node : graph.nodes()) result.push_back(node->name);
  return result;
}

// proves: S7.5
TEST(ImportGraph, TakesNodesInAnyOrderAndKeepsIt) {
  GraphImpl graph;
  import_graph_def(graph, parse(identity("b", "input: 'a'") + constant("a")));
  EXPECT_THAT(names(graph), ElementsAre("b", "a"));
  EXPECT_EQ(graph.get("b")->inputs[0].node, graph.get("a"));
  EXPECT_EQ(graph.unique_name("A"), "A_1");
}

// proves: S7.4
TEST(ImportGraph, MakesNamesUniqueByTheImportersRule) {
  GraphImpl graph;
  const auto file =
      parse(constant("x") + constant("x_1") +
            identity("y", "input: 'x' input: '^x_1'", "attr { key: '_class' value { list { s: 'loc:@x' } } }"));
  import_graph_def(graph, parse(constant("x") + constant("y/z")));
  const auto imported = import_graph_def(graph, file);
  EXPECT_TRUE(imported.renamed);
  EXPECT_THAT(names(graph), ElementsAre("x", "y/z", "x_2", "x_1", "y_1"));
  const Node* y = graph.get("y_1");
  EXPECT_EQ(y->inputs[0].node->name, "x_2");
  EXPECT_EQ(y->control_inputs[0]->name, "x_1");
  EXPECT_THAT(y->attr<std::vector<std::string>>("_class"), ElementsAre("loc:@x_2"));
  import_graph_def(graph, parse(constant("X")));
  EXPECT_EQ(graph.nodes().back()->name, "X");
}

TEST(ImportGraph, PutsAPrefixBeforeTheNames) {
  GraphImpl graph;
  const auto file = parse(constant("a") + identity("b", "input: 'a'"));
  EXPECT_EQ(import_graph_def(graph, file, {.prefix = "p"}).scope, "p/");
  EXPECT_EQ(import_graph_def(graph, file, {.prefix = "p"}).scope, "p_1/");
  EXPECT_EQ(import_graph_def(graph, file, {.prefix = "p/"}).name_of("b"), "p/b_1");
  const Scope scope = graph.name_scope("outer");
  EXPECT_EQ(import_graph_def(graph, file).name_of("a"), "outer/a");
}

// proves: S7.19 S9.16
TEST(ImportGraph, KeepsOperationsThatNobodyRegistered) {
  GraphImpl graph;
  const auto file =
      parse(constant("a") + "node { name: 'u' op: 'Mystery' input: 'a' attr { key: 'k' value { i: 3 } } } " +
            identity("b", "input: 'u:2'"));
  import_graph_def(graph, file);
  const Node* u = graph.get("u");
  EXPECT_EQ(u->signature, nullptr);
  EXPECT_EQ(u->attr<int>("k"), 3);
  EXPECT_EQ(u->num_outputs(), 3);
  EXPECT_EQ(u->output_types[2], float32);
  EXPECT_EQ(export_graph_def(graph).node(1).DebugString(), file.node(1).DebugString());
}

// proves: S7.15
TEST(ImportGraph, ReplacesInputsAndReturnsElements) {
  GraphImpl graph;
  Node* mine = graph.add({.type = "Const", .name = "mine", .attrs = {{"value", Tensor(2.f)}, {"dtype", float32}}});
  const auto file = parse(constant("a") + identity("b", "input: 'a' input: '^a'"));
  const auto imported = import_graph_def(
      graph, file,
      {.prefix = "p", .input_map = {{"a:0", {mine, 0}}, {"^a", {mine, 0}}}, .return_elements = {"b", "b:0"}});
  EXPECT_EQ(graph.get("p/b")->inputs[0].node, mine);
  EXPECT_EQ(graph.get("p/b")->control_inputs[0], mine);
  EXPECT_EQ(std::get<Node*>(imported.returned[0]), graph.get("p/b"));
  EXPECT_EQ(std::get<Edge>(imported.returned[1]).node, graph.get("p/b"));
}

// proves: S7.7
TEST(ImportGraph, FillsDefaultsAndKeepsExtraAttributes) {
  GraphImpl graph;
  import_graph_def(graph, parse(constant("a") + "node { name: 'm' op: 'MatMul' input: 'a' input: 'a' " + kT +
                                "attr { key: 'later' value { b: true } } attr { key: '_own' value { i: 1 } } }"));
  const Node* m = graph.get("m");
  EXPECT_FALSE(m->attr<bool>("transpose_a"));
  EXPECT_TRUE(m->attr<bool>("later"));
  EXPECT_EQ(m->attr<int>("_own"), 1);
}

// proves: S7.5 E59
TEST(ImportGraph, AllowsCyclesThroughNextIterationOnly) {
  const std::string merge =
      "node { name: 'm' op: 'Merge' input: 'e' input: 'n' " + kT + "attr { key: 'N' value { i: 2 } } } ";
  const std::string enter =
      "node { name: 'e' op: 'Enter' input: 'a' attr { key: 'frame_name' value { s: 'f' } } " + kT + "} ";
  GraphImpl graph;
  import_graph_def(
      graph, parse(constant("a") + enter + merge + "node { name: 'n' op: 'NextIteration' input: 'm' " + kT + "}"));
  EXPECT_EQ(graph.get("m")->inputs[1].node, graph.get("n"));
  EXPECT_THAT(import_error(identity("a", "input: 'b'") + identity("b", "input: 'a'")), HasSubstr("2 nodes in a cycle"));
  // What goes back, but never in; and a control edge, which does not go back.
  const std::string next = "node { name: 'n' op: 'NextIteration' input: 'm' " + kT + "} ";
  const auto merge_of = [](const std::string& inputs, int n) {
    return "node { name: 'm' op: 'Merge' " + inputs + kT + "attr { key: 'N' value { i: " + std::to_string(n) +
           " } } } ";
  };
  EXPECT_THAT(import_error(merge_of("input: 'n' ", 1) + next), HasSubstr("2 nodes in a cycle"));
  EXPECT_THAT(import_error(constant("a") + merge_of("input: 'a' input: 'n' input: '^n' ", 2) + next),
              HasSubstr("2 nodes in a cycle"));
}

// proves: S7.2 S7.6 S7.7 S7.14 S7.17 E56 E57 E58 E59 E60
TEST(ImportGraph, RefusesWhatTensorFlowRefusesAndLeavesTheGraphAlone) {
  EXPECT_THAT(import_error(identity("a", "input: 'zz'")), HasSubstr("Node 'a': Unknown input node 'zz'"));
  EXPECT_THAT(import_error(constant("a") + identity("b", "input: 'a:3'")),
              HasSubstr("Connecting to invalid output 3 of source node a which has 1 outputs."));
  EXPECT_THAT(import_error("node { name: 'p' op: 'Placeholder' }"),
              HasSubstr("NodeDef missing attr 'dtype' from Op<name=Placeholder"));
  EXPECT_THAT(import_error(constant("a") +
                           "node { name: 'b' op: 'Identity' input: 'a' attr { key: 'T' value { type: DT_INT32 } } }"),
              HasSubstr("Input 0 of node b was passed float from a:0 incompatible with expected int32."));
  EXPECT_THAT(import_error(constant("a") + identity("b", "input: 'a' input: 'a'")),
              HasSubstr("NodeDef expected inputs 'float' do not match 2 inputs specified"));
  const auto add_n = [](const std::string& n) {
    return constant("a") + "node { name: 's' op: 'AddN' input: 'a' " + kT + "attr { key: 'N' value { i: " + n +
           " } } }";
  };
  EXPECT_THAT(import_error(add_n("3")),
              HasSubstr("NodeDef expected inputs 'float, float, float' do not match 1 inputs"));
  EXPECT_THAT(import_error(add_n("4611686018427387904")), HasSubstr("there is room for"));
  EXPECT_THAT(import_error(constant("a") + constant("a")), HasSubstr("Node 'a' is not unique"));
  EXPECT_THAT(import_error(constant("a b")), HasSubstr("Node name contains invalid characters"));
  EXPECT_THAT(import_error(constant("a") + identity("b", "input: '^a' input: 'a'")),
              HasSubstr("Control dependencies must come after regular dependencies"));
  EXPECT_THAT(import_error("node { name: 'a' op: 'NoOp' attr { key: '_class' value { list { s: 'loc:@zz' } } } }"),
              HasSubstr("Node 'a' expects to be colocated with unknown node 'zz'"));
  EXPECT_THAT(import_error(constant("a"), {.return_elements = {"zz:0"}}), HasSubstr("'zz:0' not found in graph def"));
  EXPECT_THAT(import_error("node { name: 's' op: 'Split' input: 'a' input: 'a' " + kT +
                           "attr { key: 'num_split' value { i: 4611686018427387904 } } } " + constant("a")),
              HasSubstr("there is room for"));
}

TEST(ImportGraph, NamesTheFirstNodeThatIsWrongAsTensorFlowDoes) {
  const std::string no_type = "node { name: 'p' op: 'Placeholder' } ", bad_edge = identity("b", "input: 'a:3'");
  const std::string cycle = identity("x", "input: 'y'") + identity("y", "input: 'x'");
  const std::string apart = "node { name: 'c' op: 'NoOp' attr { key: '_class' value { list { s: 'loc:@zz' } } } } ";
  // Names come before all else, whichever node is first.
  EXPECT_THAT(import_error(no_type + identity("b", "input: 'zz'")), HasSubstr("Unknown input node 'zz'"));
  EXPECT_THAT(import_error(constant("a") + constant("a") + identity("b", "input: 'zz'")), HasSubstr("is not unique"));
  EXPECT_THAT(import_error(no_type + constant("a") + bad_edge), HasSubstr("missing attr 'dtype'"));
  EXPECT_THAT(import_error(constant("a") + bad_edge + no_type), HasSubstr("invalid output 3"));
  EXPECT_THAT(import_error(identity("i", "input: 'p'") + no_type), HasSubstr("missing attr 'dtype'"));
  EXPECT_THAT(import_error(apart + constant("a") + bad_edge), HasSubstr("unknown node 'zz'"));
  EXPECT_THAT(import_error(constant("a") + bad_edge + cycle), HasSubstr("invalid output 3"));
  EXPECT_THAT(import_error(cycle + no_type), HasSubstr("missing attr 'dtype'"));
}

TEST(ImportGraph, RefusesMoreOutputsThanMemoryHolds) {
  const auto split = [](int i) {
    return "node { name: 's" + std::to_string(i) + "' op: 'Split' input: 'a' input: 'v' " + kT +
           "attr { key: 'num_split' value { i: 1048576 } } } ";
  };
  std::string text = "node { name: 'a' op: 'Placeholder' attr { key: 'dtype' value { type: DT_INT32 } } } "
                     "node { name: 'v' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } } ";
  for (int i = 0; i < 20; ++i) text += split(i);
  EXPECT_THAT(import_error(text), HasSubstr("the graph has more than 16777216 outputs"));
}

// proves: S7.18
TEST(ImportGraph, TakesFunctionsOnceAndRefusesOthersOfTheSameName) {
  const std::string body =
      "library { function { signature { name: 'F' input_arg { name: 'x' type: DT_FLOAT } "
      "output_arg { name: 'y' type: DT_FLOAT } } ret { key: 'y' value: '%s' } } } ";
  const auto with = [&](const std::string& ret) { return std::string(body).replace(body.find("%s"), 2, ret); };
  GraphImpl graph;
  const auto call = "node { name: 'call' op: 'F' input: 'a' } ";
  import_graph_def(graph, parse(with("x") + constant("a") + call));
  EXPECT_THAT(graph.get("call")->output_types, ElementsAre(float32));
  EXPECT_NE(graph.get("call")->signature, nullptr);
  import_graph_def(graph, parse(with("x")));
  EXPECT_EQ(graph.library().function_size(), 1);
  EXPECT_THROW(import_graph_def(graph, parse(with("other"))), Error);
}

// proves: S6.8
TEST(ImportMetaGraph, RenamesWhatCollectionsAndTheSaverName) {
  proto::MetaGraphDef meta;
  *meta.mutable_graph_def() = parse(
      "node { name: 'v' op: 'VariableV2' attr { key: 'shape' value { shape {} } } attr { key: 'dtype' value { type: "
      "DT_FLOAT } } } " +
      constant("c") + "node { name: 'v/Assign' op: 'Assign' input: 'v' input: 'c' " + kT + "} " +
      identity("v/read", "input: 'v'"));
  proto::VariableDef def;
  def.set_variable_name("v:0");
  def.set_initializer_name("v/Assign");
  def.set_snapshot_name("v/read:0");
  def.set_trainable(true);
  (*meta.mutable_collection_def())["variables"].mutable_bytes_list()->add_value(def.SerializeAsString());
  (*meta.mutable_collection_def())["nodes"].mutable_node_list()->add_value("c:0");
  (*meta.mutable_collection_def())["words"].mutable_bytes_list()->add_value("v");
  proto::WhileContextDef loop;
  loop.set_context_name("while");
  loop.mutable_values_def()->add_values("c:0");
  (*meta.mutable_collection_def())["while_context"].mutable_bytes_list()->add_value(loop.SerializeAsString());
  meta.mutable_saver_def()->set_restore_op_name("v/Assign");
  meta.mutable_saver_def()->set_save_tensor_name("v/read:0");
  meta.mutable_saver_def()->set_filename_tensor_name("c:0");

  Graph graph;
  const auto imported = import_meta_graph_def(graph, meta, {.prefix = "p"});
  EXPECT_EQ(graph.global_variables()[0].snapshot.name(), "p/v/read:0");
  EXPECT_TRUE(graph.global_variables()[0].trainable);
  EXPECT_THAT(graph.impl().node_collections()["nodes"], ElementsAre("p/c:0"));
  EXPECT_THAT(graph.impl().bytes_collections()["words"], ElementsAre("v"));
  EXPECT_EQ(imported.saver_def->restore_op_name(), "p/v/Assign");
  proto::WhileContextDef renamed;
  renamed.ParseFromString(graph.impl().bytes_collections()["while_context"][0]);
  EXPECT_EQ(renamed.context_name(), "p/while");
  EXPECT_EQ(renamed.values_def().values(0), "p/c:0");
  EXPECT_THAT(graph.collections(), ElementsAre("nodes", "variables", "while_context", "words"));
}

TEST(ImportMetaGraph, RefusesVariablesOfOtherGraphs) {
  proto::MetaGraphDef meta;
  proto::VariableDef def;
  def.set_variable_name("gone:0");
  (*meta.mutable_collection_def())["variables"].mutable_bytes_list()->add_value(def.SerializeAsString());
  *meta.mutable_graph_def() = parse(constant("a"));
  Graph graph;
  EXPECT_THROW(import_meta_graph_def(graph, meta), Error);
  EXPECT_EQ(graph.num_operations(), 0);
}

}  // namespace
}  // namespace tenon
