#include <atomic>
#include <map>
#include <thread>

#include "formats/bundle/bundle_reader.h"
#include "formats/meta_graph/meta_graph.h"
#include "meta_graph.pb.h"
#include "saver/saver_test_harness.h"

namespace tenon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

const std::string kFixtures = TENON_FIXTURES;

class SaveTest : public SaverTest {};

// proves: S1.11 S4.1 S5.1 S6.1
TEST_F(SaveTest, WritesTheFourFilesAndReadsThemBack) {
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

// proves: S4.2
TEST_F(SaveTest, TakesItsStepFromANumberAVariableOrAName) {
  Model model;
  Saver saver(model.graph, {model.v});
  model.init();
  const auto saved = [&](const GlobalStep& step) { return saver.save(model.session, path("m"), step); };
  EXPECT_EQ(saved(std::int16_t{3}), path("m-3"));
  EXPECT_EQ(saved(-3), path("m--3"));
  EXPECT_EQ(saved(std::uint64_t{1} << 40), path("m-1099511627776"));
  EXPECT_EQ(saved(model.w), path("m-7"));
  EXPECT_EQ(saved("w:0"), path("m-7"));
  EXPECT_EQ(saver.save(model.session, path("n"), {.global_step = model.w, .write_meta_graph = false}), path("n-7"));
  expect_says(error_of([&] { saved("nope:0"); }), Code::NotFound,
              "The name 'nope:0' refers to a Tensor which does not exist");
  expect_code(error_of([&] { saved(model.v); }), Code::InvalidArgument);  // two floats
  expect_code(error_of([&] { saver.save(model.session = Session(model.graph), path("m"), model.w); }),
              Code::FailedPrecondition);
  static_assert(!std::convertible_to<double, GlobalStep>);
}

// proves: S4.3
TEST_F(SaveTest, PadsStepsToEightDigits) {
  Model model;
  Saver saver(model.graph, {.pad_step_number = true});
  model.init();
  EXPECT_EQ(saver.save(model.session, path("m"), 7), path("m-00000007"));
  EXPECT_EQ(saver.save(model.session, path("m"), -3), path("m--0000003"));
  EXPECT_EQ(saver.save(model.session, path("m"), 123456789), path("m-123456789"));
}

// proves: S4.4
TEST_F(SaveTest, ANameIsAnyBytes) {
  Model model;
  Saver saver(model.graph);
  model.init();
  for (const char* name : {"\xe5\x8f\x98\xe6\x95\xb0", "two words", "not UTF-8: \xff"}) {
    EXPECT_EQ(saver.save(model.session, path(name)), path(name));
    Session session(model.graph);
    saver.restore(session, path(name));
    EXPECT_EQ(session.run(model.w).scalar<int>(), 7);
  }
}

// proves: S2.19 S4.3 S4.8
TEST_F(SaveTest, WritesOnlyWhatIsAskedFor) {
  Model model;
  Saver saver(model.graph, {.pad_step_number = true});
  model.init();
  saver.save(model.session, path("m"),
             {.global_step = 7, .write_meta_graph = false, .write_state = false});
  EXPECT_THAT(files(), UnorderedElementsAre("m-00000007.data-00000-of-00001", "m-00000007.index"));
  EXPECT_EQ(latest_checkpoint(folder()), std::nullopt);
}

// proves: S4.8
TEST_F(SaveTest, NamesTheMetaGraphAsItIsTold) {
  Model model;
  Saver saver(model.graph);
  model.init();
  saver.save(model.session, path("m"), {.meta_graph_suffix = "mg"});
  EXPECT_THAT(files(), UnorderedElementsAre("checkpoint", "m.data-00000-of-00001", "m.index", "m.mg"));
  Graph graph;
  import_meta_graph(graph, path("m.mg"));
  EXPECT_EQ(graph.num_operations(), model.graph.num_operations());
}

// proves: S4.9
TEST_F(SaveTest, WritesTheMetaGraphWithItsShapesAndAlwaysTheSame) {
  Model model;
  identity(reshape(model.v, {2, 1}), "end");
  Saver saver(model.graph);
  model.init();
  saver.save(model.session, path("a"));
  saver.save(model.session, path("b"));
  EXPECT_EQ(text("a.meta"), text("b.meta"));
  const auto meta = read_meta_graph(path("a.meta"));
  for (const proto::NodeDef& node : meta->graph_def().node()) {
    if (node.name() != "end") continue;
    const auto& shape = node.attr().at("_output_shapes").list().shape(0);
    ASSERT_EQ(shape.dim_size(), 2);
    EXPECT_EQ(shape.dim(0).size(), 2);
  }
  std::vector<std::string> keys;  // in the file's bytes: sorted
  for (const char* key : {"\n\x13trainable_variables", "\n\tvariables"})
    keys.push_back(std::to_string(text("a.meta").find(key)));
  EXPECT_LT(std::stoul(keys[0]), std::stoul(keys[1]));
}

// proves: S4.10
TEST_F(SaveTest, LeavesOutDefaultsWhereItIsAskedTo) {
  Model model;
  matmul(reshape(model.v, {2, 1}), reshape(model.v, {1, 2}), {.name = "product"});
  Saver saver(model.graph);
  model.init();
  for (const bool strip : {false, true}) {
    saver.save(model.session, path("m"), {.strip_default_attrs = strip});
    const auto meta = read_meta_graph(path("m.meta"));
    EXPECT_EQ(meta->meta_info_def().stripped_default_attrs(), strip);
    for (const proto::NodeDef& node : meta->graph_def().node()) {
      if (node.name() == "product") {
        EXPECT_EQ(node.attr().contains("transpose_a"), !strip);
      }
    }
    Graph graph;
    import_meta_graph(graph, path("m.meta"));
    EXPECT_FALSE(graph.operation("product").attr<bool>("transpose_a"));
  }
}

// proves: S4.11
TEST_F(SaveTest, AnImportedSaverSavesWhatItsNodesName) {
  Model model;
  model.init();
  Saver(model.graph).save(model.session, path("m"));
  Graph graph;
  Saver imported = import_meta_graph(graph, path("m.meta"));
  variable(graph, Tensor(1.f), "later");
  Session session(graph);
  session.run(graph.global_variables_initializer());
  imported.save(session, path("again"));
  EXPECT_THAT(BundleReader(path("again")).keys(), ElementsAre("v", "w"));
  Saver(graph).save(session, path("all"));
  EXPECT_THAT(BundleReader(path("all")).keys(), ElementsAre("later", "v", "w"));
}

// Whoever has the old files open, as a hard link has, keeps them whole.
// proves: S4.12
TEST_F(SaveTest, ReplacesTheFilesOfAnEarlierSave) {
  Model model;
  Saver plain(model.graph), sharded(model.graph, {.sharded = true});
  model.init();
  for (Saver* saver : {&plain, &sharded}) {
    saver->save(model.session, path("m"));
    std::map<std::string, std::string> before;
    for (const std::string& name : files()) {
      before[name] = text(name);
      fs::create_hard_link(path(name), path("old " + name));
    }
    model.session.run(assign(model.v, Tensor({2}, {5.f, 6.f})));
    saver->save(model.session, path("m"));
    for (const auto& [name, bytes] : before) EXPECT_EQ(text("old " + name), bytes) << name;
    Session session(model.graph);
    saver->restore(session, path("m"));
    EXPECT_EQ(session.run(model.v).at<float>(0), 5.f);
    model.init();
    for (const std::string& name : files()) remove_file(path(name));
  }
}

// proves: S4.13
TEST_F(SaveTest, MayRunWhileAVariableIsAssigned) {
  Graph graph;
  const Variable v = variable(graph, Tensor::zeros(float32, {50'000}), "v");
  const Output next = assign_add(v, Tensor(std::vector<float>(50'000, 1.f)));
  Saver saver(graph);
  Session session(graph);
  session.run(graph.global_variables_initializer());
  std::atomic<bool> stop = false;
  std::thread training([&] {
    while (!stop) session.run(next.op());
  });
  for (int i = 0; i < 20; ++i) {
    saver.save(session, path("m"));
    EXPECT_NO_THROW(BundleReader(path("m")).read("v"));
  }
  stop = true;
  training.join();
}

// proves: S1.36 S1.41 S2.22 S4.8
TEST_F(SaveTest, WritesAndReadsTheFormatOfVersion1) {
  for (const bool sharded : {false, true}) {
    Model model;
    Saver saver(model.graph, {.max_to_keep = 1, .sharded = sharded, .v1_format = true});
    model.init();
    saver.save(model.session, path("old"));
    const std::string saved = saver.save(model.session, path("m"));
    EXPECT_EQ(saved, path(sharded ? "m-\?\?\?\?\?-of-00001" : "m"));
    EXPECT_THAT(files(), UnorderedElementsAre("checkpoint", sharded ? "m-00000-of-00001" : "m", "m.meta"));
    for (const std::string& name : {saved, path("m"), folder()}) {
      Model restored;
      Saver(restored.graph).restore(restored.session, name);  // a Saver of V2
      EXPECT_TRUE(restored.session.run({restored.v})[0].equals(Tensor({2}, {1.f, 2.f}))) << name;
    }
    for (const std::string& name : files()) remove_file(path(name));
  }
}

// proves: S1.11 S1.31 S9.7
TEST_F(SaveTest, ShardedSavesMergeIntoOneCheckpoint) {
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

TEST_F(SaveTest, RunningTheNodesGivesTheSameFiles) {
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

// proves: S4.7 E22
TEST_F(SaveTest, NamesAllVariablesWithoutAValueAndLeavesNothing) {
  Model model;
  Saver saver(model.graph);
  const std::string message = error_text(Code::FailedPrecondition, [&] { saver.save(model.session, path("m")); });
  EXPECT_THAT(message, HasSubstr("Attempting to use uninitialized value v"));
  EXPECT_THAT(message, HasSubstr("Attempting to use uninitialized value w"));
  EXPECT_TRUE(files().empty());
  EXPECT_TRUE(saver.last_checkpoints().empty());
}

// proves: S4.7
TEST_F(SaveTest, AFailedSaveLeavesTheEarlierCheckpoint) {
  Model model;
  Saver saver(model.graph);
  model.init();
  saver.save(model.session, path("m"), 1);
  std::map<std::string, std::string> before;
  for (const std::string& name : files()) before[name] = text(name);
  Session empty(model.graph);
  expect_code(error_of([&] { saver.save(empty, path("m"), 1); }), Code::FailedPrecondition);
  expect_code(error_of([&] { saver.save(empty, path("m"), 2); }), Code::FailedPrecondition);
  fs::create_directories(path("m-3.index"));  // it cannot be written
  expect_code(error_of([&] { saver.save(model.session, path("m"), 3); }), Code::FailedPrecondition);
  fs::remove(path("m-3.index"));
  std::map<std::string, std::string> after;
  for (const std::string& name : files()) after[name] = text(name);
  EXPECT_EQ(after, before);
  EXPECT_THAT(saver.last_checkpoints(), ElementsAre(path("m-1")));
}

// proves: E23
TEST_F(SaveTest, NamesAResourceVariableWithoutAValue) {
  Graph graph;
  Saver saver = import_meta_graph(graph, kFixtures + "/meta/resource_variables.meta");
  Session session(graph);
  expect_says(error_of([&] { saver.save(session, path("m")); }), Code::FailedPrecondition,
              "Could not find variable beta1_power. This could mean that the variable has been deleted. In TF1, "
              "it can also mean the variable is uninitialized");
  expect_says(error_of([&] { session.run("v/Read/ReadVariableOp:0"); }), Code::FailedPrecondition,
              "Could not find variable v. This could mean that the variable has been deleted");
}

// proves: S1.33 S4.5 E24
TEST_F(SaveTest, RefusesFoldersThatAreNotThere) {
  Model model;
  Saver saver(model.graph);
  model.init();
  EXPECT_EQ(saver.save(model.session, path("one/m")), path("one/m"));
  expect_says(error_of([&] { saver.save(model.session, path("no/such/m")); }), Code::InvalidArgument,
              "Parent directory of " + path("no/such/m") + " doesn't exist, can't save");
  EXPECT_FALSE(fs::exists(path("no")));
  write_file_atomic(path("file"), "x");
  expect_says(error_of([&] { saver.save(model.session, path("file/m")); }), Code::InvalidArgument,
              "Parent directory of " + path("file/m") + " doesn't exist, can't save");
  EXPECT_THAT(saver.last_checkpoints(), ElementsAre(path("one/m")));
  const SaverOptions others[] = {{.sharded = true}, {.v1_format = true}, {.sharded = true, .v1_format = true}};
  for (const SaverOptions& options : others) {
    Saver other(model.graph, options);
    expect_says(error_of([&] { other.save(model.session, path("two/m")); }), Code::InvalidArgument,
                "Parent directory of " + path("two/m") + " doesn't exist, can't save");
    EXPECT_FALSE(fs::exists(path("two")));
  }
}

// proves: S4.6 E15 E16 E17
TEST_F(SaveTest, RefusesNamesThatCollideWithTheStateFile) {
  Model model;
  Saver saver(model.graph);
  model.init();
  expect_says(error_of([&] { saver.save(model.session, path("m"), {.latest_filename = "a/b"}); }),
              Code::InvalidArgument, "'latest_filename' must not contain path components");
  expect_says(error_of([&] { saver.save(model.session, path("checkpoint")); }), Code::InvalidArgument,
              "'latest_filename' collides with 'save_path'");
  expect_says(error_of([&] { saver.save(model.session, path("s"), {.global_step = 1, .latest_filename = "s-1"}); }),
              Code::FailedPrecondition, "conflicts with path used for checkpoint state");
  EXPECT_TRUE(files().empty());
}

class SavedAgain : public SaverTest, public testing::WithParamInterface<const char*> {};

// proves: S1.15 S1.16 S1.17 S1.35
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
