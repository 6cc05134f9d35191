// The MNIST example: the graph that our program builds, against the one in the .meta that TensorFlow wrote for the
// same program in Python.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../../examples/mnist_model.h"
#include "graph/graph_impl.h"
#include "oracle/graph_compare.h"

namespace tenon {
namespace {

using ::testing::IsEmpty;

// The nodes of tf.train.Saver and what comes after are the saver's to make.
int nodes_before_saver(const proto::GraphDef& graph) {
  int count = 0;
  while (count < graph.node_size() && !graph.node(count).name().starts_with("save/")) ++count;
  return count;
}

TEST(SeedMnistGraph, IsTensorFlowsNodeForNode) {
  Graph graph;
  mnist::make_program(graph);
  graph.global_variables_initializer();
  const proto::GraphDef theirs = testing::read_meta_graph("seed_mnist/model.ckpt.meta");
  const proto::GraphDef ours = testing::exported(graph);
  EXPECT_EQ(ours.node_size(), nodes_before_saver(theirs));
  EXPECT_THAT(testing::differences(ours, theirs, nodes_before_saver(theirs)), IsEmpty());
}

TEST(SeedMnistGraph, HasTensorFlowsCollections) {
  Graph graph;
  mnist::make_program(graph);
  EXPECT_EQ(graph.global_variables().size(), 26u);
  EXPECT_EQ(graph.trainable_variables().size(), 8u);
  EXPECT_EQ(graph.impl().node_collections()["train_op"], std::vector<std::string>{"Adam"});
  EXPECT_EQ(graph.impl().node_collections()["iterators"], std::vector<std::string>{"IteratorV2:0"});
}

TEST(SeedMnistGraph, BindsTheNamesOfTheArticle) {
  Graph graph;
  const mnist::Mnist model = mnist::make_program(graph).model;
  EXPECT_EQ(model.x.name(), "ExpandDims:0");
  EXPECT_EQ(model.y.name(), "one_hot:0");
  EXPECT_EQ(model.forward_raw.name(), "dense_1/BiasAdd:0");
  EXPECT_EQ(model.accuracy.name(), "Mean:0");
  EXPECT_EQ(model.loss.name(), "Mean_1:0");
  EXPECT_EQ(model.train_step.name(), "Adam");
}

}  // namespace
}  // namespace tenon
