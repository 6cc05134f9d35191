// The tools of these tests see what they are for.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "base/files.h"
#include "faults/recorded_save.h"

namespace tenon::faults {
namespace {

using Kind = FileCall::Kind;

class Harness : public testing::Test {
 protected:
  // Makes "f" with ten letters in one write; -1 as soon as a call fails.
  int write_file() const {
    const int fd = ::open((folder_ + "/f.tmp").c_str(), O_WRONLY | O_CREAT, 0666);
    if (fd < 0 || ::write(fd, "abcdefghij", 10) != 10 || ::fsync(fd) != 0 || ::close(fd) != 0) return -1;
    return ::rename((folder_ + "/f.tmp").c_str(), (folder_ + "/f").c_str());
  }

  const TempDir dir_;
  const std::string folder_ = std::filesystem::canonical(dir_.path()).string();
};

TEST_F(Harness, SeesTheCallsInTheirOrder) {
  watch(folder_);
  ASSERT_EQ(write_file(), 0);
  std::vector<Kind> kinds;
  for (const FileCall& call : stop_watching()) kinds.push_back(call.kind);
  EXPECT_EQ(kinds, (std::vector{Kind::Create, Kind::Write, Kind::Sync, Kind::Close, Kind::Rename}));
}

TEST_F(Harness, SeesWhatStreamsAndTheStandardLibraryDo) {
  watch(folder_);
  std::ofstream(folder_ + "/a") << "text";
  std::filesystem::create_directory(folder_ + "/b");
  std::filesystem::rename(folder_ + "/a", folder_ + "/b/c");
  std::filesystem::remove_all(folder_ + "/b");
  DiskModel disk(folder_);
  for (const FileCall& call : stop_watching()) disk.apply(call);
  EXPECT_TRUE(disk.now().empty());
}

TEST_F(Harness, LetsACallFail) {
  for (const int at : {1, 2, 3, 4, 5}) {
    watch(folder_, {.kind = Fault::Kind::Fail, .at = at, .error = EDQUOT});
    errno = 0;
    EXPECT_EQ(write_file(), -1) << at;
    EXPECT_EQ(errno, EDQUOT) << at;
    EXPECT_TRUE(stop_watching().back().made_to_fail);
  }
  EXPECT_FALSE(file_exists(folder_ + "/f"));
}

TEST_F(Harness, KillsBeforeACallAndInTheMiddleOfAWrite) {
  const auto killed = [&](Fault::Kind kind, int at) {
    EXPECT_EQ(in_child_with(folder_, {.kind = kind, .at = at}, [&](Json&) { write_file(); }).signal, SIGKILL);
    return files_in(folder_);
  };
  EXPECT_EQ(killed(Fault::Kind::Kill, 2), (Files{{"f.tmp", ""}}));
  EXPECT_EQ(killed(Fault::Kind::KillHalfway, 2), (Files{{"f.tmp", "abcde"}}));
  EXPECT_EQ(killed(Fault::Kind::Kill, 5), (Files{{"f.tmp", "abcdefghij"}}));
}

TEST_F(Harness, CutsWritesShort) {
  watch(folder_, {.kind = Fault::Kind::ShortWrites, .at = 1});
  EXPECT_EQ(write_file(), -1);
  EXPECT_EQ(stop_watching().back().bytes, "abcde");
}

TEST_F(Harness, ThePowerFailureTakesBytesAndNamesThatWereNotSynced) {
  DiskModel disk(folder_);
  watch(folder_);
  const int fd = ::open((folder_ + "/a.tmp").c_str(), O_WRONLY | O_CREAT, 0666);
  ASSERT_EQ(::write(fd, "ab", 2), 2);
  ASSERT_EQ(::rename((folder_ + "/a.tmp").c_str(), (folder_ + "/a").c_str()), 0);
  const int directory = ::open(folder_.c_str(), O_RDONLY);
  for (const FileCall& call : stop_watching()) disk.apply(call);
  const Files zeros{{"a", std::string("a\0", 2)}};
  std::set<Files> left = disk.after_power_failure();
  for (const Files& state : {Files{}, Files{{"a.tmp", ""}}, Files{{"a", ""}}, zeros, Files{{"a", "ab"}}}) {
    EXPECT_TRUE(left.contains(state));
  }
  watch(folder_);
  ::fsync(fd);
  ::fsync(directory);
  for (const FileCall& call : stop_watching()) disk.apply(call);
  EXPECT_EQ(disk.after_power_failure(), (std::set<Files>{{{"a", "ab"}}}));
  ::close(fd);
  ::close(directory);
}

TEST_F(Harness, ALookFindsWhatDoesNotBelong) {
  const Outcome outcome = in_child([&](Json& report) {
    save_before({}, folder_);
    for (const char* name : {"m.index.tempstate12", "n.data-00000-of-00001", "checkpoint.tmp0123"}) {
      std::ofstream(folder_ + "/" + name) << "x";
    }
    report["left over"] = look_at({}, folder_).to_json();
    std::filesystem::resize_file(folder_ + "/m.data-00000-of-00001", 5);
    report["cut"] = look_at({}, folder_).to_json();
  });
  ASSERT_EQ(outcome.trouble(), "");
  const Look left_over = Look::from_json(outcome.report["left over"]), cut = Look::from_json(outcome.report["cut"]);
  EXPECT_EQ(left_over.number, kBefore);
  EXPECT_EQ(left_over.broken.size(), 0u);
  EXPECT_EQ(left_over.temporary.size(), 2u);
  EXPECT_EQ(left_over.remains, std::vector<std::string>{"n.data-00000-of-00001"});
  EXPECT_FALSE(cut.broken.empty());
}

// What Durable is for: the power failure finds fault with the fast way.
class FastSave : public RecordedSave {};

TEST_P(FastSave, DoesNotSurviveEveryPowerFailure) {
  std::set<Files> states;
  for (const FileCall& call : calls_) {
    disk_->apply(call);
    states.merge(disk_->after_power_failure());
  }
  const Outcome outcome = in_child([&](Json& report) {
    int broken = 0;
    for (const Files& files : states) {
      write_files(files, folder_);
      if (!look_at(way_, folder_).broken.empty()) ++broken;
    }
    report["broken"] = broken;
  });
  ASSERT_EQ(outcome.trouble(), "");
  EXPECT_GT(outcome.report["broken"], 0);
}

INSTANTIATE_TEST_SUITE_P(Saves, FastSave,
                         testing::Values(Way{.name = "SamePrefix"}, Way{.name = "NewPrefix", .new_prefix = true}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace tenon::faults
