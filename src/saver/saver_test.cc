#include "tenon/saver.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "base/files.h"
#include "formats/bundle/bundle_reader.h"
#include "formats/bundle/bundle_writer.h"
#include "formats/meta_graph/meta_graph.h"
#include "graph/export_graph.h"
#include "graph/import_meta_graph.h"
#include "meta_graph.pb.h"
#include "runtime/session_impl.h"
#include "tenon/ops.h"

namespace tenon {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

const std::string kFixtures = TENON_FIXTURES;

template <typename F>
std::string error_of(Code code, F&& f) {
  try {
    f();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return "";
}

// A folder of its own for each test.
class SaverTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(testing::TempDir()) / fmt_name(info->test_suite_name(), info->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override {
    std::error_code ignored;
    fs::permissions(folder_, fs::perms::owner_all, ignored);
    fs::remove_all(folder_, ignored);
  }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) names.insert(entry.path().filename().string());
    return names;
  }
  std::string text(const std::string& name) const { return read_file(path(name)); }

  static std::string fmt_name(std::string suite, std::string name) {
    std::string result = "tenon_" + suite + "_" + name + "_" + std::to_string(::getpid());
    std::replace(result.begin(), result.end(), '/', '_');
    return result;
  }

  fs::path folder_;
};

struct Model {
  Graph graph;
  Variable v = variable(graph, Tensor({2}, {1.f, 2.f}), "v");
  Variable w = variable(graph, Tensor(7), "w");
  Session session{graph};
  void init() { session.run(graph.global_variables_initializer()); }
};

TEST_F(SaverTest, WritesAndReadsTheFormatOfVersion1) {
  for (const bool sharded : {false, true}) {
    Model model;
    Saver saver(model.graph, {.max_to_keep = 1, .sharded = sharded, .v1_format = true});
    model.init();
    saver.save(model.session, path("old"));
    const std::string saved = saver.save(model.session, path("m"));
    EXPECT_EQ(saved, path(sharded ? "m-\?\?\?\?\?-of-00001" : "m"));
    EXPECT_THAT(files(), UnorderedElementsAre("checkpoint", sharded ? "m-00000-of-00001" : "m", "m.meta"));
    for (const std::string& name : {saved, path("m"), folder_.string()}) {
      Model restored;
      Saver(restored.graph).restore(restored.session, name);  // a Saver of V2
      EXPECT_TRUE(restored.session.run({restored.v})[0].equals(Tensor({2}, {1.f, 2.f}))) << name;
    }
    for (const std::string& name : files()) remove_file(path(name));
  }
}

TEST_F(SaverTest, SaysWhatDoesNotFitAVersion1Checkpoint) {
  Model model;
  model.init();
  Saver(model.graph, {.v1_format = true}).save(model.session, path("m"));
  Graph graph;
  variable(graph, Tensor({2}, {1, 2}), "v");
  variable(graph, Tensor(7), "other");
  Session session(graph);
  const std::string error = error_of(Code::NotFound, [&] { Saver(graph).restore(session, path("m")); });
  EXPECT_THAT(error, HasSubstr("Tensor name \"other\" not found in checkpoint files"));
  EXPECT_THAT(error, HasSubstr("Expected to restore a tensor of type int32, got a tensor of type float instead: "
                               "tensor_name = v"));
}

TEST_F(SaverTest, WritesTheFourFilesAndReadsThemBack) {
  Model model;
  Saver saver(model.graph);
  model.init();
  EXPECT_EQ(saver.save(model.session, path("m")), path("m"));
  EXPECT_THAT(files(), UnorderedElementsAre("checkpoint", "m.data-00000-of-00001", "m.index", "m.meta"));

  Graph graph;
  Saver again = import_meta_graph(graph, path("m.meta"));
  Session session(graph);
  EXPECT_THAT(session.uninitialized_variables(), ElementsAre("v", "w"));
  again.restore(session, path("m"));
  EXPECT_TRUE(session.uninitialized_variables().empty());
  EXPECT_EQ(session.run(graph.tensor("v:0")).at<float>(1), 2.f);
  EXPECT_EQ(session.run(graph.tensor("w:0")).scalar<int>(), 7);
}

TEST_F(SaverTest, TakesAFileOrAFolderForTheCheckpoint) {
  Model model;
  Saver saver(model.graph);
  model.init();
  saver.save(model.session, path("m"), 3);
  for (const char* name : {"m-3", "m-3.index", "m-3.meta", "m-3.data-00000-of-00001", ""}) {
    Session session(model.graph);
    saver.restore(session, path(name));
    EXPECT_EQ(session.run(model.w).scalar<int>(), 7) << name;
  }
  EXPECT_EQ(latest_checkpoint(folder_.string()), path("m-3"));
  EXPECT_THAT(error_of(Code::NotFound, [&] { saver.restore(model.session, path("m-4")); }),
              HasSubstr("The passed save_path is not a valid checkpoint: " + path("m-4")));
}

TEST_F(SaverTest, KeepsTheNewestAndSaysSoInTheStateFile) {
  Model model;
  Saver saver(model.graph, {.max_to_keep = 2, .save_relative_paths = true});
  model.init();
  for (const int step : {1, 2, 3}) saver.save(model.session, path("m"), SaveOptions{.global_step = step});
  EXPECT_EQ(text("checkpoint"),
            "model_checkpoint_path: \"m-3\"\nall_model_checkpoint_paths: \"m-2\"\nall_model_checkpoint_paths: \"m-3\"\n");
  EXPECT_FALSE(files().contains("m-1.index"));
  EXPECT_FALSE(files().contains("m-1.meta"));
  EXPECT_FALSE(files().contains("m-1.data-00000-of-00001"));
  EXPECT_THAT(saver.last_checkpoints(), ElementsAre(path("m-2"), path("m-3")));
  saver.save(model.session, path("m"), 2);
  EXPECT_THAT(saver.last_checkpoints(), ElementsAre(path("m-3"), path("m-2")));

  Saver next(model.graph, {.max_to_keep = 2});
  next.recover_last_checkpoints({path("m-3"), path("gone"), path("m-2")});
  EXPECT_THAT(next.last_checkpoints(), ElementsAre(path("m-3"), path("m-2")));
  next.save(model.session, path("m"), 9);
  EXPECT_FALSE(files().contains("m-3.index"));
}

TEST_F(SaverTest, KeepsAllWithMaxToKeepZero) {
  Model model;
  Saver saver(model.graph, {.max_to_keep = 0});
  model.init();
  for (const int step : {1, 2, 3, 4, 5, 6, 7}) saver.save(model.session, path("m"), step);
  EXPECT_TRUE(files().contains("m-1.index"));
  EXPECT_TRUE(saver.last_checkpoints().empty());
  EXPECT_EQ(text("checkpoint"),
            "model_checkpoint_path: \"" + path("m-7") + "\"\nall_model_checkpoint_paths: \"" + path("m-7") + "\"\n");
}

TEST_F(SaverTest, WritesOnlyWhatIsAskedFor) {
  Model model;
  Saver saver(model.graph, {.pad_step_number = true});
  model.init();
  saver.save(model.session, path("m"),
             {.global_step = 7, .write_meta_graph = false, .write_state = false});
  EXPECT_THAT(files(), UnorderedElementsAre("m-00000007.data-00000-of-00001", "m-00000007.index"));
  EXPECT_EQ(latest_checkpoint(folder_.string()), std::nullopt);
}

TEST_F(SaverTest, SavesAndRestoresUnderOtherNames) {
  Model model;
  Saver saver(model.graph, {{"other/name", model.v}});
  model.init();
  saver.save(model.session, path("m"));
  EXPECT_THAT(BundleReader(path("m")).keys(), ElementsAre("other/name"));
  Session session(model.graph);
  saver.restore(session, path("m"));
  EXPECT_EQ(session.run(model.v).at<float>(0), 1.f);
  EXPECT_THAT(session.uninitialized_variables(), ElementsAre("w"));
}

TEST_F(SaverTest, RunningTheNodesGivesTheSameFiles) {
  Model model;
  Saver saver(model.graph);
  model.init();
  saver.save(model.session, path("a"));
  model.session.run({model.graph.tensor("save/control_dependency:0")},
                    {{model.graph.tensor("save/Const:0"), Tensor(path("b"))}});
  EXPECT_EQ(text("a.index"), text("b.index"));
  EXPECT_EQ(text("a.data-00000-of-00001"), text("b.data-00000-of-00001"));
  Session session(model.graph);
  session.run(model.graph.operation("save/restore_all"), {{model.graph.tensor("save/Const:0"), Tensor(path("a"))}});
  EXPECT_EQ(session.run(model.w).scalar<int>(), 7);
}

TEST_F(SaverTest, ShardedSavesMergeIntoOneCheckpoint) {
  Graph graph;
  variable(graph, Tensor(1.f), "a");
  {
    const Scope device = graph.device("/cpu:0");
    variable(graph, Tensor(2.f), "b");
  }
  Saver saver(graph, {.sharded = true});
  Session session(graph);
  session.run(graph.global_variables_initializer());
  saver.save(session, path("m"));
  EXPECT_THAT(files(), UnorderedElementsAre("checkpoint", "m.data-00000-of-00002", "m.data-00001-of-00002", "m.index",
                                            "m.meta"));
  Session other(graph);
  saver.restore(other, path("m"));
  EXPECT_EQ(other.run(graph.tensor("b:0")).scalar<float>(), 2.f);
  // Another number of shards leaves no file of the earlier ones.
  Saver whole(graph);
  whole.save(session, path("m"));
  EXPECT_THAT(files(), UnorderedElementsAre("checkpoint", "m.data-00000-of-00001", "m.index", "m.meta"));
}

TEST_F(SaverTest, NamesAllVariablesWithoutAValueAndLeavesNothing) {
  Model model;
  Saver saver(model.graph);
  const std::string message = error_of(Code::FailedPrecondition, [&] { saver.save(model.session, path("m")); });
  EXPECT_THAT(message, HasSubstr("Attempting to use uninitialized value v"));
  EXPECT_THAT(message, HasSubstr("Attempting to use uninitialized value w"));
  EXPECT_TRUE(files().empty());
  EXPECT_TRUE(saver.last_checkpoints().empty());
}

TEST_F(SaverTest, ReportsEverythingThatDoesNotFitAndChangesNothing) {
  {
    BundleWriter writer(path("m"));
    writer.add("a", Tensor(1.f));
    writer.add("b", Tensor(2));
    writer.add("c", Tensor({2}, {1.f, 2.f}));
    writer.finish();
  }
  Graph graph;
  const Variable a = variable(graph, Tensor(5.f), "a");
  variable(graph, Tensor(5.f), "b");
  variable(graph, Tensor({5}, {1.f, 2.f, 3.f, 4.f, 5.f}), "c");
  Session session(graph);
  session.run(graph.global_variables_initializer());
  Saver wrong(graph);
  const std::string message = error_of(Code::InvalidArgument, [&] { wrong.restore(session, path("m")); });
  EXPECT_THAT(message, HasSubstr("tensor_name = b; expected dtype float does not equal original dtype int32"));
  EXPECT_THAT(message, HasSubstr("Assign requires shapes of both tensors to match. lhs shape= [5] rhs shape= [2]"));
  EXPECT_EQ(session.run(a).scalar<float>(), 5.f);

  variable(graph, Tensor(5.f), "aa");
  session.run(graph.global_variables_initializer());
  Saver more(graph);
  const std::string missing = error_of(Code::NotFound, [&] { more.restore(session, path("m")); });
  EXPECT_THAT(missing, HasSubstr("Key aa not found in checkpoint; nearest: \"a\""));
  EXPECT_THAT(missing, HasSubstr("tensor_name = b; expected dtype float"));
  EXPECT_EQ(session.run(a).scalar<float>(), 5.f);
}

TEST_F(SaverTest, ADamagedFileChangesNoVariable) {
  Model model;
  Saver saver(model.graph);
  model.init();
  saver.save(model.session, path("m"));
  std::string data = text("m.data-00000-of-00001");
  data.back() ^= 1;
  write_file_atomic(path("m.data-00000-of-00001"), data);
  model.session.impl().state().find_variable("v")->assign(Tensor({2}, {8.f, 9.f}));
  error_of(Code::DataLoss, [&] { saver.restore(model.session, path("m")); });
  EXPECT_EQ(model.session.run(model.v).at<float>(0), 8.f);
  EXPECT_EQ(model.session.run(model.w).scalar<int>(), 7);
}

TEST_F(SaverTest, ReshapesWhereItIsAskedTo) {
  {
    BundleWriter writer(path("m"));
    writer.add("v", Tensor({4}, {1.f, 2.f, 3.f, 4.f}));
    writer.finish();
  }
  Graph graph;
  const Variable v = variable(graph, Tensor({2, 2}, {0.f, 0.f, 0.f, 0.f}), "v");
  Session session(graph);
  Saver(graph, {.reshape = true}).restore(session, path("m"));
  EXPECT_EQ(session.run(v).shape(), (Shape{2, 2}));
  EXPECT_EQ(session.run(v).at<float>(3), 4.f);
}

TEST_F(SaverTest, RefusesFoldersThatAreNotThere) {
  Model model;
  Saver saver(model.graph);
  model.init();
  EXPECT_EQ(saver.save(model.session, path("one/m")), path("one/m"));
  EXPECT_THAT(error_of(Code::InvalidArgument, [&] { saver.save(model.session, path("no/such/m")); }),
              HasSubstr("Parent directory of " + path("no/such/m") + " doesn't exist, can't save"));
  EXPECT_FALSE(fs::exists(path("no")));
  EXPECT_THAT(saver.last_checkpoints(), ElementsAre(path("one/m")));
}

TEST_F(SaverTest, RefusesNamesThatCollideWithTheStateFile) {
  Model model;
  Saver saver(model.graph);
  model.init();
  EXPECT_THAT(error_of(Code::InvalidArgument, [&] { saver.save(model.session, path("m"), {.latest_filename = "a/b"}); }),
              HasSubstr("'latest_filename' must not contain path components"));
  EXPECT_THAT(error_of(Code::InvalidArgument, [&] { saver.save(model.session, path("checkpoint")); }),
              HasSubstr("'latest_filename' collides with 'save_path'"));
  EXPECT_THAT(error_of(Code::FailedPrecondition,
                       [&] { saver.save(model.session, path("s"), {.global_step = 1, .latest_filename = "s-1"}); }),
              HasSubstr("conflicts with path used for checkpoint state"));
  EXPECT_TRUE(files().empty());
}

TEST_F(SaverTest, NeedsVariablesWithDifferentNames) {
  Graph empty;
  EXPECT_THAT(error_of(Code::InvalidArgument, [&] { Saver saver(empty); }), HasSubstr("No variables to save"));
  Saver nothing(empty, {.allow_empty = true});
  Session session(empty);
  EXPECT_EQ(nothing.save(session, path("m")), "");
  EXPECT_THAT(files(), UnorderedElementsAre("m.meta"));
  nothing.restore(session, path("not there"));

  Model model;
  EXPECT_THAT(error_of(Code::InvalidArgument, [&] { Saver saver(model.graph, {model.v, model.v}); }),
              HasSubstr("At least two variables have the same name: v"));
  EXPECT_THAT(error_of(Code::InvalidArgument,
                       [&] { Saver saver(model.graph, {{"x", model.v}, {"y", model.v}}); }),
              HasSubstr("The same saveable will be restored with two names: y"));
}

TEST_F(SaverTest, FindsTheLatestCheckpointAfterAMove) {
  Model model;
  Saver saver(model.graph);
  model.init();
  fs::create_directories(path("old"));
  saver.save(model.session, path("old/m"), 5);
  EXPECT_EQ(latest_checkpoint(path("old")), path("old/m-5"));
  fs::rename(path("old"), path("new"));
  EXPECT_EQ(latest_checkpoint(path("new")), path("new/m-5"));
  remove_file(path("new/m-5.index"));
  EXPECT_EQ(latest_checkpoint(path("new")), std::nullopt);
  EXPECT_EQ(latest_checkpoint(path("nowhere")), std::nullopt);
}

TEST_F(SaverTest, RefusesMetaFilesWithoutTheirNodes) {
  Model model;
  Saver saver(model.graph);
  saver.export_meta_graph(path("m.meta"));
  auto file = read_meta_graph(path("m.meta"));
  file->mutable_saver_def()->set_restore_op_name("gone");
  write_meta_graph(path("bad.meta"), *file);
  Graph graph;
  EXPECT_THAT(error_of(Code::InvalidArgument, [&] { import_meta_graph(graph, path("bad.meta")); }),
              HasSubstr("saver_def's restore_op_name is 'gone'"));
  EXPECT_EQ(graph.num_operations(), 0);
  error_of(Code::NotFound, [&] { import_meta_graph(graph, path("none.meta")); });
}

TEST_F(SaverTest, ImportsUnderAScopeAndStillReadsTheSameCheckpoint) {
  Model model;
  Saver saver(model.graph);
  model.init();
  saver.save(model.session, path("m"));
  Graph graph;
  import_meta_graph(graph, path("m.meta"), {.import_scope = "p"});
  Saver second = import_meta_graph(graph, path("m.meta"), {.import_scope = "p"});
  Session session(graph);
  second.restore(session, path("m"));
  EXPECT_EQ(session.run(graph.tensor("p_1/w:0")).scalar<int>(), 7);
  EXPECT_THAT(session.uninitialized_variables(), ElementsAre("p/v", "p/w"));
}

struct Reference {
  const char* name;
  bool sharded;
};

class SaverNodes : public testing::TestWithParam<Reference> {};

std::vector<proto::NodeDef> saver_nodes(const proto::GraphDef& graph) {
  std::vector<proto::NodeDef> nodes;
  for (const auto& node : graph.node()) {
    if (node.name().starts_with("save/")) nodes.push_back(node);
  }
  return nodes;
}

// Everything but the Saver's nodes is imported, a Saver is made, and the graph must be TensorFlow's again.
TEST_P(SaverNodes, AreThoseOfTensorFlow) {
  const auto file = read_meta_graph(kFixtures + "/meta/" + GetParam().name + ".meta");
  proto::MetaGraphDef without = *file;
  without.mutable_graph_def()->clear_node();
  without.clear_saver_def();
  for (const auto& node : file->graph_def().node()) {
    if (!node.name().starts_with("save/")) *without.mutable_graph_def()->add_node() = node;
  }
  Graph graph;
  import_meta_graph_def(graph.impl(), without);
  Saver saver(graph, {.sharded = GetParam().sharded});
  ExportOptions options;
  options.output_shape = [](Edge edge) { return to_output(edge).shape(); };
  const auto nodes = saver_nodes(file->graph_def()), made = saver_nodes(export_graph_def(graph.impl(), options));
  ASSERT_EQ(made.size(), nodes.size());
  for (std::size_t i = 0; i < made.size(); ++i) {
    google::protobuf::util::MessageDifferencer differencer;
    std::string differences;
    differencer.ReportDifferencesToString(&differences);
    EXPECT_TRUE(differencer.Compare(nodes[i], made[i])) << made[i].name() << "\n" << differences;
  }
}

INSTANTIATE_TEST_SUITE_P(Reference, SaverNodes,
                         testing::Values(Reference{"seed_mnist", false}, Reference{"seed_variable", false},
                                         Reference{"every_dtype", false}, Reference{"resource_variables", false},
                                         Reference{"sharded_partitioned", true}),
                         [](const auto& info) { return std::string(info.param.name); });

class SavedAgain : public SaverTest, public testing::WithParamInterface<const char*> {};

TEST_P(SavedAgain, ARestoredCheckpointGivesTensorFlowsBytes) {
  const std::string prefix = kFixtures + "/" + GetParam() + "/model.ckpt";
  Graph graph;
  Saver saver = import_meta_graph(graph, kFixtures + "/meta/" + GetParam() + ".meta");
  Session session(graph);
  saver.restore(session, prefix);
  saver.save(session, path("model.ckpt"));
  EXPECT_EQ(read_file(prefix + ".index"), text("model.ckpt.index"));
  for (const auto& entry : fs::directory_iterator(kFixtures + "/" + GetParam())) {
    const std::string name = entry.path().filename().string();
    if (name.find(".data-") != std::string::npos) {
      EXPECT_EQ(read_file(entry.path().string()), text(name)) << name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Reference, SavedAgain,
                         testing::Values("every_dtype", "seed_variable", "sharded_partitioned"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace tenon
