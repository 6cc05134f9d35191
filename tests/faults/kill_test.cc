// A process that saves is killed before each of its calls to the file system, and in the middle of each write.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "faults/disk_model.h"
#include "faults/look.h"
#include "faults/verdict.h"
#include "testing/temp_dir.h"

namespace tenon::faults {
namespace {

namespace fs = std::filesystem;
constexpr int kNew = kBefore + 1, kNext = kNew + 1;

class Killed : public testing::TestWithParam<Way> {
 protected:
  void SetUp() override {
    const Outcome before = in_child([&](Json&) { save_before(way_, folder_); });
    ASSERT_EQ(before.trouble(), "");
    start_ = files_in(folder_);
  }

  // Tries every call. Returns how many there were.
  int kill(Fault::Kind kind, Verdict& verdict) {
    for (int at = 1;; ++at) {
      write_files(start_, folder_);
      const Outcome outcome =
          in_child_with(folder_, {.kind = kind, .at = at}, [&](Json&) { save(way_, folder_, kNew); });
      if (!outcome.killed()) EXPECT_EQ(outcome.trouble(), "");
      else look_and_save_again(verdict, fmt::format("killed {} call {}: {}",
                                                    kind == Fault::Kind::Kill ? "before" : "halfway through", at,
                                                    outcome.struck));
      if (outcome.struck.empty()) return at - 1;
    }
  }

  void look_and_save_again(Verdict& verdict, const std::string& when) {
    const Outcome outcome = in_child([&](Json& report) {
      report["left"] = look_at(way_, folder_).to_json();
      Trainer(way_, folder_, kNext, way_.shards).save(kNew);  // under the name that the killed one would have used
      report["next"] = look_at(way_, folder_).to_json();
    });
    if (!outcome.trouble().empty())
      verdict.wrong("values", when + ": looking at it and saving again: " + outcome.trouble());
    if (outcome.report.contains("left")) judge_left(Look::from_json(outcome.report["left"]), verdict, when);
    if (outcome.report.contains("next")) judge_next(Look::from_json(outcome.report["next"]), verdict, when);
  }

  static void judge_left(const Look& look, Verdict& verdict, const std::string& when) {
    verdict.wrong("values", when, look.broken);
    if (!look.broken.empty() || look.number == kBefore || look.number == kNew) return;
    verdict.wrong("values", fmt::format("{}: the values are of save {}", when, look.number));
  }

  static void judge_next(const Look& look, Verdict& verdict, const std::string& when) {
    verdict.wrong("next save", when, look.broken);
    if (look.number != kNext)
      verdict.wrong("next save", fmt::format("{}: its values are of save {}", when, look.number));
    verdict.wrong("temporary files", when, look.temporary);
    verdict.wrong("temporary files", when, look.unsettled);
    if (look.broken.empty()) verdict.wrong("remains", when, look.remains);
  }

  const Way way_ = GetParam();
  const TempDir dir_;
  const std::string folder_ = fs::canonical(dir_.path()).string();
  Files start_;
};

// proves: S9.6 S9.7 S9.8
TEST_P(Killed, LeavesTheOldOrTheNewCheckpointAndTheNextSaveCleansUp) {
  Verdict verdict("Killed", way_.name);
  EXPECT_GT(kill(Fault::Kind::Kill, verdict), 3);
  kill(Fault::Kind::KillHalfway, verdict);
  verdict.pronounce();
}

INSTANTIATE_TEST_SUITE_P(Saves, Killed, testing::ValuesIn(all_ways()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace tenon::faults
