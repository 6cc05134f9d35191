#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/meta_graph/meta_graph.h"
#include "graph/import_meta_graph.h"
#include "meta_graph.pb.h"
#include "tenon/graph.h"

namespace tenon {
namespace {

constexpr const char* kLoop = R"(graph_def {
  node { name: "a" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } }
         attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape {} float_val: 1 } } } }
  node { name: "l/Enter" op: "Enter" input: "a" attr { key: "T" value { type: DT_FLOAT } }
         attr { key: "frame_name" value { s: "l/while_context" } } }
  node { name: "l/Enter_2" op: "Enter" input: "a" attr { key: "T" value { type: DT_FLOAT } }
         attr { key: "frame_name" value { s: "l/while_context" } } } })";

class ImportFrames : public testing::Test {
 protected:
  std::string context(std::size_t i) {
    proto::WhileContextDef def;
    def.ParseFromString(graph_.impl().bytes_collections()["while_context"].at(i));
    return def.context_name();
  }
  void import(const std::string& prefix) {
    auto meta = parse_meta_graph(kLoop, "loop");
    proto::WhileContextDef def;
    def.set_context_name("l/while_context");
    (*meta->mutable_collection_def())["while_context"].mutable_bytes_list()->add_value(def.SerializeAsString());
    import_meta_graph_def(graph_.impl(), *meta, {.prefix = prefix});
  }
  std::string frame(const std::string& node) { return graph_.operation(node).attr<std::string>("frame_name"); }

  Graph graph_;
};

// proves: S6.4
TEST_F(ImportFrames, GetTheScopeInFront) {
  import("p");
  EXPECT_EQ(frame("p/l/Enter"), "p/l/while_context");
  EXPECT_EQ(context(0), "p/l/while_context");
}

// proves: S9.17
TEST_F(ImportFrames, OfASecondCopyAreOthersSoThatBothLoopsRun) {
  import("");
  import("");
  EXPECT_EQ(frame("l/Enter"), "l/while_context");
  EXPECT_EQ(frame("l/Enter_2"), "l/while_context");
  EXPECT_EQ(frame("l/Enter_1"), "l/while_context_1");
  EXPECT_EQ(frame("l/Enter_2_1"), "l/while_context_1");
  EXPECT_EQ(context(0), "l/while_context");
  EXPECT_EQ(context(1), "l/while_context_1");
}

}  // namespace
}  // namespace tenon
