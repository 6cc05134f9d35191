// Specialiser: fills a Program's steps from a plan; see program.h.
#pragma once

#include "runtime/program.h"

namespace tenon {

class Specialiser {
 public:
  Specialiser(Program& program, SessionState& state, Program::Constants& constants)
      : program_(program), plan_(program.plan_), state_(state), constants_(constants), known_(plan_.slots.size()) {}

  void give(const Given& given, bool shape_known);
  // Steps [first, last) of block 0, and the loops among them.
  void run(int first, int last);

  // What is known about a value before the program runs.
  enum class Known : unsigned char { Nothing, Shape, Value };
  const std::vector<Known>& known() const { return known_; }

 private:
  void specialise_block(int block, int first, int last);
  void specialise_step(int block, const Step& step);
  void specialise_kernel(ExecStep& exec);
  void specialise_load(ExecStep& exec);
  void specialise_merge(ExecStep& exec);
  void specialise_loop(ExecStep& exec);
  void specialise_pass(ExecStep& exec);
  bool heads_hold(const Loop& loop);

  bool may_fold(const ExecStep& exec) const;
  bool fold(ExecStep& exec);
  bool prepare(ExecStep& exec);

  void learn_shape(int slot, DType type, const Shape& shape);
  void forget(int slot);
  bool all_known(const Step& step, Known at_least) const;

  Program& program_;
  const Plan& plan_;
  SessionState& state_;
  Program::Constants& constants_;
  std::vector<Known> known_;
};

}  // namespace tenon
