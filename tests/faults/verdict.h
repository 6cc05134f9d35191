// Collects what is wrong, thing by thing, and fails the test with a few of each; or, for what is known to be wrong yet,
// says so.
//
//   Verdict verdict("Killed", way.name);
//   verdict.wrong("values", "killed before call 7: ...");
//   verdict.pronounce();
//
// The list of what is known is in verdict.cc. Something on it that is right now fails the test as well, so that the
// list stays true.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tenon::faults {

class Verdict {
 public:
  Verdict(std::string test, std::string way) : test_(std::move(test)), way_(std::move(way)) {}

  void wrong(const std::string& thing, const std::string& what) { wrong_[thing].push_back(what); }
  void wrong(const std::string& thing, const std::string& when, const std::vector<std::string>& what);
  void pronounce() const;

 private:
  std::string test_, way_;
  std::map<std::string, std::vector<std::string>> wrong_;
};

}  // namespace tenon::faults
