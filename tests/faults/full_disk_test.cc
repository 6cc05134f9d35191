// Disks that are really full and folders that really cannot be written, as far as this machine lets a test make them.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/files.h"
#include "faults/look.h"
#include "tenon/error.h"
#include "testing/temp_dir.h"

namespace tenon::faults {
namespace {

namespace fs = std::filesystem;
constexpr int kNew = kBefore + 1, kNobody = 65534;
const std::vector<std::string> kNothing;

class RealDisk : public testing::Test {
 protected:
  // In a child: an error as {"code", "message"}, and what the folder looks like then.
  Json save_and_look(const Way& way) const {
    Json result;
    try {
      save(way, folder_, kNew);
    } catch (const Error& error) {
      result["code"] = static_cast<int>(error.code());
      result["message"] = error.what();
    }
    result["look"] = look_at(way, folder_).to_json();
    return result;
  }

  void expect_refused(const Json& result, Code code, int error_number) {
    ASSERT_TRUE(result.contains("code")) << "no error";
    EXPECT_EQ(static_cast<Code>(result["code"].get<int>()), code) << result["message"];
    EXPECT_NE(result["message"].get<std::string>().find(folder_), std::string::npos) << result["message"];
    EXPECT_NE(result["message"].get<std::string>().find(std::strerror(error_number)), std::string::npos)
        << result["message"];
    const Look look = Look::from_json(result["look"]);
    EXPECT_EQ(look.broken, kNothing);
    EXPECT_EQ(look.temporary, kNothing);
    EXPECT_EQ(look.remains, kNothing);
    EXPECT_TRUE(look.number == kBefore || look.number == kNew) << look.number;
  }

  const TempDir dir_;
  const std::string folder_ = fs::canonical(dir_.path()).string();
};

// A file system of its own in the folder, which no other process sees and which goes with this one. For children.
bool mount_memory(const std::string& folder, const char* options) {
  if (::unshare(CLONE_NEWNS) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  return ::mount("tenon-test", folder.c_str(), "tmpfs", 0, options) == 0;
}

class FullDisk : public RealDisk, public testing::WithParamInterface<Way> {};

// proves: S9.6
TEST_P(FullDisk, IsReportedLeavesTheOldCheckpointAndIsForgottenWhenThereIsRoom) {
  const Way way = GetParam();
  const Outcome outcome = in_child([&](Json& report) {
    if (!mount_memory(folder_, "size=1m")) {
      report["skipped"] = true;
      return;
    }
    save_before(way, folder_);
    for (std::size_t pages = 0;; ++pages) {
      const std::string filler = folder_ + "/checkpoint.filler.tmp";  // counts as unfinished, so it is removed first
      { std::ofstream(filler) << std::string(fs::space(folder_).available - pages * 4096, 'x'); }
      Json result;
      try {
        save(way, folder_, kNew);
      } catch (const Error& error) {
        result = {{"code", error.code()}, {"message", error.what()}};
      }
      fs::remove(filler);
      result["look"] = look_at(way, folder_).to_json();
      report["results"].push_back(result);
      if (!result.contains("code")) return;
    }
  });
  ASSERT_EQ(outcome.trouble(), "");
  if (outcome.report.contains("skipped"))
    GTEST_SKIP() << "mounting a file system takes rights that this process has not";
  const Json& results = outcome.report["results"];
  ASSERT_GT(results.size(), 2u);
  for (std::size_t pages = 0; pages + 1 < results.size(); ++pages) {
    SCOPED_TRACE(fmt::format("{} free pages", pages));
    expect_refused(results[pages], Code::ResourceExhausted, ENOSPC);
  }
  EXPECT_EQ(Look::from_json(results.back()["look"]).number, kNew);
}

INSTANTIATE_TEST_SUITE_P(Saves, FullDisk,
                         testing::Values(Way{.name = "SamePrefix"}, Way{.name = "V1SamePrefix", .v1 = true},
                                         Way{.name = "ShardedSamePrefix", .shards_before = 2, .shards = 2},
                                         Way{.name = "Large", .elements = 30000}),
                         [](const auto& info) { return info.param.name; });

TEST_F(RealDisk, AFileSystemForReadingOnlyIsReported) {
  const Way way;
  const Outcome outcome = in_child([&](Json& report) {
    if (!mount_memory(folder_, "size=1m")) {
      report["skipped"] = true;
      return;
    }
    save_before(way, folder_);
    if (::mount("tenon-test", folder_.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr) != 0)
      throw std::runtime_error("remount");
    report = save_and_look(way);
  });
  ASSERT_EQ(outcome.trouble(), "");
  if (outcome.report.contains("skipped"))
    GTEST_SKIP() << "mounting a file system takes rights that this process has not";
  expect_refused(outcome.report, Code::PermissionDenied, EROFS);
}

// As root, who may write everywhere, the test becomes somebody else.
TEST_F(RealDisk, AFolderForReadingOnlyIsReportedAndCanBeRestoredFrom) {
  const Way way;
  const Outcome outcome = in_child([&](Json& report) {
    save_before(way, folder_);
    fs::permissions(folder_,
                    fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read | fs::perms::others_exec);
    if (::getuid() == 0 && (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0))
      throw std::runtime_error("cannot become nobody");
    if (::access((folder_ + "/checkpoint").c_str(), R_OK) != 0) {
      report["skipped"] = true;
      return;
    }
    report = save_and_look(way);
  });
  fs::permissions(folder_, fs::perms::owner_all);
  ASSERT_EQ(outcome.trouble(), "");
  if (outcome.report.contains("skipped")) GTEST_SKIP() << "other users cannot read in the folder for temporary files";
  expect_refused(outcome.report, Code::PermissionDenied, EACCES);
}

// Works without rights, too: files may not grow beyond a limit.
TEST_F(RealDisk, AFileThatMayNotGrowIsReported) {
  const Way way;
  const Outcome outcome = in_child([&](Json& report) {
    save_before(way, folder_);
    ::signal(SIGXFSZ, SIG_IGN);
    for (const rlim_t bytes : {0, 1, 100, 205, 1000, 4000}) {
      const rlimit limit{bytes, RLIM_INFINITY}, none{RLIM_INFINITY, RLIM_INFINITY};
      ::setrlimit(RLIMIT_FSIZE, &limit);
      Json result = save_and_look(way);
      ::setrlimit(RLIMIT_FSIZE, &none);
      report["results"].push_back(result);
    }
    save(way, folder_, kNew);
    report["at last"] = look_at(way, folder_).to_json();
  });
  ASSERT_EQ(outcome.trouble(), "");
  for (const Json& result : outcome.report["results"]) expect_refused(result, Code::ResourceExhausted, EFBIG);
  EXPECT_EQ(Look::from_json(outcome.report["at last"]).number, kNew);
}

}  // namespace
}  // namespace tenon::faults
