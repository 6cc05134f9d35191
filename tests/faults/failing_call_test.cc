// Each call to the file system that a save makes fails once, with each of the errors that disks give.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "faults/disk_model.h"
#include "faults/look.h"
#include "faults/verdict.h"
#include "tenon/error.h"
#include "testing/temp_dir.h"

namespace tenon::faults {
namespace {

namespace fs = std::filesystem;
constexpr int kNew = kBefore + 1;

std::string name_of(int error) {
  return error == EIO ? "EIO" : error == EACCES ? "EACCES" : error == ENOSPC ? "ENOSPC" : "EDQUOT";
}

Code code_for(int error) {
  switch (error) {
    case EACCES:
      return Code::PermissionDenied;
    case ENOSPC:
    case EDQUOT:
      return Code::ResourceExhausted;
    default:
      return Code::Unavailable;
  }
}

class FailingCall : public testing::TestWithParam<Way> {
 protected:
  void SetUp() override {
    const Outcome before = in_child([&](Json&) { save_before(way_, folder_); });
    ASSERT_EQ(before.trouble(), "");
    start_ = files_in(folder_);
  }

  // One save with the fault, a look, one more save without it by the same Saver, and another look.
  Outcome save_with(const Fault& fault) {
    write_files(start_, folder_);
    return in_child_with(folder_, fault, [&](Json& report) {
      Trainer trainer(way_, folder_, kNew, way_.shards);
      try {
        trainer.save(kNew);
      } catch (const Error& error) {
        report["code"] = static_cast<int>(error.code());
        report["message"] = error.what();
      }
      report["failed call"] = failed_call(stop_watching());
      report["left"] = look_at(way_, folder_).to_json();
      trainer.save(kNew);
      report["again"] = look_at(way_, folder_).to_json();
    });
  }

  static Json failed_call(const std::vector<FileCall>& calls) {
    const auto call = std::find_if(calls.begin(), calls.end(), [](const FileCall& one) { return one.made_to_fail; });
    if (call == calls.end()) return Json::object();
    return {{"path", call->to.empty() ? call->path : call->to}};
  }

  void judge(const Outcome& outcome, const Fault& fault, Verdict& verdict) {
    const std::string when = fmt::format("call {} fails with {}: {}", fault.at, name_of(fault.error), outcome.struck);
    if (!outcome.trouble().empty()) verdict.wrong("values", when + ": " + outcome.trouble());
    const bool reported = outcome.report.contains("code");
    if (reported) judge_error(outcome, fault, verdict, when);
    if (outcome.report.contains("left")) judge_left(Look::from_json(outcome.report["left"]), reported, verdict, when);
    if (outcome.report.contains("again")) judge_again(Look::from_json(outcome.report["again"]), verdict, when);
  }

  void judge_error(const Outcome& outcome, const Fault& fault, Verdict& verdict, const std::string& when) {
    const Code code = static_cast<Code>(outcome.report["code"].get<int>());
    const std::string message = outcome.report["message"];
    if (code != code_for(fault.error))
      verdict.wrong("error code", when + ": " + std::string(code_name(code)) + ": " + message);
    const std::string name = final_name(outcome.report["failed call"].value("path", "."));
    const std::string path = name == "." ? folder_ : folder_ + "/" + name;
    if (message.find(path) == std::string::npos || message.find(std::strerror(fault.error)) == std::string::npos) {
      verdict.wrong("message", when + ": " + message);
    }
  }

  // A save that reports no error has done its work. One that does has either changed nothing, or has come so far that
  // the new values are there; it may leave it to the next save then to tidy up.
  static void judge_left(const Look& left, bool reported, Verdict& verdict, const std::string& when) {
    verdict.wrong("values", when, left.broken);
    if (!left.broken.empty() || left.number == kNew) return;
    if (!reported || left.number != kBefore) {
      verdict.wrong("values", fmt::format("{}: {}, but the values are of save {}", when,
                                          reported ? "an error" : "no error", left.number));
    }
    verdict.wrong("temporary files", when, left.temporary);
    verdict.wrong("remains", when, left.remains);
  }

  static void judge_again(const Look& again, Verdict& verdict, const std::string& when) {
    verdict.wrong("next save", when, again.broken);
    if (again.number != kNew)
      verdict.wrong("next save", fmt::format("{}: its values are of save {}", when, again.number));
    verdict.wrong("temporary files", when + ", and the next save", again.temporary);
    verdict.wrong("temporary files", when + ", and the next save", again.unsettled);
    if (again.broken.empty()) verdict.wrong("remains", when + ", and the next save", again.remains);
  }

  const Way way_ = GetParam();
  const TempDir dir_;
  const std::string folder_ = fs::canonical(dir_.path()).string();
  Files start_;
};

// proves: S9.6
TEST_P(FailingCall, IsReportedAndLeavesTheOldCheckpoint) {
  Verdict verdict("FailingCall", way_.name);
  const std::vector<int> errors = {EIO, EACCES, EDQUOT};
  for (const bool full_disk : {true, false}) {
    for (int at = 1;; ++at) {
      Fault fault{.kind = Fault::Kind::Fail, .at = at, .error = errors[static_cast<std::size_t>(at) % errors.size()]};
      if (full_disk) fault = {.kind = Fault::Kind::FailFromHere, .at = at, .error = ENOSPC};
      const Outcome outcome = save_with(fault);
      if (outcome.struck.empty()) break;
      judge(outcome, fault, verdict);
    }
  }
  verdict.pronounce();
}

// proves: S9.13
TEST_P(FailingCall, ShortWritesAreContinued) {
  const Outcome outcome = save_with({.kind = Fault::Kind::ShortWrites, .at = 1});
  ASSERT_EQ(outcome.trouble(), "");
  EXPECT_FALSE(outcome.report.contains("message")) << outcome.report["message"];
  const Look left = Look::from_json(outcome.report["left"]);
  EXPECT_EQ(left.broken, std::vector<std::string>());
  EXPECT_EQ(left.number, kNew);
}

INSTANTIATE_TEST_SUITE_P(Saves, FailingCall, testing::ValuesIn(all_ways()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace tenon::faults
