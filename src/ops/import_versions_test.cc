// Graphs of other versions, and what a file says of shapes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "graph.pb.h"
#include "graph/graph_impl.h"
#include "tenon/import_graph.h"
#include "tenon/ops.h"
#include "testing/errors.h"
#include "testing/graph_text.h"

namespace tenon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string import_error(const std::string& text, Code code = Code::InvalidArgument) {
  Graph graph;
  try {
    import_graph_def_bytes(graph, text, {.name = ""}, "m.pb");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    EXPECT_EQ(graph.num_operations(), 0);
    EXPECT_EQ(graph.impl().versions().producer(), 2474);
    return error.what();
  }
  return "no error";
}

// proves: S7.9 E61
TEST(ImportVersions, RefusesGraphsThatAreNotMeantForThisVersion) {
  const auto error = [](const std::string& versions) {
    return import_error(constant_text("a") + versions_text(versions));
  };
  EXPECT_THAT(error("producer: 2474 min_consumer: 99999"),
              HasSubstr("m.pb: GraphDef min consumer version 99999 above current version 2474"));
  EXPECT_THAT(error("producer: -1"), HasSubstr("GraphDef producer version -1 below min producer 0 supported by"));
  EXPECT_THAT(error("producer: -5 min_consumer: 99999"),
              HasSubstr("GraphDef producer version -5 below min producer 0"));
  EXPECT_THAT(error("producer: 3000 bad_consumers: 2474 bad_consumers: 5"),
              HasSubstr("GraphDef disallows consumer version 2474"));
  EXPECT_EQ(error("producer: 3000"), "no error");
  EXPECT_EQ(error("producer: 2474 min_consumer: 2474 bad_consumers: 5"), "no error");
}

// proves: S7.9
TEST(ImportVersions, LeaveTheLowestProducerAndTheHighestConsumer) {
  Graph graph;
  import_graph_def_bytes(graph, constant_text("a") + versions_text("producer: 3000 min_consumer: -3"));
  EXPECT_EQ(graph.impl().versions().ShortDebugString(), "producer: 2474");
  import_graph_def_bytes(graph, constant_text("a") + versions_text("producer: 21 min_consumer: 3 bad_consumers: 7"));
  EXPECT_EQ(graph.impl().versions().ShortDebugString(), "producer: 21 min_consumer: 3 bad_consumers: 7");
  import_graph_def_bytes(
      graph, constant_text("a") + versions_text("producer: 10 min_consumer: 1 bad_consumers: 7 bad_consumers: 8"));
  EXPECT_EQ(graph.impl().versions().ShortDebugString(),
            "producer: 10 min_consumer: 3 bad_consumers: 7 bad_consumers: 8");
  import_graph_def_bytes(graph,
                         constant_text("a") + "library { function { signature { name: 'F' } } } " + versions_text());
  EXPECT_EQ(graph.impl().versions().min_consumer(), 12);
}

// proves: S7.10
TEST(ImportVersions, OfOldPlaceholdersAScalarMeansAnyShape) {
  const auto shape = [](const std::string& versions, const std::string& dims) {
    Graph graph;
    import_graph_def_bytes(graph, placeholder_text("p", dims) + versions, {.name = ""});
    return graph.tensor("p:0").shape().to_string();
  };
  const std::string unknown = PartialShape::unknown().to_string();
  EXPECT_EQ(shape(versions_text("producer: 21"), ""), unknown);
  EXPECT_EQ(shape("", ""), unknown);
  EXPECT_EQ(shape(versions_text("producer: 22"), ""), "[]");
  EXPECT_EQ(shape(versions_text("producer: 21"), "dim { size: 2 }"), "[2]");
  // The other placeholders of the graph keep what they have.
  Graph graph;
  const Output mine = placeholder(graph, float32, PartialShape::scalar());
  import_graph_def_bytes(graph, placeholder_text("p", "") + versions_text("producer: 10"), {.name = ""});
  EXPECT_EQ(mine.shape().to_string(), "[]");
  EXPECT_EQ(graph.tensor("p:0").shape().to_string(), unknown);
}

// proves: S7.11 E62
TEST(ImportVersions, AnOpThatWasRemovedBeforeTheGraphsVersionIsRefused) {
  const std::string text =
      "node { name: 's' op: 'Const' attr { key: 'dtype' value { type: DT_INT32 } } attr { key: 'value' "
      "value { tensor { dtype: DT_INT32 tensor_shape {} int_val: 1 } } } } node { name: 'h' op: "
      "'TensorArrayV2' input: 's' attr { key: 'dtype' value { type: DT_FLOAT } } } ";
  EXPECT_THAT(
      import_error(text + versions_text(), Code::Unimplemented),
      HasSubstr("Op TensorArrayV2 is not available in GraphDef version 2474. It has been removed in version 26. Use "
                "TensorArrayV3."));
  EXPECT_THAT(import_error(text + versions_text("producer: 26"), Code::Unimplemented),
              HasSubstr("GraphDef version 26."));
  EXPECT_EQ(import_error(text + versions_text("producer: 25")), "no error");
  EXPECT_EQ(import_error(text), "no error");
  // What counts is the file, not the graph.
  Graph graph;
  import_graph_def_bytes(graph, constant_text("z") + versions_text("producer: 21"));
  EXPECT_THROW(import_graph_def_bytes(graph, text + versions_text()), Error);
}

const std::string kProducer =
    "op { name: 'Identity' input_arg { name: 'input' type_attr: 'T' } output_arg { name: 'output' type_attr: 'T' } "
    "attr { name: 'T' type: 'type' } attr { name: 'later' type: 'bool' default_value { b: true } } "
    "attr { name: '_own' type: 'int' default_value { i: 5 } } attr { name: 'other' type: 'int' } } "
    "op { name: 'MatMul' attr { name: 'transpose_a' type: 'bool' default_value { b: false } } } ";

// proves: S7.8
TEST(ImportVersions, DefaultsOfALaterProgramAreDropped) {
  const auto has = [](const std::string& attr, const std::string& value, const std::string& producer) {
    Graph graph;
    import_graph_def_bytes(
        graph,
        constant_text("a") + identity_text("b", "input: 'a'", "attr { key: '" + attr + "' value { " + value + " } } ") +
            versions_text(),
        {.name = "", .producer_op_list = producer});
    return graph.operation("b").has_attr(attr);
  };
  EXPECT_FALSE(has("later", "b: true", kProducer));
  EXPECT_FALSE(has("_own", "i: 5", kProducer));
  EXPECT_TRUE(has("later", "b: true", ""));          // nobody said that it is a default
  EXPECT_TRUE(has("later", "b: false", kProducer));  // it is none
  EXPECT_TRUE(has("other", "i: 5", kProducer));      // it has none
  EXPECT_TRUE(has("unknown", "i: 5", kProducer));
}

// proves: S7.8
TEST(ImportVersions, TheListOfOpsMayBeAFile) {
  Graph graph;
  const std::string text = constant_text("a") +
                           identity_text("b", "input: 'a'", "attr { key: 'later' value { b: true } } ") +
                           versions_text();
  write_file_atomic("ops.pbtxt", kProducer);
  write_file_atomic("graph.pbtxt", text);
  import_graph_def(graph, "graph.pbtxt", {.producer_op_list_path = "ops.pbtxt"});
  EXPECT_FALSE(graph.operation("import/b").has_attr("later"));
  const Error error =
      error_of([&] { import_graph_def(graph, "graph.pbtxt", {.producer_op_list_path = "graph.pbtxt"}); });
  EXPECT_THAT(error.what(), HasSubstr("graph.pbtxt: damaged, or not an OpList"));
}

std::string recorded(const std::string& list) {
  return "attr { key: '_output_shapes' value { list { " + list + " } } } ";
}

// proves: S7.12
TEST(ImportVersions, RecordedShapesRefineWhatFollowsFromTheGraph) {
  Graph graph;
  import_graph_def_bytes(
      graph,
      placeholder_text("p", "unknown_rank: true", recorded("shape { dim { size: 2 } dim { size: -1 } }")) +
          identity_text("b", "input: 'p'") + versions_text(),
      {.name = ""});
  EXPECT_EQ(graph.tensor("p:0").shape().to_string(), "[2,?]");
  EXPECT_EQ(graph.tensor("b:0").shape().to_string(), "[2,?]");
  EXPECT_FALSE(graph.operation("p").has_attr("_output_shapes"));
}

// proves: S7.12 E63
TEST(ImportVersions, RecordedShapesThatCannotBeAreRefused) {
  EXPECT_THAT(import_error(constant_text("a", recorded("shape { dim { size: 3 } }")) + versions_text()),
              HasSubstr("Node 'a' has an _output_shapes attribute inconsistent with the GraphDef for output #0: "));
  EXPECT_THAT(import_error(constant_text("a", recorded("")) + versions_text()),
              HasSubstr("Node 'a' has 1 outputs but the _output_shapes attribute specifies shapes for 0 outputs"));
  EXPECT_THAT(import_error(constant_text("a", recorded("shape { dim { size: -2 } }")) + versions_text()),
              HasSubstr("Node 'a' has an invalid _output_shapes attribute (shape #0 "));
  EXPECT_THAT(
      import_error(placeholder_text("p", "unknown_rank: true", recorded("shape { dim { size: 2 } dim { size: -1 } }")) +
                   identity_text("b", "input: 'p'", recorded("shape { dim { size: 3 } dim { size: 1 } }")) +
                   versions_text()),
      HasSubstr("Node 'b' has an _output_shapes attribute inconsistent"));
  EXPECT_EQ(import_error(constant_text("a", recorded("shape {} shape {}")) + versions_text()), "no error");
  EXPECT_EQ(import_error(constant_text("a", recorded("i: 3")) + versions_text()), "no error");
  EXPECT_EQ(import_error(constant_text("a", "attr { key: '_output_shapes' value { i: 3 } } ") + versions_text()),
            "no error");
}

}  // namespace
}  // namespace tenon
