#include <gtest/gtest.h>

#include "base/files.h"
#include "tenon/ops.h"
#include "tenon/saver.h"
#include "testing/temp_dir.h"

namespace tenon {
namespace {

class MappedRestoreTest : public testing::Test {
 protected:
  MappedRestoreTest()
      : v_(variable(graph_, Tensor(Shape{1000}, std::vector<float>(1000, 2.f)), "v")),
        step_(assign_add(v_, v_).op()),
        session_(graph_),
        saver_(graph_) {
    session_.run(graph_.global_variables_initializer());
    saver_.save(session_, dir_ / "m");
  }
  float value(Session& session) { return session.run(v_).at<float>(999); }

  TempDir dir_;
  Graph graph_;
  Variable v_;
  Operation step_;
  Session session_;
  Saver saver_;
};

TEST_F(MappedRestoreTest, GivesTheValues) {
  Session session(graph_);
  EXPECT_TRUE(saver_.restore(session, dir_ / "m", {.mapped = true}).complete());
  EXPECT_EQ(value(session), 2);
}

TEST_F(MappedRestoreTest, TrainingLeavesTheFileAsItIs) {
  const std::string before = read_file(dir_ / "m.data-00000-of-00001");
  Session session(graph_);
  saver_.restore(session, dir_ / "m", {.mapped = true});
  session.run(step_);
  EXPECT_EQ(value(session), 4);
  EXPECT_EQ(read_file(dir_ / "m.data-00000-of-00001"), before);
}

TEST_F(MappedRestoreTest, SavingOverItsOwnFileKeepsTheValues) {
  Session session(graph_);
  saver_.restore(session, dir_ / "m", {.mapped = true});
  session_.run(step_);
  saver_.save(session_, dir_ / "m");
  EXPECT_EQ(value(session), 2);
  saver_.save(session, dir_ / "m");
  saver_.restore(session_, dir_ / "m");
  EXPECT_EQ(value(session_), 2);
}

TEST_F(MappedRestoreTest, ComparesChecksumsIfAsked) {
  std::string data = read_file(dir_ / "m.data-00000-of-00001");
  data[100] ^= 1;
  write_file_atomic(dir_ / "m.data-00000-of-00001", data);
  Session session(graph_);
  EXPECT_NO_THROW(saver_.restore(session, dir_ / "m", {.mapped = true}));
  EXPECT_THROW(saver_.restore(session, dir_ / "m", {.mapped = true, .check_mapped = true}), Error);
  EXPECT_THROW(saver_.restore(session, dir_ / "m"), Error);
}

TEST_F(MappedRestoreTest, TellsItsProgressUpToTheEnd) {
  Session session(graph_);
  std::uint64_t last = 0;
  RestoreOptions options;
  options.progress = [&](std::uint64_t done, std::uint64_t total) {
    EXPECT_GE(done, last);
    EXPECT_EQ(total, 4000u);
    last = done;
  };
  saver_.restore(session, dir_ / "m", options);
  EXPECT_EQ(last, 4000u);
}

}  // namespace
}  // namespace tenon
