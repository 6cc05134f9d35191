// What a durable save leaves behind when the power fails: every state that the disk may be in, after each of its calls.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "base/files.h"
#include "faults/recorded_save.h"
#include "faults/verdict.h"

namespace tenon::faults {
namespace {

using Kind = FileCall::Kind;

class EverySave : public RecordedSave {};
class DurableSave : public RecordedSave {};

// Otherwise the other tests here would not see all that happens.
TEST_P(EverySave, MakesOnlyCallsThatAreSeen) {
  for (const FileCall& call : calls_) disk_->apply(call);
  const Files expected = disk_->now(), found = files_in(folder_);
  for (const auto& [name, bytes] : found) {
    EXPECT_TRUE(expected.contains(name) && expected.at(name) == bytes)
        << name << " has come by ways that are not watched";
  }
  EXPECT_EQ(found.size(), expected.size());
}

// proves: S1.32
TEST_P(EverySave, GivesEveryFileItsNameByRenamingAndTheIndexItsLast) {
  Verdict verdict("Every", way_.name);
  std::set<std::string> committed;  // the checkpoints whose index has its name
  for (const FileCall& call : calls_) {
    const bool writes = call.kind == Kind::Create || call.kind == Kind::Write || call.kind == Kind::Resize;
    if (writes && final_name(call.path) == call.path) verdict.wrong("in place", call.described());
    if (call.kind != Kind::Rename) continue;
    if (call.to.ends_with(".index")) committed.insert(call.to.substr(0, call.to.size() - 6));
    const std::size_t data = call.to.find(".data-");
    if (data != std::string::npos && committed.contains(call.to.substr(0, data)))
      verdict.wrong("order", call.described());
  }
  verdict.pronounce();
}

// proves: S9.8
TEST_P(DurableSave, StoresWhatANameLeadsToBeforeTheName) {
  Verdict verdict("Durable", way_.name);
  for (const FileCall& call : calls_) {
    if (call.kind == Kind::Rename && !disk_->is_synced(call.path)) {
      verdict.wrong("order", call.described() + ": its bytes are not on the disk yet");
    }
    if (call.kind == Kind::Rename && call.to == "checkpoint") {
      for (const std::string& name : disk_->unsynced_names()) {
        if (final_name(name) == "checkpoint") continue;
        verdict.wrong("order", call.described() + ": the name " + name + " is not on the disk yet");
      }
    }
    disk_->apply(call);
  }
  for (const std::string& name : disk_->unsynced_files()) verdict.wrong("order", name + ": never synced");
  for (const std::string& name : disk_->unsynced_names()) {
    if (file_exists(folder_ + "/" + name)) verdict.wrong("order", "the name " + name + " was never synced");
  }
  verdict.pronounce();
}

// proves: S9.8
TEST_P(DurableSave, SurvivesThePowerFailingAtAnyTime) {
  struct State {
    std::string when;
    bool at_the_end = false;
  };
  std::map<Files, State> states;
  for (std::size_t i = 0; i < calls_.size(); ++i) {
    disk_->apply(calls_[i]);
    const bool last = i + 1 == calls_.size();
    for (const Files& files : disk_->after_power_failure()) {
      State& state = states.try_emplace(files, State{"after " + calls_[i].described()}).first->second;
      state.at_the_end = state.at_the_end || last;
    }
  }
  ASSERT_GT(states.size(), 3u);
  const Outcome outcome = in_child([&](Json& report) {
    for (const auto& [files, state] : states) {
      write_files(files, folder_);
      report["looks"].push_back(look_at(way_, folder_).to_json());
    }
  });
  ASSERT_EQ(outcome.trouble(), "");
  Verdict verdict("Durable", way_.name);
  std::size_t i = 0;
  for (const auto& [files, state] : states) {
    const Look look = Look::from_json(outcome.report["looks"][i++]);
    verdict.wrong("power failure", state.when, look.broken);
    if (look.broken.empty() && look.number != kNew && (look.number != kBefore || state.at_the_end)) {
      verdict.wrong("power failure", fmt::format("{}: the values are of save {}", state.when, look.number));
    }
  }
  verdict.pronounce();
}

const auto kName = [](const auto& info) { return info.param.name; };
INSTANTIATE_TEST_SUITE_P(Saves, EverySave, testing::ValuesIn(all_ways()), kName);
INSTANTIATE_TEST_SUITE_P(Saves, DurableSave, testing::ValuesIn(durable_ways()), kName);

}  // namespace
}  // namespace tenon::faults
