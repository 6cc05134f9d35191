// Placer: gives the outputs of prepared steps their places in the arena, and finds each value's last use.
#pragma once

#include <vector>

#include "runtime/program.h"
#include "runtime/specialise.h"

namespace tenon {

class Placer {
 public:
  Placer(Program& program, const std::vector<Specialiser::Known>& known, const std::vector<int>& kept);

  void run();

 private:
  // A stretch of arena that one value, or several after each other, live in.
  struct Region {
    std::size_t bytes = 0;
    int first = 0, last = 0;  // the steps between which it is taken
    std::size_t offset = 0;
  };

  void find_roots();
  void find_last_uses();
  void find_releases(int block, ExecBlock& exec);
  void choose_regions();
  int region_for(int step, ExecStep& exec, int output);
  bool can_overwrite(int step, const ExecStep& exec, int output, int input) const;
  void set_offsets();
  void bind_slots();
  int slot_of(const Slot* slot) const { return static_cast<int>(slot - program_.slots_.data()); }

  Program& program_;
  const std::vector<Specialiser::Known>& known_;
  const std::vector<int>& kept_;             // slots that outlive the run: fetches
  std::vector<std::vector<int>> roots_;      // per slot: the placed slots whose memory it may show
  std::vector<int> last_use_;                // per placed slot: the last step of block 0 that reads it
  std::vector<bool> placed_, escapes_;
  std::vector<int> region_of_;
  std::vector<Region> regions_;
};

}  // namespace tenon
