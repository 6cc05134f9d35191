// Where checkpoints may lie, and what may stand for one.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/files.h"
#include "tenon/ops.h"
#include "tenon/saver.h"
#include "testing/temp_dir.h"

namespace tenon {
namespace {

namespace fs = std::filesystem;

// One variable, set and saved.
class PathsTest : public testing::TestWithParam<std::string> {
 protected:
  PathsTest()
      : v_(variable(graph_, Tensor(3.f), "v")), session_(graph_), saver_(graph_, SaverOptions{.max_to_keep = 2}) {
    session_.run(graph_.global_variables_initializer());
  }

  void expect_restores(const std::string& path) {
    Session other(graph_);
    EXPECT_NO_THROW(saver_.restore(other, path)) << path;
    EXPECT_EQ(other.run(v_).scalar<float>(), 3) << path;
  }

  TempDir dir_;
  Graph graph_;
  Variable v_;
  Session session_;
  Saver saver_;
};

// proves: S9.3
TEST_P(PathsTest, AreTakenLiterally) {
  const std::string folder = dir_ / GetParam();
  fs::create_directory(folder);
  const std::string prefix = folder + "/" + GetParam() + ".ckpt";
  for (int step = 0; step < 4; ++step) saver_.save(session_, prefix, step);
  ASSERT_EQ(latest_checkpoint(folder), prefix + "-3");
  EXPECT_FALSE(checkpoint_exists(prefix + "-0")) << "the oldest are deleted";
  EXPECT_EQ(names_in(folder).size(), 7u);
  expect_restores(prefix + "-3");
  expect_restores(folder);
  Graph imported;
  Saver again = import_meta_graph(imported, prefix + "-3.meta");
  Session session(imported);
  again.restore(session, prefix + "-3");
  EXPECT_EQ(session.run(imported.tensor("v:0")).scalar<float>(), 3);
}

INSTANTIATE_TEST_SUITE_P(Names, PathsTest,
                         testing::Values("[ab]", "a*b?", "two words", "Gewichte-\u00fc\u4e2d\u6587", "50%{}", "a\"b\\c",
                                         "-x"));

// proves: S9.4
TEST_F(PathsTest, AnyFileOfACheckpointStandsForIt) {
  saver_.save(session_, dir_ / "m");
  for (const char* ending : {"m", "m.index", "m.meta", "m.data-00000-of-00001", "checkpoint", ""}) {
    expect_restores(dir_ / ending);
  }
}

// proves: S9.10
TEST_F(PathsTest, AFolderMayBeMovedAfterwards) {
  fs::create_directory(dir_ / "old");
  saver_.save(session_, dir_ / "old/m", 1);
  fs::rename(dir_ / "old", dir_ / "new");
  EXPECT_EQ(latest_checkpoint(dir_ / "new"), dir_ / "new/m-1");
  expect_restores(dir_ / "new");
}

}  // namespace
}  // namespace tenon
