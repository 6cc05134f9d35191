#include "tenon/saved_model.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/files.h"
#include "formats/meta_graph/meta_graph.h"
#include "meta_graph.pb.h"
#include "tenon/ops.h"
#include "testing/errors.h"
#include "testing/temp_dir.h"

namespace tenon {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kFixtures = std::string(TENON_FIXTURES) + "/saved_model/";

std::vector<std::string> files_in(const std::string& directory) {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_directory()) files.push_back(fs::relative(entry.path(), directory).string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

const Tensor kImages({1, 2}, {1.f, 2.f});
const Tensor kScores({1, 2}, {6.5f, 29.f});  // of the fixtures' y = x * w + b

Tensor scores(Session& session, Graph& graph, const Signature& signature, const char* in, const char* out) {
  return session.run(graph.tensor(signature.outputs.at(out).name),
                     {{graph.tensor(signature.inputs.at(in).name), kImages}});
}

// The graph of the fixtures.
struct Model {
  Graph graph;
  Output x = placeholder(graph, float32, {-1, 2}, "x");
  Variable w = variable(graph, Tensor({2, 2}, {.5f, 1.f, -2.f, 4.f}), "w");
  Variable b = variable(graph, Tensor({2}, {10.f, 20.f}), "b");
  Output y = add(matmul(x, w), b);
  Session session{graph};
  Model() { session.run(graph.global_variables_initializer()); }
};

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

// proves: S6.22
TEST(SimpleSave, WritesAServingSignatureThatLoadsAgain) {
  TempDir dir;
  const std::string folder = dir / "deep/export/1";
  Model model;
  simple_save(model.session, folder, {{"images", model.x}}, {{"scores", model.y}});
  EXPECT_THAT(files_in(dir / "deep"),
              ElementsAre("export/1/saved_model.pb", "export/1/variables/variables.data-00000-of-00001",
                          "export/1/variables/variables.index"));
  const auto saved = read_saved_model(folder + "/saved_model.pb");
  EXPECT_EQ(saved->saved_model_schema_version(), 1);
  EXPECT_TRUE(saved->meta_graphs(0).saver_def().sharded());
  EXPECT_EQ(saved->meta_graphs(0).saver_def().save_tensor_name(), "save/Identity:0");
  for (const auto& node : saved->meta_graphs(0).graph_def().node()) EXPECT_EQ(node.device(), "") << node.name();
  Graph graph;
  Session session(graph);
  const auto loaded = load_saved_model(session, folder, {"serve"});
  EXPECT_TRUE(scores(session, graph, loaded.signature("serving_default"), "images", "scores").equals(kScores));
}

// proves: S6.25 E72
TEST(SavedModelBuilder, RefusesAFolderThatIsNotEmpty) {
  TempDir dir;
  write_file_atomic(dir / "other", "x");
  expect_says(error_of([&] { SavedModelBuilder builder(dir.path()); }), Code::AlreadyExists,
              "Export directory " + dir.path() + " already exists, and isn't empty. Please choose a different");
  expect_code(error_of([&] { SavedModelBuilder builder(dir / "other"); }), Code::FailedPrecondition);
  expect_code(error_of([&] { SavedModelBuilder builder(""); }), Code::InvalidArgument);
}

TEST(SavedModelBuilder, SharesVariablesAmongGraphs) {
  for (const bool as_text : {false, true}) {
    TempDir dir;  // an empty folder that is there already
    write_file_atomic(dir / "words.txt", "one\n");
    fs::create_directory(dir / "export");
    Model model;
    const Output asset = constant(model.graph, Tensor(dir / "words.txt"), "asset");
    const Variable where = variable(model.graph, Tensor(""), "where");
    model.session.run(model.graph.global_variables_initializer());
    const Operation loaded = assign(where, asset, "loaded").op();
    SavedModelBuilder builder(dir / "export");
    const Signatures signatures = {{"one", {.inputs = {{"x", model.x}}, .outputs = {{"y", model.y}}}}};
    builder.add_meta_graph_and_variables(model.session, {"train", "gpu"},
                                         {.signatures = signatures, .assets = {asset}, .main_op = loaded});
    Model other;
    builder.add_meta_graph(other.graph, {"serve"}, {.signatures = signatures, .strip_default_attrs = true});
    const std::string name = as_text ? "saved_model.pbtxt" : "saved_model.pb";
    EXPECT_EQ(builder.save(as_text), dir / "export/" + name);
    EXPECT_THAT(
        files_in(dir / "export"),
        ElementsAre("assets/words.txt", name, "variables/variables.data-00000-of-00001", "variables/variables.index"));
    EXPECT_FALSE(file_exists(dir / "export/.tmp"));
    for (const Tags& tags : {Tags{"train", "gpu"}, Tags{"serve"}}) {
      Graph graph;
      Session session(graph);
      const auto again = load_saved_model(session, dir / "export", tags);
      EXPECT_TRUE(scores(session, graph, again.signature("one"), "x", "y").equals(kScores));
      if (tags.size() == 2) {
        EXPECT_EQ(session.run(graph.tensor("where:0")).scalar<std::string>(), dir / "export/assets/words.txt");
      }
    }
    EXPECT_TRUE(read_saved_model(dir / "export/" + name)->meta_graphs(1).meta_info_def().stripped_default_attrs());
  }
}

TEST(SavedModelBuilder, GivesAssetsOfOneNameDifferentNames) {
  TempDir dir;
  for (const char* folder : {"a", "b", "c"}) fs::create_directory(dir / folder);
  write_file_atomic(dir / "a/words", "one");
  write_file_atomic(dir / "b/words", "two");
  write_file_atomic(dir / "c/words", "one");
  Model model;
  std::vector<Output> assets;
  for (const char* folder : {"a", "b", "c"})
    assets.push_back(constant(model.graph, Tensor(dir / folder + "/words"), std::string("in_") + folder));
  SavedModelBuilder builder(dir / "m");
  builder.add_meta_graph_and_variables(model.session, {"t"}, {.assets = assets});
  builder.save();
  const auto paths = SavedModel(dir / "m").assets({"t"});
  EXPECT_EQ(read_file(paths.at("in_a:0")), "one");
  EXPECT_EQ(read_file(paths.at("in_b:0")), "two");
  EXPECT_EQ(paths.at("in_b:0"), dir / "m/assets/words_1");
  EXPECT_EQ(paths.at("in_c:0"), paths.at("in_a:0"));
}

TEST(SavedModelBuilder, LeavesNothingBehindWithoutASave) {
  TempDir dir;
  fs::create_directory(dir / "empty");
  for (const char* name : {"new", "empty"}) {
    {
      Model model;
      SavedModelBuilder builder(dir / name);
      builder.add_meta_graph_and_variables(model.session, {"serve"});
      EXPECT_FALSE(contains_saved_model(dir / name));
    }
    EXPECT_THAT(files_in(dir.path()), IsEmpty());
  }
  Graph graph;
  variable(graph, Tensor(1.f), "v");
  Session session(graph);
  {
    SavedModelBuilder builder(dir / "m");
    expect_says(error_of([&] { builder.add_meta_graph_and_variables(session, {"serve"}); }), Code::FailedPrecondition,
                "uninitialized value v");
    expect_code(error_of([&] { builder.save(); }), Code::FailedPrecondition);
  }
  EXPECT_THAT(files_in(dir.path()), IsEmpty());
}

TEST(SavedModelBuilder, SaysInWhichOrderItIsUsed) {
  TempDir dir;
  Model model;
  SavedModelBuilder builder(dir / "m");
  expect_says(error_of([&] { builder.add_meta_graph(model.graph, {"serve"}); }), Code::FailedPrecondition,
              "has not been saved yet. Please invoke `add_meta_graph_and_variables()` first");
  builder.add_meta_graph_and_variables(model.session, {"serve"});
  expect_says(error_of([&] { builder.add_meta_graph_and_variables(model.session, {"x"}); }), Code::FailedPrecondition,
              "has already been saved. Please invoke `add_meta_graph()` instead");
  builder.save();
  expect_says(error_of([&] { builder.save(); }), Code::FailedPrecondition, "written already");
}

TEST(SavedModelBuilder, RefusesSignaturesAndAssetsThatCannotBe) {
  TempDir dir;
  Model model;
  const auto refused = [&](const SavedGraphOptions& options) {
    SavedModelBuilder builder(dir / "m");
    return error_text(Code::InvalidArgument,
                      [&] { builder.add_meta_graph_and_variables(model.session, {"t"}, options); });
  };
  EXPECT_THAT(refused({.signatures = {{"__saved_model_init_op", {}}}}), HasSubstr("is reserved"));
  SignatureTensor nameless;
  nameless.dtype = float32;
  EXPECT_THAT(refused({.signatures = {{"s", {.inputs = {{"x", nameless}}}}}}), HasSubstr("Invalid `tensor_info`"));
  SignatureTensor untyped;
  untyped.name = "x:0";
  EXPECT_THAT(refused({.signatures = {{"s", {.inputs = {{"x", untyped}}}}}}), HasSubstr("must have the dtype"));
  EXPECT_THAT(refused({.assets = {model.x}}), HasSubstr("must be of type constant. Has type Placeholder"));
  EXPECT_THAT(refused({.assets = {constant(model.graph, Tensor(1))}}), HasSubstr("must be of dtype string"));
  expect_says(error_of([&] {
                SavedModelBuilder(dir / "m").add_meta_graph_and_variables(
                    model.session, {"t"}, {.assets = {constant(model.graph, Tensor("/none/file"))}});
              }),
              Code::NotFound, "/none/file");
  const Operation op = model.y.op();
  SavedModelBuilder first(dir / "first");
  first.add_meta_graph_and_variables(model.session, {"t"}, {.main_op = op});
  EXPECT_THAT(refused({.main_op = op}), HasSubstr("Graph already contains one or more main ops"));
}

TEST(SavedModelBuilder, SavesALoadedModelWithNewTagsAndSignatures) {
  TempDir dir;
  Graph graph;
  Session session(graph);
  auto model = load_saved_model(session, kFixtures + "simple", {"serve"});
  SavedModelBuilder builder(dir / "m");
  builder.add_meta_graph_and_variables(session, {"other"}, {.saver = &model.saver()});
  builder.save();
  const SavedModel saved(dir / "m");
  EXPECT_THAT(saved.tag_sets(), ElementsAre(Tags{"other"}));
  EXPECT_TRUE(saved.signatures({"other"}).empty());
  EXPECT_TRUE(read_file(dir / "m/variables/variables.index") ==
              read_file(kFixtures + "simple/variables/variables.index"));
}

}  // namespace
}  // namespace tenon
