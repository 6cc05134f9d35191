#include "tenon/saved_model.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/files.h"
#include "formats/meta_graph/meta_graph.h"
#include "meta_graph.pb.h"
#include "saver/saved_model_harness.h"
#include "testing/errors.h"
#include "testing/temp_dir.h"

namespace tenon {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

// proves: S6.22 S6.23
TEST(LoadSavedModel, RestoresWhatSimpleSaveOfTensorFlowWrote) {
  Graph graph;
  Session session(graph);
  const auto model = load_saved_model(session, kFixtures + "simple", {"serve"});
  const Signature& serving = model.signature("serving_default");
  EXPECT_EQ(serving.method_name, "tensorflow/serving/predict");
  EXPECT_EQ(serving.inputs.at("input").name, "x:0");
  EXPECT_EQ(serving.inputs.at("input").dtype, DType::Float32);
  EXPECT_EQ(serving.inputs.at("input").shape.to_string(), "[?,2]");
  EXPECT_TRUE(scores(session, graph, serving, "input", "output").equals(kScores));
}

// proves: S6.23 E72
TEST(LoadSavedModel, WantsExactlyTheTagsOfAGraph) {
  for (const Tags& tags : {Tags{"train"}, Tags{"serve", "train"}, Tags{}, Tags{"gpu"}}) {
    Graph graph;
    const std::string error = error_text(Code::NotFound, [&] { load_saved_model(graph, kFixtures + "two", tags); });
    EXPECT_THAT(error,
                HasSubstr("could not be found in SavedModel, with available tags '[{'gpu', 'train'}, {'serve'}]'"));
    EXPECT_EQ(graph.num_operations(), 0);
  }
  Graph graph;
  EXPECT_EQ(load_saved_model(graph, kFixtures + "two", {"gpu", "train"}).signatures().size(), 2u);
}

// proves: E72
TEST(LoadSavedModel, SaysThatThereIsNone) {
  TempDir dir;
  Graph graph;
  expect_says(error_of([&] { load_saved_model(graph, dir.path(), {"serve"}); }), Code::NotFound,
              "SavedModel file does not exist at: " + dir.path() + "/{saved_model.pbtxt|saved_model.pb}");
  expect_says(error_of([&] { SavedModel("/none"); }), Code::NotFound, "there is no such folder");
  EXPECT_FALSE(contains_saved_model(dir.path()));
  EXPECT_TRUE(contains_saved_model(kFixtures + "two"));
  write_file_atomic(dir / "saved_model.cpb", "x");
  expect_code(error_of([&] { SavedModel model(dir.path()); }), Code::Unimplemented);
}

// proves: S6.24
TEST(LoadSavedModel, RunsTheMainOpWithThePathsOfTheAssets) {
  Graph graph;
  Session session(graph);
  load_saved_model(session, kFixtures + "two", {"train", "gpu"});
  EXPECT_EQ(session.run(graph.tensor("where:0")).scalar<std::string>(), kFixtures + "two/assets/words.txt");
}

// proves: S6.24
TEST(LoadSavedModel, MakesThePathsOfAssetsAbsolute) {
  TempDir dir;
  fs::copy(kFixtures + "two", dir / "two", fs::copy_options::recursive);
  const std::string relative = fs::relative(dir / "two", fs::current_path()).string();
  ASSERT_FALSE(relative.starts_with('/'));
  for (const auto& [tensor, path] : SavedModel(relative).assets({"train", "gpu"})) {
    EXPECT_EQ(tensor, "asset:0");
    EXPECT_TRUE(path.starts_with('/') && path.ends_with("/two/assets/words.txt")) << path;
  }
}

// proves: S6.24
TEST(LoadSavedModel, TakesTheInitOperationFromWhereItIsNamedFirst) {
  TempDir dir;
  proto::SavedModel saved;
  saved.set_saved_model_schema_version(1);
  auto* meta = saved.add_meta_graphs();
  {
    Graph graph;
    Variable v = variable(graph, Tensor(0), "v");
    for (int i = 1; i <= 3; ++i) assign(v, Tensor(i), "set" + std::to_string(i));
    export_meta_graph(graph, dir / "m");
    *meta = *read_meta_graph(dir / "m");
  }
  meta->mutable_meta_info_def()->add_tags("t");
  (*meta->mutable_collection_def())["legacy_init_op"].mutable_node_list()->add_value("set1");
  fs::create_directory(dir / "variables");
  {
    Graph graph;
    variable(graph, Tensor(9), "v");
    Session session(graph);
    session.run(graph.global_variables_initializer());
    Saver(graph).save(session, dir / "variables/variables", {.write_meta_graph = false, .write_state = false});
  }
  const auto value = [&] {  // of v after loading
    write_file_atomic(dir / "saved_model.pb", saved.SerializeAsString());
    Graph graph;
    Session session(graph);
    load_saved_model(session, dir.path(), {"t"}, {.import_scope = "s"});
    return session.run(graph.tensor("s/v:0")).scalar<int>();
  };
  EXPECT_EQ(value(), 1);
  auto* main_op = (*meta->mutable_collection_def())["saved_model_main_op"].mutable_node_list();
  main_op->add_value("set2");
  EXPECT_EQ(value(), 2);
  auto& signature = (*meta->mutable_signature_def())["__saved_model_init_op"];
  (*signature.mutable_outputs())["__saved_model_init_op"].set_name("set3");
  EXPECT_EQ(value(), 3);
  meta->clear_signature_def();
  main_op->add_value("set1");
  expect_says(error_of(value), Code::InvalidArgument, "Expected exactly one SavedModel init op. Found 2: [set2, set1]");
  main_op->clear_value();
  expect_says(error_of(value), Code::InvalidArgument, "Found 0");
  for (const char* name : {"saved_model_main_op", "legacy_init_op"}) meta->mutable_collection_def()->erase(name);
  EXPECT_EQ(value(), 9);
}

// proves: S6.23
TEST(LoadSavedModel, CanBeLoadedAgainUnderScopes) {
  Graph graph;
  Session session(graph);
  const auto first = load_saved_model(session, kFixtures + "simple", {"serve"});
  const auto second = load_saved_model(session, kFixtures + "simple", {"serve"}, {.import_scope = "again"});
  const auto third = load_saved_model(session, kFixtures + "simple", {"serve"}, {.import_scope = "again"});
  EXPECT_EQ(second.signature("serving_default").inputs.at("input").name, "again/x:0");
  EXPECT_EQ(third.signature("serving_default").outputs.at("output").name, "again_1/y:0");
  for (const auto* model : {&first, &second, &third}) {
    EXPECT_TRUE(scores(session, graph, model->signature("serving_default"), "input", "output").equals(kScores));
  }
}

// proves: S6.24
TEST(LoadSavedModel, RestoresNothingWhereThereAreNoVariables) {
  Graph graph;
  Session session(graph);
  const auto model = load_saved_model(session, kFixtures + "plain", {"serve"});
  const Signature& signature = model.signature("serving_default");
  EXPECT_EQ(session
                .run(graph.tensor(signature.outputs.at("y").name),
                     {{graph.tensor(signature.inputs.at("x").name), Tensor(41)}})
                .scalar<int>(),
            42);
  EXPECT_FALSE(SavedModel(kFixtures + "plain").has_variables());
}

// proves: S6.22
TEST(SavedModel, PrefersTheBinaryFileToTheText) {
  TempDir dir;
  fs::copy_file(kFixtures + "two/saved_model.pbtxt", dir / "saved_model.pbtxt");
  EXPECT_EQ(SavedModel(dir.path()).tag_sets().size(), 2u);
  fs::copy_file(kFixtures + "plain/saved_model.pb", dir / "saved_model.pb");
  EXPECT_EQ(SavedModel(dir.path()).tag_sets().size(), 1u);
  write_file_atomic(dir / "saved_model.pb", "damaged");
  expect_says(error_of([&] { SavedModel model(dir.path()); }), Code::DataLoss, "saved_model.pb");
}

TEST(SavedModel, ListsItsSignatures) {
  const SavedModel saved(kFixtures + "two");
  EXPECT_THAT(saved.tag_sets(), ElementsAre(Tags{"train", "gpu"}, Tags{"serve"}));
  EXPECT_THAT(saved.tensorflow_version({"serve"}), HasSubstr("2."));
  const Signature& signature = saved.signatures({"serve"}).at("serving_default");
  EXPECT_EQ(signature.method_name, "method");
  const SignatureTensor& sparse = signature.inputs.at("sparse");
  EXPECT_EQ(sparse.name, "");
  EXPECT_EQ(sparse.values, "s/values:0");
  EXPECT_EQ(sparse.indices, "s/indices:0");
  EXPECT_EQ(sparse.dense_shape, "s/shape:0");
  EXPECT_EQ(sparse.dtype, DType::Int64);
  Graph graph;
  const auto loaded = load_saved_model(graph, kFixtures + "two", {"serve"}, {.import_scope = "p"});
  EXPECT_EQ(loaded.signature("serving_default").inputs.at("sparse").indices, "p/s/indices:0");
  expect_says(error_of([&] { loaded.signature("nope"); }), Code::NotFound, "there are: serving_default");
}

TEST(SavedModel, OfTensorFlow2GivesItsSignaturesAndVariables) {
  const SavedModel saved(kFixtures + "v2");
  EXPECT_THAT(saved.tag_sets(), ElementsAre(Tags{"serve"}));
  const Signatures& signatures = saved.signatures({"serve"});
  EXPECT_EQ(signatures.size(), 1u);  // not the one that only names an operation
  EXPECT_EQ(signatures.at("serving_default").inputs.at("x").name, "serving_default_x:0");
  EXPECT_EQ(saved.variables().read_object("w").to_string(), "float32 [2,2] [[0.5,1],[-2,4]]");
  EXPECT_EQ(saved.variables().read_object("steps").to_string(), "int64 [] 7");
}

TEST(LoadSavedModel, OfTensorFlow2RestoresTheVariablesWithoutItsFunctions) {
  Graph graph;
  Session session(graph);
  const auto model = load_saved_model(session, kFixtures + "v2", {"serve"}, {.import_scope = "net"});
  EXPECT_EQ(session.run(graph.tensor("net/w/Read/ReadVariableOp:0")).to_string(), "float32 [2,2] [[0.5,1],[-2,4]]");
  expect_says(error_of([&] { scores(session, graph, model.signature("serving_default"), "x", "y"); }),
              Code::Unimplemented, "StatefulPartitionedCall");
}

TEST(LoadSavedModel, OfTensorFlow2SaysWhenItCannotTellHowToRestore) {
  TempDir dir;
  fs::copy(kFixtures + "v2", dir / "m", fs::copy_options::recursive);
  const auto saved = read_saved_model(dir / "m/saved_model.pb");
  for (auto& function : *saved->mutable_meta_graphs(0)->mutable_graph_def()->mutable_library()->mutable_function()) {
    for (auto& node : *function.mutable_node_def()) {
      if (node.op() == "Identity") node.set_op("Neg");
    }
  }
  write_file_atomic(dir / "m/saved_model.pb", saved->SerializeAsString());
  Graph graph;
  Session session(graph);
  expect_says(error_of([&] { load_saved_model(session, dir / "m", {"serve"}); }), Code::Unimplemented,
              "StatefulPartitionedCall");
}

}  // namespace
}  // namespace tenon
