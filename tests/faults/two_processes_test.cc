// Two processes use one folder: one is held up before each of its calls to the file system while another one does all
// of its work.

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
constexpr int kFirst = kBefore + 1, kSecond = kFirst + 1;
constexpr int kMillisecondsBetween = 3, kMostChecks = 1000;

struct Pair {
  std::string name;
  Way first, second;
};

std::ostream& operator<<(std::ostream& out, const Pair& pair) { return out << pair.name; }

class TwoProcesses : public testing::TestWithParam<Pair> {
 protected:
  void SetUp() override {
    const Outcome before = in_child([&](Json&) {
      save_before(pair_.first, folder_);
      if (pair_.second.base != pair_.first.base) save_before(pair_.second, folder_);
    });
    ASSERT_EQ(before.trouble(), "");
    start_ = files_in(folder_);
  }

  // What the first was held up before; "" if it made fewer calls than that.
  std::string hold_up(int at, bool count_reads, const Child::Work& first_work, const Child::Work& second_work,
                      Verdict& verdict) {
    write_files(start_, folder_);
    const Event held, done;
    Child second([&](Json& report) {
      held.wait();
      second_work(report);
      done.tell();
    });
    Fault fault{.at = at, .count_reads = count_reads};
    fault.strike = [&](const FileCall&) {
      held.tell();
      // The second may in turn be waiting for the first.
      for (int i = 0; i < kMostChecks && !done.wait(kMillisecondsBetween) && !second.waits_for_lock(); ++i) {
      }
    };
    Child first(folder_, fault, [&](Json& report) {
      first_work(report);
      held.tell();
    });
    const Outcome of_first = first.wait();
    if (of_first.killed()) held.tell();
    const Outcome of_second = second.wait();
    const std::string when = fmt::format("held up before call {}: {}", at, of_first.struck);
    if (!of_first.trouble().empty()) verdict.wrong("first", when + ": " + of_first.trouble());
    if (!of_second.trouble().empty()) verdict.wrong("second", when + ": " + of_second.trouble());
    return of_first.struck.empty() ? "" : when;
  }

  Look look() {
    const Outcome outcome = in_child([&](Json& report) { report = look_at(pair_.first, folder_).to_json(); });
    EXPECT_EQ(outcome.trouble(), "");
    return Look::from_json(outcome.report);
  }

  const Pair pair_ = GetParam();
  const TempDir dir_;
  const std::string folder_ = fs::canonical(dir_.path()).string();
  Files start_;
};

class TwoSavers : public TwoProcesses {};
class SaverAndReader : public TwoProcesses {};

// proves: S9.25
TEST_P(TwoSavers, LeaveWhatOneOfThemWrote) {
  Verdict verdict("TwoSavers", pair_.name);
  for (int at = 1;; ++at) {
    const std::string when = hold_up(at, false, [&](Json&) { save(pair_.first, folder_, kFirst); },
                                     [&](Json&) { save(pair_.second, folder_, kSecond); }, verdict);
    if (when.empty()) break;
    const Look left = look();
    verdict.wrong("values", when, left.broken);
    if (left.broken.empty() && left.number != kFirst && left.number != kSecond) {
      verdict.wrong("values", fmt::format("{}: the values are of save {}", when, left.number));
    }
    verdict.wrong("temporary files", when, left.temporary);
    verdict.wrong("temporary files", when, left.unsettled);
    if (left.broken.empty()) verdict.wrong("remains", when, left.remains);
    if (pair_.first.base == pair_.second.base) continue;
    const Outcome both = in_child([&](Json& report) {
      report["first"] = number_in(pair_.first, folder_ + "/" + pair_.first.base);
      report["second"] = number_in(pair_.second, folder_ + "/" + pair_.second.base);
    });
    if (!both.trouble().empty()) verdict.wrong("values", when + ": " + both.trouble());
    else if (both.report != Json{{"first", kFirst}, {"second", kSecond}})
      verdict.wrong("values", when + ": " + both.report.dump());
  }
  verdict.pronounce();
}

// proves: S9.11
TEST_P(SaverAndReader, TheReaderGetsOneOfTheCheckpoints) {
  Verdict verdict("SaverAndReader", pair_.name);
  for (int at = 1;; ++at) {
    const auto restore = [&](Json&) {
      const int number = number_in(pair_.first, folder_);
      if (number < kBefore || number > kSecond) throw std::runtime_error(fmt::format("it read save {}", number));
    };
    const auto save_twice = [&](Json&) {  // with steps, what was the newest is removed then
      save(pair_.second, folder_, kFirst);
      save(pair_.second, folder_, kSecond);
    };
    const std::string when = hold_up(at, true, restore, save_twice, verdict);
    if (when.empty()) break;
  }
  verdict.pronounce();
}

const Way kWhole = {}, kShards = {.shards_before = 2, .shards = 2}, kV1 = {.v1 = true};
const Way kSteps = {.new_prefix = true}, kOther = {.base = "n"};

INSTANTIATE_TEST_SUITE_P(Saves, TwoSavers,
                         testing::Values(Pair{"SamePrefix", kWhole, kWhole}, Pair{"SameShards", kShards, kShards},
                                         Pair{"OneInShards", kWhole, kShards},
                                         Pair{"TheOtherInShards", kShards, kWhole}, Pair{"V1", kV1, kV1},
                                         Pair{"OtherPrefixes", kWhole, kOther}, Pair{"SameSteps", kSteps, kSteps}),
                         [](const auto& info) { return info.param.name; });

// The reader's way comes first.
INSTANTIATE_TEST_SUITE_P(Saves, SaverAndReader,
                         testing::Values(Pair{"SamePrefix", kWhole, kWhole}, Pair{"SameShards", kShards, kShards},
                                         Pair{"MoreShards", kWhole, kShards}, Pair{"FewerShards", kShards, kWhole},
                                         Pair{"V1", kV1, kV1}, Pair{"Steps", kSteps, kSteps}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace tenon::faults
