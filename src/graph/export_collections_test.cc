#include "graph/export_collections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/message/message_io.h"
#include "graph/graph_extra.h"
#include "meta_graph.pb.h"
#include "tenon/graph.h"

namespace tenon {
namespace {

using testing::ElementsAre;

class Collections : public testing::Test {
 protected:
  Variable add_variable(const std::string& name) {
    Node* node = impl_.add(
        {.type = "VariableV2", .name = name, .attrs = {{"shape", PartialShape{1}}, {"dtype", DType::Float32}}});
    Variable made;
    made.handle = made.snapshot = to_output({node, 0});
    impl_.variables("variables").push_back(made);
    return made;
  }

  std::string bytes(const std::optional<std::vector<std::string>>& chosen = std::nullopt) const {
    return joined(collection_parts(impl_, chosen));
  }

  proto::MetaGraphDef parsed(const std::optional<std::vector<std::string>>& chosen = std::nullopt) const {
    proto::MetaGraphDef meta;
    EXPECT_TRUE(parse_binary(bytes(chosen), meta));
    return meta;
  }

  Graph graph_;
  GraphImpl& impl_ = graph_.impl();
};

TEST_F(Collections, AreWrittenAsProtobufWritesThem) {
  add_variable("v");
  impl_.bytes_collections()["b"] = {"one", ""};
  impl_.node_collections()["x"] = {"v"};
  impl_.node_collections()["a"] = {"v:0", "v:0"};
  const proto::MetaGraphDef meta = parsed();
  EXPECT_EQ(meta.collection_def_size(), 4);
  EXPECT_THAT(meta.collection_def().at("b").bytes_list().value(), ElementsAre("one", ""));
  EXPECT_THAT(meta.collection_def().at("a").node_list().value(), ElementsAre("v:0", "v:0"));
  EXPECT_EQ(to_binary(meta), bytes());  // sorted by name
}

TEST_F(Collections, HaveManyVariablesInTheirOrder) {
  constexpr int kMany = 3000;
  for (int i = 0; i < kMany; ++i) add_variable("v" + std::to_string(i));
  const proto::MetaGraphDef meta = parsed();
  const auto& values = meta.collection_def().at("variables").bytes_list().value();
  ASSERT_EQ(values.size(), kMany);
  for (int i = 0; i < kMany; ++i) {
    const Variable& variable = impl_.variables("variables")[static_cast<std::size_t>(i)];
    EXPECT_EQ(values[i], to_binary(variable_to_proto(impl_, variable)));
  }
}

TEST_F(Collections, HaveBytesBehindTheVariablesOfTheSameName) {
  const Variable v = add_variable("v");
  impl_.bytes_collections()["variables"] = {"more"};
  const proto::MetaGraphDef meta = parsed();
  EXPECT_THAT(meta.collection_def().at("variables").bytes_list().value(),
              ElementsAre(to_binary(variable_to_proto(impl_, v)), "more"));
}

TEST_F(Collections, OfAnotherKindTakeThePlaceOfBytes) {
  add_variable("v");
  GraphAccess::extra(impl_).other_collections["variables"].mutable_int64_list()->add_value(7);
  const proto::MetaGraphDef meta = parsed();
  EXPECT_THAT(meta.collection_def().at("variables").int64_list().value(), ElementsAre(7));
}

TEST_F(Collections, AreLeftOutIfEmptyOrNotChosen) {
  add_variable("v");
  impl_.bytes_collections()["b"] = {"one"};
  impl_.variables("local_variables");
  impl_.bytes_collections()["nothing"];
  EXPECT_EQ(parsed().collection_def_size(), 2);
  EXPECT_EQ(parsed({{"b", "none"}}).collection_def_size(), 1);
  EXPECT_EQ(bytes({{}}), "");
}

}  // namespace
}  // namespace tenon
