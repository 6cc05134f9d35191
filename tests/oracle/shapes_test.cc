// Shape inference on graphs that TensorFlow wrote, against the _output_shapes that it wrote with them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include <fmt/format.h>

#include "graph/import_graph.h"
#include "graph/graph_impl.h"
#include "ops/shape_inference.h"
#include "oracle/graph_compare.h"

namespace tenon {
namespace {

PartialShape from_proto(const proto::TensorShapeProto& shape) {
  if (shape.unknown_rank()) return PartialShape::unknown();
  Dims dims;
  for (const auto& dim : shape.dim()) dims.push_back(dim.size());
  return PartialShape(std::span<const std::int64_t>(dims));
}

struct Report {
  int outputs = 0;
  std::vector<std::string> different;
};

// Infers the graph without what the file says of its shapes, except for operations of the types in `kept`.
Report infer(const std::string& fixture, const std::set<std::string>& kept = {}) {
  const proto::GraphDef file = testing::read_meta_graph(fixture);
  proto::GraphDef stripped = file;
  for (proto::NodeDef& node : *stripped.mutable_node())
    if (!kept.contains(node.op())) node.mutable_attr()->erase("_output_shapes");
  Graph graph;
  import_graph_def(graph.impl(), stripped, {.infer_shapes = infer_imported_shapes});
  Report report;
  for (const proto::NodeDef& node : file.node()) {
    const auto recorded = node.attr().find("_output_shapes");
    if (recorded == node.attr().end()) continue;
    for (int i = 0; i < recorded->second.list().shape_size(); ++i) {
      ++report.outputs;
      const PartialShape theirs = from_proto(recorded->second.list().shape(i));
      const PartialShape ours = graph.operation(node.name()).output(i).shape();
      if (!(ours == theirs))
        report.different.push_back(fmt::format("{}:{} ({}) is {}, should be {}", node.name(), i, node.op(),
                                               ours.to_string(), theirs.to_string()));
    }
  }
  return report;
}

TEST(Shapes, OfTheMnistGraphAreTensorFlows) {
  const Report report = infer("seed_mnist/model.ckpt.meta");
  EXPECT_GT(report.outputs, 300);
  EXPECT_THAT(report.different, ::testing::IsEmpty());
}

TEST(Shapes, OfATextClassifierAreTensorFlows) {
  EXPECT_THAT(infer("meta/text_cnn.meta").different, ::testing::IsEmpty());
}

TEST(Shapes, OfAGanAreTensorFlows) {
  EXPECT_THAT(infer("meta/gan_two_optimizers.meta").different, ::testing::IsEmpty());
}

TEST(Shapes, OfAResidualNetworkAreTensorFlows) {
  EXPECT_THAT(infer("meta/resnet_train.meta").different, ::testing::IsEmpty());
}

// TensorFlow sees a loop's Merge before its back edge exists, and knows its shape from the way in alone; from a file,
// the shape is what the file says. The same goes for what Python knows of a stack's or TensorArray's elements.
TEST(Shapes, OfLoopsAndBranchesAreTensorFlows) {
  const std::set<std::string> kept = {"Merge", "StackPopV2", "TensorArrayReadV3", "TensorArrayGatherV3"};
  EXPECT_THAT(infer("meta/control_flow_v1.meta", kept).different, ::testing::IsEmpty());
}

TEST(Shapes, AnOperationThatNobodyRegisteredHasUnknownShapes) {
  proto::GraphDef file;
  proto::NodeDef* node = file.add_node();
  node->set_name("strange");
  node->set_op("NobodysOp");
  Graph graph;
  import_graph_def(graph.impl(), file, {.infer_shapes = infer_imported_shapes});
  const Output output(graph.operation("strange").node(), 0);
  EXPECT_EQ(output.shape(), PartialShape::unknown());
}

}  // namespace
}  // namespace tenon
