#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/files.h"
#include "formats/checkpoint_state/checkpoint_state.h"
#include "tenon/ops.h"
#include "tenon/saver.h"
#include "testing/errors.h"
#include "testing/temp_dir.h"

namespace tenon {
namespace {

using testing::HasSubstr;

// A variable of many values and an operation that adds 1 to each.
struct Model {
  Graph graph;
  Variable v;
  Operation step;
  Model() {
    v = variable(graph, Tensor(Shape{1000, 100}, std::vector<float>(100000, 1.f)), "v");
    step = assign_add(v, v).op();
  }
};

float first_value(Session& session, const Model& model) { return session.run(model.v).at<float>(0); }

TEST(AsyncSave, SavesTheValuesOfTheMomentWhileTrainingGoesOn) {
  TempDir dir;
  Model model;
  Session session(model.graph);
  Saver saver(model.graph);
  session.run(model.graph.global_variables_initializer());
  PendingSave pending = saver.save_async(session, dir / "m");
  for (int i = 0; i < 5; ++i) session.run(model.step);
  EXPECT_EQ(pending.wait(), dir / "m");
  EXPECT_TRUE(pending.done());
  EXPECT_EQ(first_value(session, model), 32);
  saver.restore(session, dir / "m");
  EXPECT_EQ(first_value(session, model), 1);
}

TEST(AsyncSave, ThrowsItsErrorFromWait) {
  TempDir dir;
  Model model;
  Session session(model.graph);
  Saver saver(model.graph);
  session.run(model.graph.global_variables_initializer());
  PendingSave pending = saver.save_async(session, dir / "a/b/m");
  EXPECT_THROW(pending.wait(), Error);
  EXPECT_NO_THROW(saver.save(session, dir / "m"));  // the error has been seen
}

TEST(AsyncSave, ThrowsAnErrorThatNobodySawFromTheNextCall) {
  TempDir dir;
  Model model;
  Session session(model.graph);
  Saver saver(model.graph);
  session.run(model.graph.global_variables_initializer());
  (void)saver.save_async(session, dir / "a/b/m");
  EXPECT_THAT(error_of([&] { saver.save(session, dir / "m"); }).what(), HasSubstr("Parent directory of"));
  EXPECT_NO_THROW(saver.save(session, dir / "m"));
}

TEST(AsyncSave, FindsVariablesWithoutAValueAtOnce) {
  TempDir dir;
  Model model;
  Session session(model.graph);
  Saver saver(model.graph);
  EXPECT_THROW((void)saver.save_async(session, dir / "m"), Error);
}

TEST(AsyncSave, IsWaitedForByTheNextSave) {
  TempDir dir;
  Model model;
  Session session(model.graph);
  Saver saver(model.graph, SaverOptions{.max_to_keep = 2});
  session.run(model.graph.global_variables_initializer());
  for (int i = 0; i < 6; ++i) (void)saver.save_async(session, dir / "m", SaveOptions{.global_step = i});
  EXPECT_EQ(saver.last_checkpoints(), (std::vector<std::string>{dir / "m-4", dir / "m-5"}));
  EXPECT_EQ(latest_checkpoint(dir.path()), dir / "m-5");
  EXPECT_EQ(names_in(dir.path()).size(), 7u);
}

TEST(AsyncSave, MayOutliveItsSaver) {
  TempDir dir;
  Model model;
  Session session(model.graph);
  session.run(model.graph.global_variables_initializer());
  PendingSave pending = Saver(model.graph).save_async(session, dir / "m");
  EXPECT_TRUE(pending.done());
  EXPECT_EQ(pending.wait(), dir / "m");
}

TEST(Save, DurablyGivesTheSameFiles) {
  TempDir dir;
  Model model;
  Session session(model.graph);
  Saver saver(model.graph);
  session.run(model.graph.global_variables_initializer());
  saver.save(session, dir / "fast");
  saver.save(session, dir / "durable", SaveOptions{.durability = Durability::Durable});
  EXPECT_EQ(read_file(dir / "fast.index"), read_file(dir / "durable.index"));
  EXPECT_EQ(read_file(dir / "fast.data-00000-of-00001"), read_file(dir / "durable.data-00000-of-00001"));
}

TEST(Save, TellsItsProgressUpToTheEnd) {
  TempDir dir;
  Model model;
  Session session(model.graph);
  Saver saver(model.graph);
  session.run(model.graph.global_variables_initializer());
  std::uint64_t last = 0;
  SaveOptions options;
  options.progress = [&](std::uint64_t done, std::uint64_t total) {
    EXPECT_GE(done, last);
    EXPECT_EQ(total, 400000u);
    last = done;
  };
  saver.save(session, dir / "m", options);
  EXPECT_EQ(last, 400000u);
}

// proves: S2.21
TEST(Save, NamesTheCheckpointInTheStateFileOnlyWhenAllFilesAreThere) {
  TempDir dir;
  Model model;
  Session session(model.graph);
  Saver saver(model.graph);
  session.run(model.graph.global_variables_initializer());
  saver.save(session, dir / "m", 1);
  std::filesystem::create_directory(dir / "m-2.meta");  // in the way
  EXPECT_THROW(saver.save(session, dir / "m", 2), Error);
  EXPECT_EQ(latest_checkpoint(dir.path()), dir / "m-1");
}

}  // namespace
}  // namespace tenon
