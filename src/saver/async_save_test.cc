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

// A variable of many values, and an operation that doubles them.
class AsyncSave : public testing::Test {
 protected:
  void SetUp() override { session_.run(graph_.global_variables_initializer()); }
  float first_value() { return session_.run(v_).at<float>(0); }

  TempDir dir_;
  Graph graph_;
  Variable v_ = variable(graph_, Tensor(Shape{1000, 100}, std::vector<float>(100000, 1.f)), "v");
  Operation step_ = assign_add(v_, v_).op();
  Session session_{graph_};
  Saver saver_{graph_};
};

using Save = AsyncSave;

TEST_F(AsyncSave, SavesTheValuesOfTheMomentWhileTrainingGoesOn) {
  PendingSave pending = saver_.save_async(session_, dir_ / "m");
  for (int i = 0; i < 5; ++i) session_.run(step_);
  EXPECT_EQ(pending.wait(), dir_ / "m");
  EXPECT_TRUE(pending.done());
  EXPECT_EQ(first_value(), 32);
  saver_.restore(session_, dir_ / "m");
  EXPECT_EQ(first_value(), 1);
}

TEST_F(AsyncSave, ThrowsItsErrorFromWait) {
  PendingSave pending = saver_.save_async(session_, dir_ / "a/b/m");
  EXPECT_THROW(pending.wait(), Error);
  EXPECT_NO_THROW(saver_.save(session_, dir_ / "m"));  // the error has been seen
}

TEST_F(AsyncSave, ThrowsAnErrorThatNobodySawFromTheNextCall) {
  (void)saver_.save_async(session_, dir_ / "a/b/m");
  EXPECT_THAT(error_of([&] { saver_.save(session_, dir_ / "m"); }).what(), HasSubstr("Parent directory of"));
  EXPECT_NO_THROW(saver_.save(session_, dir_ / "m"));
}

TEST_F(AsyncSave, FindsVariablesWithoutAValueAtOnce) {
  Session empty(graph_);
  EXPECT_THROW((void)saver_.save_async(empty, dir_ / "m"), Error);
}

TEST_F(AsyncSave, IsWaitedForByTheNextSave) {
  Saver saver(graph_, SaverOptions{.max_to_keep = 2});
  for (int i = 0; i < 6; ++i) (void)saver.save_async(session_, dir_ / "m", SaveOptions{.global_step = i});
  EXPECT_EQ(saver.last_checkpoints(), (std::vector<std::string>{dir_ / "m-4", dir_ / "m-5"}));
  EXPECT_EQ(latest_checkpoint(dir_.path()), dir_ / "m-5");
  EXPECT_EQ(names_in(dir_.path()).size(), 7u);
}

TEST_F(AsyncSave, MayOutliveItsSaver) {
  PendingSave pending = Saver(graph_).save_async(session_, dir_ / "m");
  EXPECT_TRUE(pending.done());
  EXPECT_EQ(pending.wait(), dir_ / "m");
}

TEST_F(Save, DurablyGivesTheSameFiles) {
  saver_.save(session_, dir_ / "fast");
  saver_.save(session_, dir_ / "durable", SaveOptions{.durability = Durability::Durable});
  EXPECT_EQ(read_file(dir_ / "fast.index"), read_file(dir_ / "durable.index"));
  EXPECT_EQ(read_file(dir_ / "fast.data-00000-of-00001"), read_file(dir_ / "durable.data-00000-of-00001"));
}

TEST_F(Save, TellsItsProgressUpToTheEnd) {
  std::uint64_t last = 0;
  SaveOptions options;
  options.progress = [&](std::uint64_t done, std::uint64_t total) {
    EXPECT_GE(done, last);
    EXPECT_EQ(total, 400000u);
    last = done;
  };
  saver_.save(session_, dir_ / "m", options);
  EXPECT_EQ(last, 400000u);
}

// proves: S2.21
TEST_F(Save, NamesTheCheckpointInTheStateFileOnlyWhenAllFilesAreThere) {
  saver_.save(session_, dir_ / "m", 1);
  std::filesystem::create_directory(dir_ / "m-2.meta");  // in the way
  EXPECT_THROW(saver_.save(session_, dir_ / "m", 2), Error);
  EXPECT_EQ(latest_checkpoint(dir_.path()), dir_ / "m-1");
}

}  // namespace
}  // namespace tenon
