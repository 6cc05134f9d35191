// What a folder of checkpoints looks like to somebody who opens it, and what is wrong with it.
#pragma once

#include <string>
#include <vector>

#include "faults/child.h"
#include "faults/ways.h"

namespace tenon::faults {

struct Look {
  std::string newest;  // what the state file leads to, or m where there is none; "" if there is nothing
  int number = 0;                       // of the save whose values it holds
  std::vector<std::string> broken;      // why the newest, or one that the state file lists, cannot be restored
  std::vector<std::string> temporary;   // files and folders with names of unfinished ones, which are part of nothing
  std::vector<std::string> unsettled;   // such names that are part of a checkpoint nevertheless
  std::vector<std::string> remains;     // files with final names that belong to no whole checkpoint

  Json to_json() const;
  static Look from_json(const Json& json);
};

// May start threads: for children.
Look look_at(const Way& way, const std::string& folder);

// What is left of the name of a file that is being made: "m.index" of "m.index.tempstate123".
std::string final_name(const std::string& path);

}  // namespace tenon::faults
