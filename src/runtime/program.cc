#include "runtime/program.h"

#include <algorithm>

#include "runtime/place.h"
#include "runtime/specialise.h"

namespace tenon {

Program::Program(const Plan& plan, ProgramKey key, const std::vector<Given>& givens, SessionState& state,
                 Constants& constants, int first_step, int last_step)
    : plan_(plan),
      key_(std::move(key)),
      slots_(plan.slots.size()),
      blocks_(plan.blocks.size()),
      literals_(static_cast<std::size_t>(plan.num_literals), 0) {
  Specialiser specialiser(*this, state, constants);
  for (std::size_t i = 0; i < givens.size(); ++i) {
    specialiser.give(givens[i], i >= key_.givens.size() || key_.givens[i].second.has_value());
  }
  specialiser.run(first_step, last_step);

  // Values that somebody outside holds at the end: fetches, and what a prologue makes.
  std::vector<int> kept = plan.fetches;
  if (last_step == plan.num_prologue) {
    for (const ExecStep& step : blocks_[0].steps)
      kept.insert(kept.end(), step.step->outputs.begin(), step.step->outputs.end());
  }
  const std::vector<Specialiser::Known>& known = specialiser.known();
  Placer(*this, known, kept).run();

  std::vector<bool> lasting(slots_.size(), false);
  for (const Placement& placement : placements_) lasting[placement.slot] = true;
  for (std::size_t slot = 0; slot < lasting.size(); ++slot)
    lasting[slot] = lasting[slot] || known[slot] == Specialiser::Known::Value;
  std::vector<bool> listed(slots_.size(), false);
  const auto clear_after = [&](std::size_t block, int slot) {
    if (lasting[slot] || listed[slot]) return;
    listed[slot] = true;
    blocks_[block].transient.push_back(&slots_[slot]);
    slots_[slot] = Slot{};
  };
  for (std::size_t block = 0; block < blocks_.size(); ++block) {
    for (const ExecStep& step : blocks_[block].steps) {
      for (int output : step.step->outputs) clear_after(block, output);
    }
  }
  for (const Loop& loop : plan.loops) {
    for (const auto& [outside, inside] : loop.enters) clear_after(loop.block, inside);
    for (const Loop::Head& head : loop.heads) clear_after(loop.block, head.value);
  }
  for (const Given& given : givens) clear_after(0, given.slot);
}

Program::~Program() = default;

Program::Counts Program::counts() const {
  Counts counts{0, 0, 0};
  for (const ExecStep& step : blocks_[0].steps) {
    ++counts.steps;
    counts.dynamic += step.kind == Step::Kind::Kernel && !step.prepared;
  }
  for (const Slot& slot : slots_)
    counts.constants += slot.tensor.defined() && slot.tensor.buffer() && !slot.tensor.buffer()->borrowed();
  return counts;
}

}  // namespace tenon
