#include "formats/meta_graph/graph_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/message/wire.h"
#include "meta_graph.pb.h"
#include "testing/errors.h"

namespace tenon {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

constexpr int kCollection = proto::MetaGraphDef::kCollectionDefFieldNumber;

std::string field(int number, std::string_view bytes) {
  std::string out;
  put_bytes_field(out, number, bytes);
  return out;
}

std::string entry(const std::string& name, const std::string& collection) {
  return field(kCollection, field(1, name) + field(2, collection));
}

std::string bytes_list(const std::vector<std::string>& items) {
  std::string list;
  for (const std::string& item : items) list += field(1, item);
  return field(proto::CollectionDef::kBytesListFieldNumber, list);
}

std::string node_list(const std::string& node) {
  return field(proto::CollectionDef::kNodeListFieldNumber, field(1, node));
}

GraphFile with_collections(const std::string& collections) {
  proto::MetaGraphDef meta;
  meta.mutable_meta_info_def()->set_tensorflow_version("1.15");
  proto::NodeDef& node = *meta.mutable_graph_def()->add_node();
  node.set_name("a");
  node.set_op("NoOp");
  return parse_graph_file(meta.SerializeAsString() + collections, "m.meta", ModelFile::MetaGraph);
}

std::vector<std::string> names(const GraphFile& file) {
  std::vector<std::string> all;
  for (const BytesList& list : file.bytes_lists()) all.emplace_back(list.collection);
  return all;
}

TEST(GraphFile, HasTheCollectionsOfBytesBesideItsMessage) {
  const GraphFile file =
      with_collections(entry("variables", bytes_list({"v", "", "w"})) + entry("train_op", node_list("Adam")) +
                       entry("empty", bytes_list({})));
  EXPECT_THAT(names(file), UnorderedElementsAre("variables", "empty"));
  EXPECT_THAT(file.find_bytes_list("variables")->items, ElementsAre("v", "", "w"));
  EXPECT_TRUE(file.find_bytes_list("empty")->items.empty());
  EXPECT_EQ(file.find_bytes_list("train_op"), nullptr);
  EXPECT_EQ(file.meta().collection_def().at("train_op").node_list().value(0), "Adam");
}

TEST(GraphFile, TakesTheLastOfTwoCollectionsOfOneName) {
  const std::string first = bytes_list({"a"}), second = bytes_list({"b"});
  EXPECT_THAT(with_collections(entry("x", first) + entry("x", second)).find_bytes_list("x")->items, ElementsAre("b"));
  const GraphFile nodes_last = with_collections(entry("x", first) + entry("x", node_list("n")));
  EXPECT_EQ(nodes_last.find_bytes_list("x"), nullptr);
  EXPECT_EQ(nodes_last.meta().collection_def().at("x").node_list().value(0), "n");
  const GraphFile bytes_last = with_collections(entry("x", node_list("n")) + entry("x", second));
  EXPECT_THAT(bytes_last.find_bytes_list("x")->items, ElementsAre("b"));
}

// In parts, with unknown fields, the value before the key, in other letters.
TEST(GraphFile, TakesCollectionsInAllFormsOfProtobuf) {
  const std::string parts = bytes_list({"a"}) + bytes_list({"b"}), unknown = bytes_list({"c"}) + field(15, "?");
  const std::string swapped = field(kCollection, field(2, bytes_list({"d"})) + field(1, "swapped"));
  const GraphFile file = with_collections(entry("parts", parts) + entry("unknown", unknown) + swapped +
                                          entry("größe", bytes_list({"e"})) + entry("plain", bytes_list({"f"})));
  EXPECT_THAT(names(file), UnorderedElementsAre("parts", "unknown", "swapped", "größe", "plain"));
  EXPECT_THAT(file.find_bytes_list("parts")->items, ElementsAre("a", "b"));
  EXPECT_THAT(file.find_bytes_list("unknown")->items, ElementsAre("c"));
  EXPECT_THAT(file.find_bytes_list("swapped")->items, ElementsAre("d"));
  EXPECT_THAT(file.find_bytes_list("größe")->items, ElementsAre("e"));
}

TEST(GraphFile, RefusesCollectionsThatAreNone) {
  for (const std::string& bad :
       {entry("\xff", bytes_list({"a"})), entry("x", "\x12\x05"), field(kCollection, "\x0a")}) {
    expect_says(error_of([&] { with_collections(bad); }), Code::DataLoss, "field collection_def cannot be parsed");
  }
}

TEST(GraphFile, MayBeMoved) {
  GraphFile first = with_collections(entry("größe", bytes_list({"e"})) + entry("x", bytes_list({"short"})));
  const GraphFile second = std::move(first);
  EXPECT_THAT(second.find_bytes_list("größe")->items, ElementsAre("e"));
  EXPECT_THAT(second.find_bytes_list("x")->items, ElementsAre("short"));
}

}  // namespace
}  // namespace tenon
