#include "tenon/import_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph.pb.h"
#include "graph/graph_impl.h"
#include "tenon/ops.h"
#include "testing/errors.h"
#include "testing/graph_text.h"

namespace tenon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kTwo = constant_text("a") + identity_text("b", "input: 'a'") + versions_text();

std::vector<std::string> names(const Graph& graph) {
  std::vector<std::string> result;
  for (const Operation& operation : graph.operations()) result.push_back(operation.name());
  return result;
}

std::vector<std::string> names_after(const std::string& name) {
  Graph graph;
  import_graph_def_bytes(graph, kTwo, {.name = name});
  return names(graph);
}

// Of an import into a graph with "mine" (float) and "count" (int32), which it leaves alone.
std::string import_error(const std::string& text, ImportGraphDefOptions options) {
  Graph graph;
  const Output mine = constant(graph, 2.f, "mine"), count = constant(graph, 2, "count");
  for (auto& [key, value] : options.input_map) {
    if (!value.bound()) value = key == "a:0" ? count : mine;
  }
  const std::string versions = graph.impl().versions().DebugString();
  try {
    import_graph_def_bytes(graph, text, options, "m.pb");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::InvalidArgument);
    EXPECT_THAT(error.what(), testing::StartsWith("m.pb: "));
    EXPECT_THAT(names(graph), ElementsAre("mine", "count"));
    EXPECT_EQ(graph.impl().versions().DebugString(), versions);
    EXPECT_EQ(graph.impl().unique_name("import"), "import");
    return error.what();
  }
  return "no error";
}

// proves: S7.1
TEST(ImportGraphDef, PutsTheNameInFront) {
  EXPECT_THAT(names_after("import"), ElementsAre("import/a", "import/b"));
  EXPECT_THAT(names_after(""), ElementsAre("a", "b"));
  EXPECT_THAT(names_after("x/"), ElementsAre("x/a", "x/b"));
  EXPECT_THAT(names_after("x//"), ElementsAre("x/a", "x/b"));
  EXPECT_THAT(names_after("x/y"), ElementsAre("x/y/a", "x/y/b"));
  Graph graph;
  for (const char* name : {"import", "import", "", "", "x/", "x/"}) import_graph_def_bytes(graph, kTwo, {.name = name});
  EXPECT_THAT(names(graph), ElementsAre("import/a", "import/b", "import_1/a", "import_1/b", "a", "b", "a_1", "b_1",
                                        "x/a", "x/b", "x/a_1", "x/b_1"));
}

// proves: S7.1
TEST(ImportGraphDef, PutsItsScopeIntoTheOneThatIsOpen) {
  Graph graph;
  const Scope outer = graph.name_scope("outer");
  import_graph_def_bytes(graph, kTwo);
  import_graph_def_bytes(graph, kTwo, {.name = "_x"});
  import_graph_def_bytes(graph, kTwo, {.name = ""});
  import_graph_def_bytes(graph, kTwo, {.name = "x/"});
  EXPECT_THAT(names(graph),
              ElementsAre("outer/import/a", "outer/import/b", "outer/_x/a", "outer/_x/b", "a", "b", "x/a", "x/b"));
}

// proves: S7.1
TEST(ImportGraphDef, NamesItsScopeWithoutRegardToCase) {
  Graph graph;
  no_op(graph, "Import");
  import_graph_def_bytes(graph, kTwo);
  EXPECT_THAT(names(graph), ElementsAre("Import", "import_1/a", "import_1/b"));
  EXPECT_THAT(import_error(kTwo, {.name = "a b"}), HasSubstr("'a b' is not a valid root scope name"));
  EXPECT_THAT(import_error(kTwo, {.name = "_x"}), HasSubstr("'_x' is not a valid root scope name"));
  EXPECT_THAT(import_error(kTwo, {.name = "/"}), HasSubstr("'/' is not a valid root scope name"));
}

// proves: S7.13 S9.27 E53 E57
TEST(ImportGraphDef, RefusesAnInputMapThatDoesNotFit) {
  const auto error = [](const std::string& key) {
    return import_error(constant_text("a") + identity_text("b", "input: 'a'"), {.input_map = {{key, Output()}}});
  };
  EXPECT_THAT(error("zz"), HasSubstr("Attempted to map inputs that were not found in graph_def: [zz:0]"));
  EXPECT_THAT(error("^zz"), HasSubstr("Attempted to map inputs that were not found in graph_def: [^zz]"));
  EXPECT_THAT(error("b:7"), HasSubstr("Attempted to map inputs that were not found in graph_def: [b:7]"));
  EXPECT_THAT(error(""), HasSubstr("Attempted to map inputs that were not found in graph_def: [:0]"));
  EXPECT_THAT(error("a:x"),
              HasSubstr("Cannot convert 'a:x' to a tensor name. Second component of the name following the "
                        "`:` should be an int. Got x."));
  EXPECT_THAT(error("a:0:1"), HasSubstr("Tensor names should not contain more than 1 `:`. Obtained 2"));
  EXPECT_THAT(error("a:0"),
              HasSubstr("Input 0 of node import/b was passed int32 from count:0 incompatible with expected "
                        "float."));
  EXPECT_EQ(error("b"), "no error");  // not used, but there
  EXPECT_EQ(error("^b"), "no error");
  Graph other;
  EXPECT_THAT(import_error(kTwo, {.input_map = {{"a:0", constant(other, 1.f)}}}),
              HasSubstr("'Const' in input_map does not exist in graph (input_map entry: a:0)"));
}

// proves: S7.13
TEST(ImportGraphDef, ReplacesOutputsAndControlInputsOneByOne) {
  const std::string text = constant_text("a") + identity_text("b", "input: 'a' input: '^a'") + versions_text();
  const auto inputs_of_b = [&](const std::string& key) {
    Graph graph;
    import_graph_def_bytes(graph, text, {.name = "", .input_map = {{key, constant(graph, 2.f, "mine")}}});
    EXPECT_THAT(names(graph), ElementsAre("mine", "a", "b"));
    return graph.operation("b").input(0).name() + " " + graph.operation("b").control_inputs()[0].name();
  };
  EXPECT_EQ(inputs_of_b("a"), "mine:0 a");
  EXPECT_EQ(inputs_of_b("a:0"), "mine:0 a");
  EXPECT_EQ(inputs_of_b("a:00"), "mine:0 a");
  EXPECT_EQ(inputs_of_b("^a"), "a:0 mine");
}

// proves: S7.13
TEST(ImportGraphDef, ReplacesOperationsThatTheFileDoesNotHave) {
  Graph graph;
  const Output mine = constant(graph, 2.f, "mine");
  import_graph_def_bytes(graph, identity_text("b", "input: 'gone' input: '^away'") + versions_text(),
                         {.name = "", .input_map = {{"gone", mine}, {"^away", mine}}});
  EXPECT_EQ(graph.operation("b").input(0), mine);
  EXPECT_THAT(graph.operation("b").control_inputs(), ElementsAre(mine.op()));
}

// proves: S7.15
TEST(ImportGraphDef, ReturnsElementsInTheOrderAskedFor) {
  Graph graph;
  const Output mine = constant(graph, 2.f, "mine");
  const auto found = import_graph_def_bytes(graph, kTwo, {.return_elements = {"b", "b:0", "a", "a:0"}});
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(std::get<Operation>(found[0]), graph.operation("import/b"));
  EXPECT_EQ(std::get<Output>(found[1]), graph.tensor("import/b:0"));
  EXPECT_EQ(std::get<Operation>(found[2]), graph.operation("import/a"));
  EXPECT_EQ(std::get<Output>(found[3]), graph.tensor("import/a:0"));
  const auto mapped =
      import_graph_def_bytes(graph, kTwo, {.input_map = {{"a", mine}}, .return_elements = {"a:0", "a"}});
  EXPECT_EQ(std::get<Output>(mapped[0]), mine);
  EXPECT_EQ(std::get<Operation>(mapped[1]), graph.operation("import_1/a"));
  EXPECT_THAT(import_graph_def_bytes(graph, kTwo), IsEmpty());
}

// proves: E54
TEST(ImportGraphDef, RefusesToReturnWhatIsNotThere) {
  const auto error = [](const std::string& name) {
    return import_error(constant_text("a"), {.return_elements = {name}});
  };
  EXPECT_THAT(error("b"), HasSubstr("Requested return node 'b' not found in graph def"));
  EXPECT_THAT(error("^a"), HasSubstr("Requested return node '^a' not found in graph def"));
  EXPECT_THAT(error("import/a"), HasSubstr("Requested return node 'import/a' not found in graph def"));
  EXPECT_THAT(error("b:0"), HasSubstr("Requested return tensor 'b:0' not found in graph def"));
  EXPECT_THAT(error("a:1"), HasSubstr("Invalid return output 1 of node 'a', which has 1 output(s)"));
  EXPECT_THAT(error("a:x"), HasSubstr("Cannot convert 'a:x' to a tensor name"));
}

// proves: S7.16
TEST(ImportGraphDef, AddsOpenControlDependencies) {
  Graph graph;
  const Operation x = no_op(graph, "x"), z = no_op(graph, "z");
  const Scope after = graph.control_dependencies({x, z});
  import_graph_def_bytes(graph, kTwo + "node { name: 'y' op: 'NoOp' input: '^b' }", {.name = ""});
  EXPECT_THAT(graph.operation("a").control_inputs(), ElementsAre(x, z));
  EXPECT_THAT(graph.operation("b").control_inputs(), ElementsAre(x, z));
  EXPECT_THAT(graph.operation("y").control_inputs(), ElementsAre(graph.operation("b"), x, z));
}

// proves: S7.16
TEST(ImportGraphDef, CompletesDevicesAndPutsColocatedNodesTogether) {
  const auto with = [](const std::string& device) { return "device: '" + device + "' "; };
  const auto beside = [](const std::string& name) {
    return "attr { key: '_class' value { list { s: 'loc:@" + name + "' } } } ";
  };
  const std::string text = constant_text("a") + constant_text("c", with("/gpu:7")) +
                           constant_text("d", with("/job:ps")) + constant_text("e", beside("c")) +
                           constant_text("f", beside("a")) + constant_text("h", with("/cpu:1") + beside("a")) +
                           constant_text("i", beside("e")) +
                           constant_text("l", "attr { key: '_class' value { list { s: 'other' } } } ") +
                           constant_text("s", with("/gpu:1") + beside("s")) + versions_text();
  const auto devices = [](const Graph& graph) {
    std::vector<std::string> result;
    for (const Operation& operation : graph.operations()) result.push_back(operation.device());
    return result;
  };
  Graph alone;
  import_graph_def_bytes(alone, text);
  EXPECT_THAT(devices(alone), ElementsAre("", "/device:GPU:7", "/job:ps", "/device:GPU:7", "", "", "/device:GPU:7", "",
                                          "/device:GPU:1"));
  Graph within;
  const Scope device = within.device("/cpu:0");
  import_graph_def_bytes(within, text);
  EXPECT_THAT(devices(within),
              ElementsAre("/device:CPU:0", "/device:GPU:7", "/job:ps/device:CPU:0", "/device:GPU:7", "/device:CPU:0",
                          "/device:CPU:0", "/device:GPU:7", "/device:CPU:0", "/device:GPU:1"));
  Graph cleared;
  import_graph_def_bytes(cleared, text, {.clear_devices = true});
  EXPECT_THAT(devices(cleared), testing::Each(""));
  Graph unreadable;
  import_graph_def_bytes(unreadable, constant_text("a", with("nonsense")) + versions_text(), {.name = ""});
  EXPECT_EQ(unreadable.operation("a").device(), "nonsense");
}

TEST(ImportGraphDef, OfAFinalizedGraphIsRefused) {
  Graph graph;
  graph.finalize();
  EXPECT_THROW(import_graph_def_bytes(graph, kTwo), Error);
}

TEST(ImportGraphDef, NamesTheFileThatIsMissing) {
  Graph graph;
  expect_says(error_of([&] { import_graph_def(graph, "no/such.pb"); }), Code::NotFound, "no/such.pb");
}

}  // namespace
}  // namespace tenon
