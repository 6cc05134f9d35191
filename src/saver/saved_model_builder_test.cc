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
using testing::IsEmpty;

std::vector<std::string> files_in(const std::string& directory) {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_directory()) files.push_back(fs::relative(entry.path(), directory).string());
  }
  std::sort(files.begin(), files.end());
  return files;
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
