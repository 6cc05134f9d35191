// Runs a piece of a test in a process of its own, which may be killed, and takes what it reports.
//
//   const Outcome outcome = in_child([&](Json& report) { report["number"] = restore(folder); });
//   if (outcome.killed()) ...
//
// The parent must have no threads when it calls this: a child has only the one that forked. So whatever may start
// threads (sessions, saving, restoring) belongs into children.
#pragma once

#include <functional>
#include <string>

#include <nlohmann/json.hpp>

#include "faults/file_calls.h"

namespace tenon::faults {

using Json = nlohmann::json;

struct Outcome {
  int signal = 0;     // that ended the child
  int code = 0;       // that it ended with
  Json report;        // what it left in `report`; "exception" if one came out
  std::string struck; // the call that a fault was for, if it was reached

  bool killed() const { return signal != 0; }
  std::string trouble() const;  // "" for a child that came to its end without an exception
};

// A child that runs while the test goes on.
class Child {
 public:
  using Work = std::function<void(Json& report)>;

  explicit Child(const Work& work);
  Child(const std::string& folder, Fault fault, const Work& work);  // with `folder` watched meanwhile
  Outcome wait();  // to be called once
  bool waits_for_lock() const;  // for one of flock

 private:
  void start(const std::string* folder, Fault fault, const Work& work);

  int pid_ = 0;
  int pipe_ = -1;
};

Outcome in_child(const Child::Work& work);
Outcome in_child_with(const std::string& folder, Fault fault, const Child::Work& work);

// Something that one child waits for and another one tells. Made by the parent.
class Event {
 public:
  Event();
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  void tell() const;
  bool wait(int most_milliseconds = -1) const;  // false: nobody told in time

 private:
  int ends_[2];
};

}  // namespace tenon::faults
