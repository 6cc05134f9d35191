#include <gtest/gtest.h>
#include <google/protobuf/util/message_differencer.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "graph/export_meta_graph.h"
#include "graph/import_meta_graph.h"
#include "graph/node.h"
#include "meta_graph.pb.h"
#include "tenon/graph.h"

namespace tenon {
namespace {

proto::MetaGraphDef read_meta(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  proto::MetaGraphDef meta;
  EXPECT_TRUE(meta.ParseFromIstream(&stream)) << path;
  return meta;
}

std::vector<std::filesystem::path> fixture_metas() {
  std::vector<std::filesystem::path> result;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(TENON_FIXTURES) + "/meta")) {
    if (entry.path().extension() == ".meta") result.push_back(entry.path());
  }
  std::sort(result.begin(), result.end());
  return result;
}

class MetaGraphRoundTrip : public testing::TestWithParam<std::filesystem::path> {};

// proves: S6.14
TEST_P(MetaGraphRoundTrip, ExportOfAnImportIsTheSameMessage) {
  const proto::MetaGraphDef file = read_meta(GetParam());
  Graph graph;
  const ImportedMetaGraph imported = import_meta_graph_def(graph, file);
  EXPECT_FALSE(imported.graph.renamed);
  MetaGraphOptions options;
  options.graph.add_shapes = true;  // what the file said
  options.saver_def = imported.saver_def.get();
  const proto::MetaGraphDef again = export_meta_graph_def(graph, options);
  google::protobuf::util::MessageDifferencer differencer;
  std::string differences;
  differencer.ReportDifferencesToString(&differences);
  EXPECT_TRUE(differencer.Compare(file, again)) << differences.substr(0, 2000);
}

INSTANTIATE_TEST_SUITE_P(Fixtures, MetaGraphRoundTrip, testing::ValuesIn(fixture_metas()), [](const auto& info) {
  std::string name = info.param.stem().string();
  std::replace_if(name.begin(), name.end(), [](char c) { return !std::isalnum(c); }, '_');
  return name;
});

TEST(ExportGraph, WritesManyNodesInTheirOrder) {
  proto::GraphDef file;
  for (int i = 0; i < 5000; ++i) {
    auto& node = *file.add_node();
    node.set_name("n" + std::to_string(i));
    node.set_op("NoOp");
    if (i > 0) node.add_input("^n" + std::to_string(i * 7919 % i));
  }
  Graph graph;
  import_graph_def(graph, file);
  const proto::GraphDef again = export_graph_def(graph.impl());
  ASSERT_EQ(again.node_size(), file.node_size());
  for (int i = 0; i < file.node_size(); ++i) {
    EXPECT_EQ(again.node(i).SerializeAsString(), file.node(i).SerializeAsString());
  }
}

}  // namespace
}  // namespace tenon
