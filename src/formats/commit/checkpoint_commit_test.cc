#include "formats/commit/checkpoint_commit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "base/directory_lock.h"
#include "formats/bundle/bundle_reader.h"
#include "formats/bundle/bundle_writer.h"
#include "testing/temp_dir.h"

namespace tenon {
namespace {

using testing::ElementsAre;

void save(const std::string& prefix, float value) {
  BundleWriter writer(prefix);
  writer.add("a", Tensor(value));
  writer.finish();
}

float restore(const std::string& prefix) { return BundleReader(prefix).read("a").scalar<float>(); }

// What a process leaves that was killed when `renamed` of the .next files had got their names.
void interrupt(const std::string& prefix, float value, int renamed) {
  save(prefix + "-other", value);
  const std::string data = data_path(prefix, 0, 1), index = index_path(prefix);
  rename_file(data_path(prefix + "-other", 0, 1), renamed > 0 ? data : data + ".next");
  rename_file(index_path(prefix + "-other"), index + ".next");
}

TEST(CheckpointCommit, OfAKilledProcessIsReadBeforeAnythingHasItsName) {
  TempDir dir;
  save(dir / "m", 1);
  interrupt(dir / "m", 2, 0);
  EXPECT_EQ(restore(dir / "m"), 2);
}

// proves: S9.8
TEST(CheckpointCommit, OfAKilledProcessIsReadBetweenTheRenames) {
  TempDir dir;
  save(dir / "m", 1);
  interrupt(dir / "m", 2, 1);
  EXPECT_EQ(restore(dir / "m"), 2);
}

TEST(CheckpointCommit, OfAKilledProcessIsFinishedByTheNextSave) {
  TempDir dir;
  save(dir / "m", 1);
  interrupt(dir / "m", 2, 1);
  save(dir / "n", 3);
  EXPECT_THAT(names_in(dir.path()),
              ElementsAre("m.data-00000-of-00001", "m.index", "n.data-00000-of-00001", "n.index"));
  EXPECT_EQ(restore(dir / "m"), 2);
}

TEST(CheckpointCommit, OfAKilledProcessCanBeOverwritten) {
  TempDir dir;
  save(dir / "m", 1);
  for (const int renamed : {0, 1}) {
    interrupt(dir / "m", 2, renamed);
    save(dir / "m", 3);
    EXPECT_EQ(restore(dir / "m"), 3);
    EXPECT_THAT(names_in(dir.path()), ElementsAre("m.data-00000-of-00001", "m.index"));
  }
}

TEST(CheckpointCommit, WithoutALeaderIsSweptAway) {
  TempDir dir;
  write_file_atomic(dir / "m.data-00000-of-00001.next", "x");
  write_file_atomic(dir / "mine.next", "x");
  save(dir / "n", 1);
  EXPECT_THAT(names_in(dir.path()), ElementsAre("mine.next", "n.data-00000-of-00001", "n.index"));
}

// proves: S9.6
TEST(CheckpointCommit, SweepsTemporaryFilesOfKilledProcessesOnly) {
  TempDir dir;
  const pid_t child = ::fork();
  if (child == 0) {
    AtomicFile file(dir / "killed");
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  AtomicFile alive(dir / "alive");
  write_file_atomic(dir / "x.tempstate123", "another program's");
  save(dir / "n", 1);
  EXPECT_TRUE(file_exists(alive.temporary_path()));
  EXPECT_TRUE(file_exists(dir / "x.tempstate123"));
  EXPECT_EQ(names_in(dir.path()).size(), 4u);
}

TEST(CheckpointCommit, OfManyThreadsLeavesTheFilesOfOne) {
  TempDir dir;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&dir, t] {
      for (int i = 0; i < 20; ++i) save(dir / "m", static_cast<float>(100 * t + i));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(static_cast<int>(restore(dir / "m")) % 100, 19);
  EXPECT_THAT(names_in(dir.path()), ElementsAre("m.data-00000-of-00001", "m.index"));
}

TEST(CheckpointCommit, IsSeenWholeByReadersWhileItHappens) {
  TempDir dir;
  save(dir / "m", 0);
  std::thread writer([&dir] {
    for (int i = 1; i < 200; ++i) save(dir / "m", static_cast<float>(i));
  });
  for (int i = 0; i < 200; ++i) {
    for (int attempt = 0;; ++attempt) {
      ASSERT_LT(attempt, 100);
      const BundleReader reader(dir / "m");
      if (!reader.open_data()) continue;
      EXPECT_NO_THROW(reader.read("a"));
      break;
    }
  }
  writer.join();
}

TEST(RemoveCommitted, LeavesNothing) {
  TempDir dir;
  save(dir / "m", 1);
  remove_committed(dir / "m.index", {dir / "m.data-00000-of-00001"});
  EXPECT_TRUE(names_in(dir.path()).empty());
}

TEST(RemoveCommitted, OfAKilledProcessIsFinishedByTheNextSave) {
  TempDir dir;
  save(dir / "m", 1);
  save(dir / "m-2", 1);
  write_file_atomic(dir / "m.meta", "x");
  rename_file(dir / "m.index", dir / "m.index.deleted");
  save(dir / "n", 1);
  EXPECT_THAT(names_in(dir.path()),
              ElementsAre("m-2.data-00000-of-00001", "m-2.index", "n.data-00000-of-00001", "n.index"));
}

TEST(RemoveCommitted, SparesWhatWasSavedAgain) {
  TempDir dir;
  save(dir / "m", 1);
  rename_file(dir / "m.index", dir / "m.index.deleted");
  save(dir / "m", 2);
  EXPECT_EQ(restore(dir / "m"), 2);
  EXPECT_THAT(names_in(dir.path()), ElementsAre("m.data-00000-of-00001", "m.index"));
}

TEST(DirectoryLock, IsNotHeldWhereThereIsNoFolder) {
  TempDir dir;
  EXPECT_FALSE(DirectoryLock(dir / "none", DirectoryLock::Kind::Exclusive).held());
  EXPECT_TRUE(DirectoryLock(dir.path(), DirectoryLock::Kind::Exclusive).held());
}

}  // namespace
}  // namespace tenon
