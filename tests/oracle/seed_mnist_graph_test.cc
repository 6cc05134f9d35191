// The MNIST example: the graph that our program builds, against the one in the .meta that TensorFlow wrote for the
// same program in Python.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "../../examples/mnist_model.h"
#include "graph/graph_impl.h"
#include "oracle/graph_compare.h"
#include "tenon/saver.h"

namespace tenon {
namespace {

using ::testing::IsEmpty;

// proves: S3.1 S3.5 S3.10 S3.11 S3.12 S3.14
TEST(SeedMnistGraph, IsTensorFlowsNodeForNode) {
  Graph graph;
  mnist::Program{graph};
  graph.global_variables_initializer();
  const Saver saver(graph);
  const proto::GraphDef theirs = testing::read_meta_graph("seed_mnist/model.ckpt.meta");
  EXPECT_EQ(theirs.node_size(), 362);
  EXPECT_THAT(testing::differences(testing::exported(graph), theirs), IsEmpty());
}

// What the comparison leaves out, so that it is known.
TEST(SeedMnistGraph, LacksTheTypeAnnotationsOfDatasetsAndOfDynamicShapesOnly) {
  Graph graph;
  mnist::Program{graph};
  const proto::GraphDef ours = testing::exported(graph),
                        theirs = testing::read_meta_graph("seed_mnist/model.ckpt.meta");
  for (const proto::NodeDef& node : ours.node()) EXPECT_FALSE(node.has_experimental_type()) << node.name();
  std::set<std::string> annotated;
  for (const proto::NodeDef& node : theirs.node()) {
    EXPECT_TRUE(node.GetReflection()->GetUnknownFields(node).empty()) << node.name();
    if (node.has_experimental_type()) annotated.insert(node.op());
  }
  EXPECT_THAT(annotated, ::testing::ElementsAre("BatchDatasetV2", "MakeIterator", "RepeatDataset", "Shape",
                                                "ShuffleDataset", "TensorSliceDataset"));
}

TEST(SeedMnistGraph, HasTensorFlowsCollections) {
  Graph graph;
  mnist::Program{graph};
  EXPECT_EQ(graph.global_variables().size(), 26u);
  EXPECT_EQ(graph.trainable_variables().size(), 8u);
  EXPECT_EQ(graph.impl().node_collections()["train_op"], std::vector<std::string>{"Adam"});
  EXPECT_EQ(graph.impl().node_collections()["iterators"], std::vector<std::string>{"IteratorV2:0"});
}

TEST(SeedMnistGraph, BindsTheNamesOfTheArticle) {
  Graph graph;
  const mnist::Mnist model = mnist::Program{graph}.model;
  EXPECT_EQ(model.x.name(), "ExpandDims:0");
  EXPECT_EQ(model.y.name(), "one_hot:0");
  EXPECT_EQ(model.forward_raw.name(), "dense_1/BiasAdd:0");
  EXPECT_EQ(model.accuracy.name(), "Mean:0");
  EXPECT_EQ(model.loss.name(), "Mean_1:0");
  EXPECT_EQ(model.train_step.name(), "Adam");
}

}  // namespace
}  // namespace tenon
