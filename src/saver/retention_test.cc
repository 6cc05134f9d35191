#include "saver/retention.h"

#include <limits>

#include "saver/saver_test_harness.h"

namespace tenon {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

class RetentionTest : public SaverTest {
 protected:
  RetentionTest() { model_.init(); }

  void save_steps(Saver& saver, int first, int last, const std::string& name = "m") {
    for (int step = first; step <= last; ++step) saver.save(model_.session, path(name), step);
  }
  // The steps of which there is an index.
  std::vector<std::string> kept(const std::string& below = "") const {
    std::vector<std::string> names;
    for (const std::string& name : files(below)) {
      if (name.ends_with(".index")) names.push_back(name.substr(0, name.size() - 6));
    }
    return names;
  }
  std::string state_of(const std::vector<std::string>& paths) const {
    std::string state = "model_checkpoint_path: \"" + paths.back() + "\"\n";
    for (const std::string& path : paths) state += "all_model_checkpoint_paths: \"" + path + "\"\n";
    return state;
  }

  Model model_;
};

// proves: S2.1 S2.10 S2.12 S2.16 S3.25
TEST_F(RetentionTest, KeepsTheNewestAndSaysSoInTheStateFile) {
  Saver saver(model_.graph, {.max_to_keep = 2, .save_relative_paths = true});
  save_steps(saver, 1, 3);
  EXPECT_EQ(text("checkpoint"), state_of({"m-2", "m-3"}));
  EXPECT_THAT(files(), Not(Contains(testing::StartsWith("m-1"))));
  EXPECT_THAT(saver.last_checkpoints(), ElementsAre(path("m-2"), path("m-3")));
  saver.save(model_.session, path("m"), 2);
  EXPECT_THAT(saver.last_checkpoints(), ElementsAre(path("m-3"), path("m-2")));
  EXPECT_THAT(kept(), ElementsAre("m-2", "m-3"));

  Saver next(model_.graph, {.max_to_keep = 2});
  EXPECT_THAT(next.last_checkpoints(), IsEmpty());
  next.recover_last_checkpoints({path("m-3"), path("gone"), path("m-2")});
  EXPECT_THAT(next.last_checkpoints(), ElementsAre(path("m-3"), path("m-2")));
  next.save(model_.session, path("m"), 9);
  EXPECT_THAT(kept(), ElementsAre("m-2", "m-9"));
}

// proves: S2.10
TEST_F(RetentionTest, KeepsFiveUnlessToldOtherwise) {
  Saver saver(model_.graph);
  save_steps(saver, 1, 7);
  EXPECT_THAT(kept(), ElementsAre("m-3", "m-4", "m-5", "m-6", "m-7"));
}

// proves: S2.11
TEST_F(RetentionTest, KeepsAllWithMaxToKeepZero) {
  Saver saver(model_.graph, {.max_to_keep = 0});
  save_steps(saver, 1, 7);
  EXPECT_EQ(kept().size(), 7u);
  EXPECT_THAT(saver.last_checkpoints(), IsEmpty());
  EXPECT_EQ(text("checkpoint"), state_of({path("m-7")}));
}

// TensorFlow kept these, too.
// proves: S2.14
TEST_F(RetentionTest, KeepsOneForEverySoManyHours) {
  double now = 1000;
  Retention retention(2, 1, now);
  std::vector<std::string> left;
  for (int step = 0; step < 12; ++step, now += 20 * 60) {
    left.push_back(std::to_string(step));
    retention.record(left.back(), now);
    while (const auto expired = retention.take_expired()) std::erase(left, *expired);
  }
  EXPECT_THAT(left, ElementsAre("4", "7", "10", "11"));
}

// proves: S2.13 S2.16
TEST_F(RetentionTest, DeletesOneOfTooManyAtEachSaveAsTensorFlow) {
  Saver first(model_.graph, {.max_to_keep = 10});
  save_steps(first, 0, 6);
  Saver second(model_.graph, {.max_to_keep = 2});
  second.recover_last_checkpoints(first.last_checkpoints());
  save_steps(second, 7, 7);
  EXPECT_THAT(kept(), ElementsAre("m-1", "m-2", "m-3", "m-4", "m-5", "m-6", "m-7"));
  save_steps(second, 8, 8);
  EXPECT_THAT(kept(), ElementsAre("m-2", "m-3", "m-4", "m-5", "m-6", "m-7", "m-8"));
}

// proves: S2.13 S9.9
TEST_F(RetentionTest, DeletesDownToTheLimitWhatItAdopted) {
  Saver first(model_.graph, {.max_to_keep = 10});
  save_steps(first, 0, 6);
  remove_checkpoint(path("m-5"));
  Saver second(model_.graph, {.max_to_keep = 2});
  second.adopt_checkpoints(folder());
  EXPECT_EQ(second.last_checkpoints().size(), 6u);
  save_steps(second, 7, 7);
  EXPECT_THAT(kept(), ElementsAre("m-6", "m-7"));
  EXPECT_EQ(text("checkpoint"), state_of({path("m-6"), path("m-7")}));
  second.adopt_checkpoints(path("nowhere"));
  EXPECT_THAT(second.last_checkpoints(), IsEmpty());
}

// proves: S9.9
TEST_F(RetentionTest, AdoptsCheckpointsOfAFolderThatWasMoved) {
  Saver first(model_.graph);
  fs::create_directory(path("old"));
  save_steps(first, 1, 2, "old/m");
  fs::rename(path("old"), path("new"));
  Saver second(model_.graph);
  second.adopt_checkpoints(path("new"));
  EXPECT_THAT(second.last_checkpoints(), ElementsAre(path("new/m-1"), path("new/m-2")));
}

// proves: S2.17
TEST_F(RetentionTest, KeepsWhatWasSetWithoutTimesForEver) {
  Saver first(model_.graph);
  save_steps(first, 0, 1);
  Saver second(model_.graph, {.max_to_keep = 1});
  second.set_last_checkpoints(first.last_checkpoints());
  save_steps(second, 2, 5);
  EXPECT_THAT(kept(), ElementsAre("m-0", "m-1", "m-4", "m-5"));

  double deadline = 3600;  // each of them moved it on by an hour
  Retention retention(1, 1, 0);
  retention.set({{"a", std::numeric_limits<double>::infinity()}});
  retention.record("b", deadline + 1);
  EXPECT_EQ(retention.take_expired(), std::nullopt);
  retention.record("c", 3 * deadline);
  EXPECT_EQ(retention.take_expired(), "b");
}

TEST_F(RetentionTest, TakesTheTimesThatItIsGiven) {
  Saver first(model_.graph);
  save_steps(first, 0, 1);
  Saver second(model_.graph, {.max_to_keep = 1, .keep_checkpoint_every_n_hours = 1});
  second.set_last_checkpoints_with_time({{path("m-0"), 0}, {path("m-1"), 1e12}});
  save_steps(second, 2, 4);
  EXPECT_THAT(kept(), ElementsAre("m-1", "m-3", "m-4"));
}

// proves: S2.15
TEST_F(RetentionTest, ADeletionThatFailsDoesNotFailTheSave) {
  Saver saver(model_.graph, {.max_to_keep = 1});
  save_steps(saver, 1, 1);
  remove_file(path("m-1.meta"));
  fs::create_directories(path("m-1.meta/in the way"));
  EXPECT_NO_THROW(save_steps(saver, 2, 3));
  EXPECT_THAT(kept(), ElementsAre("m-3"));
  EXPECT_TRUE(fs::exists(path("m-1.meta/in the way")));
}

// proves: S2.21
TEST_F(RetentionTest, DeletesNothingBeforeTheStateFileSaysSo) {
  Saver saver(model_.graph, {.max_to_keep = 1});
  save_steps(saver, 1, 1);
  remove_file(path("checkpoint"));
  fs::create_directories(path("checkpoint/in the way"));
  expect_code(error_of([&] { save_steps(saver, 2, 2); }), Code::FailedPrecondition);
  EXPECT_THAT(kept(), ElementsAre("m-1", "m-2"));
}

// proves: S2.18
TEST_F(RetentionTest, OneSaverHasOneListForAllFolders) {
  fs::create_directory(path("one"));
  fs::create_directory(path("other"));
  Saver saver(model_.graph, {.max_to_keep = 2, .save_relative_paths = true});
  saver.save(model_.session, path("one/m"), 1);
  saver.save(model_.session, path("other/m"), 2);
  EXPECT_EQ(text("one/checkpoint"), state_of({"m-1"}));
  EXPECT_EQ(text("other/checkpoint"), state_of({"../one/m-1", "m-2"}));
  saver.save(model_.session, path("other/m"), 3);
  EXPECT_THAT(kept("one"), IsEmpty());
}

// proves: S2.19
TEST_F(RetentionTest, WithoutTheStateFileNothingIsRecordedOrDeleted) {
  Saver saver(model_.graph, {.max_to_keep = 1});
  save_steps(saver, 1, 1);
  const std::string state = text("checkpoint");
  saver.save(model_.session, path("m"), {.global_step = 2, .write_state = false});
  EXPECT_EQ(text("checkpoint"), state);
  EXPECT_THAT(saver.last_checkpoints(), ElementsAre(path("m-1")));
  EXPECT_THAT(kept(), ElementsAre("m-1", "m-2"));
}

// proves: S2.20
TEST_F(RetentionTest, RemovesMetaFilesOfThePresentSuffix) {
  Saver saver(model_.graph, {.max_to_keep = 1});
  saver.save(model_.session, path("m"), {.global_step = 1, .meta_graph_suffix = "mg"});
  saver.save(model_.session, path("m"), {.global_step = 2});
  EXPECT_THAT(files(),
              UnorderedElementsAre("checkpoint", "m-1.mg", "m-2.index", "m-2.meta", "m-2.data-00000-of-00001"));
  saver.save(model_.session, path("m"), {.global_step = 3});
  EXPECT_THAT(files(),
              UnorderedElementsAre("checkpoint", "m-1.mg", "m-3.index", "m-3.meta", "m-3.data-00000-of-00001"));
}

// proves: S2.22
TEST_F(RetentionTest, RemovesAllFilesOfACheckpoint) {
  Graph graph;
  variable(graph, Tensor(1.f), "a");
  {
    const Scope device = graph.device("/cpu:0");
    variable(graph, Tensor(2.f), "b");
  }
  Session session(graph);
  session.run(graph.global_variables_initializer());
  Saver(graph, {.sharded = true}).save(session, path("sharded"));
  Saver(graph, {.name = "v1", .v1_format = true}).save(session, path("old"));
  const std::string pattern =
      Saver(graph, {.name = "v1s", .sharded = true, .v1_format = true}).save(session, path("p"));
  EXPECT_TRUE(files().contains("sharded.data-00001-of-00002"));
  EXPECT_TRUE(files().contains("p-00001-of-00002"));
  for (const std::string& name : {path("sharded"), path("old"), pattern, path("not there")}) remove_checkpoint(name);
  EXPECT_THAT(files(), UnorderedElementsAre("checkpoint"));
}

// proves: S2.9
TEST_F(RetentionTest, ACheckpointExistsInEitherFormat) {
  Saver(model_.graph).save(model_.session, path("new"));
  Saver(model_.graph, {.name = "v1", .v1_format = true}).save(model_.session, path("old"));
  const std::string pattern =
      Saver(model_.graph, {.name = "v1s", .sharded = true, .v1_format = true}).save(model_.session, path("p"));
  for (const std::string& name : {path("new"), path("old"), pattern}) EXPECT_TRUE(checkpoint_exists(name)) << name;
  for (const char* name : {"none", "new.meta", ""}) EXPECT_FALSE(checkpoint_exists(path(name))) << name;
  remove_file(path("new.index"));
  EXPECT_FALSE(checkpoint_exists(path("new")));
  const std::vector<double> times = get_checkpoint_mtimes({path("new"), path("old"), pattern, path("none")});
  ASSERT_EQ(times.size(), 2u);
  EXPECT_GT(times[0], 1.7e9);  // seconds since 1970
  EXPECT_LT(times[0], 1e11);
}

}  // namespace
}  // namespace tenon
