// The ways in which a model is saved, each a parameter of the tests here.
//
//   const Way& way = ...;                        // "SamePrefix", "ShardedNewPrefix", ...
//   save_before(way, folder);                    // the checkpoints of an earlier time; they hold the numbers 1 and 2
//   save(way, folder, 3);
//   number_in(way, *latest_checkpoint(folder));  // 3: which save the values of a checkpoint are from
//
// Everything here may start threads: call it in children (child.h).
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "tenon/saver.h"
#include "tenon/session.h"

namespace tenon::faults {

inline constexpr int kBefore = 2;  // the number of the newest checkpoint before the save that is disturbed

struct Way {
  enum class Call { Save, RunNodes, WriteBundle };

  std::string name = "";
  bool new_prefix = false;   // m-2, m-3, ... with two kept; otherwise always m
  std::string base = "m";
  int shards_before = 1;     // more than 1: sharded
  int shards = 1;
  bool v1 = false;
  bool durable = false;
  bool async = false;
  Call call = Call::Save;
  std::int64_t elements = 40;  // of the largest variable
};

std::ostream& operator<<(std::ostream& out, const Way& way);  // its name, for GoogleTest

std::vector<Way> all_ways();
std::vector<Way> durable_ways();

// A graph with the variables, each of whose elements tells `number`. Strings have another length for each number.
class Model {
 public:
  explicit Model(const Way& way, int number, int shards);

  void init() { session.run(graph.global_variables_initializer()); }

  Graph graph;
  std::vector<Variable> variables;
  Session session{graph};
};

void save_before(const Way& way, const std::string& folder);
// Returns the checkpoint's name. Goes on from the checkpoints that the folder's state file lists, as a program does
// that was started again.
std::string save(const Way& way, const std::string& folder, int number);

// The same in steps, for saving twice with one Saver.
class Trainer {
 public:
  Trainer(const Way& way, const std::string& folder, int number, int shards);
  std::string save(int step);

 private:
  const Way& way_;
  std::string folder_;
  int number_;
  Model model_;
  Saver saver_;
};

// Restores the checkpoint into a new session. Throws Error if that fails, std::runtime_error if the values are not all
// of one save.
int number_in(const Way& way, const std::string& prefix);

}  // namespace tenon::faults
