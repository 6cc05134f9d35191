#include "formats/meta_graph/meta_graph.h"

#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "formats/meta_graph/graph_file.h"
#include "meta_graph.pb.h"
#include "testing/errors.h"
#include "testing/temp_dir.h"

namespace tenon {
namespace {

const std::string kFixtures = TENON_FIXTURES;
const char* const kMetas[] = {"/seed_mnist/model.ckpt.meta", "/seed_variable/model.ckpt.meta",
                              "/seed_add_model/add_model.ckpt.meta", "/every_dtype/model.ckpt.meta",
                              "/sharded_partitioned/model.ckpt.meta"};

std::string small_meta() {
  proto::MetaGraphDef meta;
  meta.mutable_meta_info_def()->set_tensorflow_version("1.15");
  auto* node = meta.mutable_graph_def()->add_node();
  node->set_name("a");
  node->set_op("Const");
  (*node->mutable_attr())["dtype"].set_type(proto::DT_FLOAT);
  return meta_graph_bytes(meta);
}

TEST(MetaGraph, KeepsWhatTensorFlowWrote) {
  for (const char* name : kMetas) {
    const std::string bytes = read_file(kFixtures + name);
    const auto meta = parse_meta_graph(bytes, name);
    EXPECT_GT(meta->graph_def().node_size(), 0);
    EXPECT_EQ(meta_graph_bytes(*meta).size(), bytes.size()) << name;  // maps may come in another order
    const auto again = parse_meta_graph(meta_graph_bytes(*meta), name);
    EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(*meta, *again)) << name;
    EXPECT_TRUE(meta_graph_bytes(*again) == meta_graph_bytes(*meta));
  }
}

// proves: S6.16
TEST(MetaGraph, GoesThroughTextUnchanged) {
  for (const char* name : kMetas) {
    const auto meta = read_meta_graph(kFixtures + name);
    const auto again = parse_meta_graph(meta_graph_bytes(*meta, true), name);
    EXPECT_TRUE(meta_graph_bytes(*again, true) == meta_graph_bytes(*meta, true)) << name;
  }
}

TEST(MetaGraph, IsWrittenToAFile) {
  TempDir dir;
  const auto meta = parse_meta_graph(small_meta(), "m");
  for (bool as_text : {false, true}) {
    write_meta_graph(dir / "m", *meta, as_text);
    EXPECT_EQ(recognise_model_file(dir / "m"), ModelFile::MetaGraph);
    EXPECT_EQ(read_meta_graph(dir / "m")->graph_def().node(0).name(), "a");
    write_graph_def(dir / "g", meta->graph_def(), as_text);
    EXPECT_EQ(recognise_model_file(dir / "g"), ModelFile::GraphDef);
    EXPECT_EQ(read_graph_def(dir / "g")->node(0).op(), "Const");
  }
}

TEST(MetaGraph, ReadsTheTextThatPythonPrints) {
  const char* text = R"(# a comment
graph_def { node { name: "a" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } }
  experimental_type { type_id: TFT_PRODUCT args { type_id: TFT_TENSOR } } } }
collection_def { key: "saved_model_assets" value { any_list { value {
  [type.googleapis.com/tensorflow.AssetFileDef] { tensor_info { name: "asset:0" } filename: "}f" } } } } })";
  const auto meta = parse_meta_graph(text, "m.txt");
  EXPECT_EQ(meta->graph_def().node(0).attr().at("dtype").type(), proto::DT_FLOAT);
  const proto::AnyProto& any = meta->collection_def().at("saved_model_assets").any_list().value(0);
  EXPECT_EQ(any.type_url(), "type.googleapis.com/tensorflow.AssetFileDef");
  proto::AssetFileDef asset;
  ASSERT_TRUE(asset.ParseFromString(any.value()));
  EXPECT_EQ(asset.filename(), "}f");
}

TEST(MetaGraph, KeepsEveryFieldOfATextInTheBinaryForm) {
  const std::string text = R"(graph_def {
  node { name: "a" op: "Const" experimental_type { type_id: TFT_PRODUCT args { type_id: TFT_TENSOR } } }
  library { registered_gradients { gradient_func: "g" registered_op_type: "F" } }
  debug_info { files: "model.py" frames_by_id { key: 1 value { line: 7 func: "f" } } } }
object_graph_def { nodes { variable { dtype: DT_FLOAT synchronization: VARIABLE_SYNCHRONIZATION_ON_READ name: "v" } } }
meta_info_def {
  stripped_op_list { op { name: "F" output_arg { name: "o" experimental_full_type { type_id: TFT_VAR } } } }
})";
  const auto meta = parse_meta_graph(text, "m.txt");
  const auto again = parse_meta_graph(meta_graph_bytes(*meta), "m");
  EXPECT_EQ(meta_graph_bytes(*again, true), meta_graph_bytes(*meta, true));
  for (const char* word : {"TFT_TENSOR", "registered_op_type", "model.py", "line: 7", "ON_READ", "TFT_VAR"}) {
    EXPECT_NE(meta_graph_bytes(*again, true).find(word), std::string::npos) << word;
  }
}

TEST(MetaGraph, SaysWhereATextIsWrong) {
  expect_says(error_of([] { parse_meta_graph("graph_def {\n  node { name: \"a\" op: \"b\"\n fog: 5 } }", "m"); }),
              Code::DataLoss,
              "Cannot parse file m: line 3, column 5: Message type \"tenon.proto.NodeDef\" has no field");
  expect_says(error_of([] { parse_meta_graph("graph_def {\n  node { name: 5 } }", "m"); }), Code::DataLoss,
              "Cannot parse file m: line 2");
  expect_says(error_of([] { parse_meta_graph("graph_def { node { name: \"a\"", "m"); }), Code::DataLoss, "line 1");
  expect_says(error_of([] { parse_meta_graph("collection_def { key: \"a\" value { any_list { value { "
                                             "[type.googleapis.com/x.Y] { } } } } }", "m"); }),
              Code::DataLoss, "x.Y");
}

// proves: S9.21
TEST(MetaGraph, SaysWhatAFileIsInstead) {
  const std::string graph = graph_def_bytes(parse_meta_graph(small_meta(), "m")->graph_def());
  expect_says(error_of([&] { parse_meta_graph(graph, "g.pb"); }), Code::InvalidArgument,
              "g.pb: this is a GraphDef; expected a MetaGraphDef");
  expect_says(error_of([&] { parse_graph_def(small_meta(), "m"); }), Code::InvalidArgument, "this is a MetaGraphDef");
  expect_says(error_of([] { read_meta_graph(kFixtures + "/seed_variable/model.ckpt.index"); }), Code::InvalidArgument,
              "this is the index of a checkpoint");
  expect_says(error_of([] { read_meta_graph(kFixtures + "/seed_variable/checkpoint"); }), Code::InvalidArgument,
              "this is a checkpoint state file");
  expect_says(error_of([] { read_meta_graph(kFixtures + "/every_dtype/expected.npz"); }), Code::InvalidArgument,
              "this is a NumPy archive");
  expect_says(error_of([] { parse_meta_graph("", "m"); }), Code::DataLoss, "m: empty");
  expect_says(error_of([] { parse_meta_graph("hello world", "m"); }), Code::DataLoss,
              "Cannot parse file m: damaged, or not a MetaGraphDef");
  expect_says(error_of([] { parse_meta_graph("version https://git-lfs.github.com/spec/v1\n", "m"); }),
              Code::InvalidArgument, "Git LFS pointer");
  expect_says(error_of([] { read_meta_graph("/none"); }), Code::NotFound, "/none");
}

TEST(MetaGraph, RefusesAFileOf2GiBBeforeItReadsIt) {
  const TempDir dir;
  write_file_atomic(dir / "m", "");
  std::filesystem::resize_file(dir / "m", std::uintmax_t{3} << 30);
  for (const auto& read : {+[](const std::string& path) { read_meta_graph(path); },
                           +[](const std::string& path) { read_graph_def(path); },
                           +[](const std::string& path) { read_saved_model(path); },
                           +[](const std::string& path) { read_graph_file(path, ModelFile::MetaGraph); }}) {
    expect_says(error_of([&] { read(dir / "m"); }), Code::ResourceExhausted,
                "m: 3221225472 bytes long; at most 2147483647 are read of such a file");
  }
}

TEST(MetaGraph, SaysWhereABinaryFileIsDamaged) {
  std::string bytes = read_file(kFixtures + "/seed_add_model/add_model.ckpt.meta");
  expect_says(error_of([&] { parse_meta_graph(bytes.substr(0, bytes.size() / 2), "m"); }), Code::DataLoss,
              "takes");
  const std::size_t at = bytes.find("\x05" "Const");
  ASSERT_NE(at, std::string::npos);
  bytes[at] = 0x7f;
  expect_says(error_of([&] { parse_meta_graph(bytes, "m"); }), Code::DataLoss, "cannot be parsed");
}

TEST(MetaGraph, LimitsHowDeepMessagesNest) {
  std::string text = "node { name: \"a\" op: \"b\" attr { key: \"f\" value { ";
  for (int i = 0; i < 100'000; ++i) text += "func { attr { key: \"f\" value { ";
  EXPECT_THROW(parse_graph_def(text, "m"), Error);
}

TEST(ModelFile, IsRecognisedByContent) {
  EXPECT_EQ(recognise_model_file(kFixtures + "/seed_variable/model.ckpt.index"), ModelFile::BundleIndex);
  EXPECT_EQ(recognise_model_file(kFixtures + "/seed_variable/model.ckpt.meta"), ModelFile::MetaGraph);
  EXPECT_EQ(recognise_model_file(kFixtures + "/seed_variable/checkpoint"), ModelFile::CheckpointState);
  EXPECT_EQ(recognise_model_file(kFixtures + "/seed_variable/model.ckpt.data-00000-of-00001"), ModelFile::Unknown);
  for (const char* name : kMetas) {
    EXPECT_EQ(recognise_model_file(kFixtures + name), ModelFile::MetaGraph) << name;
    const std::string graph = graph_def_bytes(read_meta_graph(kFixtures + name)->graph_def());
    EXPECT_EQ(recognise_model_bytes(graph), ModelFile::GraphDef) << name;
  }
  proto::SavedModel saved;
  saved.set_saved_model_schema_version(1);
  saved.add_meta_graphs()->mutable_graph_def()->add_node()->set_name("a");
  EXPECT_EQ(recognise_model_bytes(saved.SerializeAsString()), ModelFile::SavedModel);
  EXPECT_EQ(parse_saved_model(saved.SerializeAsString(), "s")->meta_graphs_size(), 1);
}

}  // namespace
}  // namespace tenon
