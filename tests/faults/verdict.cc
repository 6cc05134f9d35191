#include "faults/verdict.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace tenon::faults {
namespace {

struct Known {
  std::string test, thing;
  std::vector<std::string> ways;
};

// What is yet to be mended.
const std::vector<Known>& known() {
  static const std::vector<Known> list = {};
  return list;
}

bool is_known(const std::string& test, const std::string& way, const std::string& thing) {
  return std::any_of(known().begin(), known().end(), [&](const Known& one) {
    return one.test == test && one.thing == thing && std::find(one.ways.begin(), one.ways.end(), way) != one.ways.end();
  });
}

constexpr std::size_t kShown = 3;

std::string first_of(const std::vector<std::string>& what) {
  std::string text = fmt::format("wrong {} times", what.size());
  for (std::size_t i = 0; i < std::min(what.size(), kShown); ++i) text += "\n    " + what[i];
  return text;
}

}  // namespace

void Verdict::wrong(const std::string& thing, const std::string& when, const std::vector<std::string>& what) {
  for (const std::string& text : what) wrong(thing, when + ": " + text);
}

void Verdict::pronounce() const {
  for (const auto& [thing, what] : wrong_) {
    const std::string name = test_ + "/" + way_ + "/" + thing;
    if (is_known(test_, way_, thing)) fmt::print("expected to fail: {}: {}\n", name, first_of(what));
    else ADD_FAILURE() << name << ": " << first_of(what);
  }
  for (const Known& one : known()) {
    if (!is_known(test_, way_, one.thing) || one.test != test_ || wrong_.contains(one.thing)) continue;
    ADD_FAILURE() << test_ << "/" << way_ << "/" << one.thing << " is right now: take it off the list in verdict.cc";
  }
}

}  // namespace tenon::faults
