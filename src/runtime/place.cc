#include "runtime/place.h"

#include <algorithm>

namespace tenon {
namespace {

constexpr std::size_t kAlignment = 64;

void merge(std::vector<int>& into, const std::vector<int>& more) {
  for (int root : more) {
    if (std::find(into.begin(), into.end(), root) == into.end()) into.push_back(root);
  }
}

}  // namespace

Placer::Placer(Program& program, const std::vector<Specialiser::Known>& known, const std::vector<int>& kept)
    : program_(program),
      known_(known),
      kept_(kept),
      roots_(program.slots_.size()),
      last_use_(program.slots_.size(), -1),
      placed_(program.slots_.size(), false),
      escapes_(program.slots_.size(), false),
      region_of_(program.slots_.size(), -1) {}

void Placer::run() {
  find_roots();
  for (int slot : kept_) {
    for (int root : roots_[slot]) escapes_[root] = true;
  }
  find_last_uses();
  choose_regions();
  set_offsets();
  bind_slots();
  for (std::size_t block = 0; block < program_.blocks_.size(); ++block) {
    find_releases(static_cast<int>(block), program_.blocks_[block]);
  }
}

// Which placed memory each value of block 0 may lie in. Steps that are prepared while running may turn out to be
// aliases of any input.
void Placer::find_roots() {
  for (ExecStep& exec : program_.blocks_[0].steps) {
    std::vector<int> inherited;
    for (int input : exec.step->inputs) merge(inherited, roots_[input]);
    for (std::size_t i = 0; i < exec.outputs.size(); ++i) {
      const int slot = exec.step->outputs[i];
      const OutputPlan& plan = exec.plans[i];
      if (exec.kind == Step::Kind::Load) continue;
      if (exec.kind != Step::Kind::Kernel || !exec.prepared) {
        roots_[slot] = inherited;
      } else if (plan.kind == OutputPlan::Kind::Placed && exec.placeable && dtype_size(exec.types[i]) > 0) {
        roots_[slot] = {slot};
        placed_[slot] = true;
      } else if (plan.kind == OutputPlan::Kind::Alias) {
        roots_[slot] = roots_[exec.step->inputs[plan.input]];
      }
    }
  }
}

void Placer::find_last_uses() {
  const std::vector<ExecStep>& steps = program_.blocks_[0].steps;
  for (std::size_t t = 0; t < steps.size(); ++t) {
    for (int output : steps[t].step->outputs) {
      if (placed_[output]) last_use_[output] = static_cast<int>(t);
    }
    for (int input : steps[t].step->inputs) {
      for (int root : roots_[input]) last_use_[root] = static_cast<int>(t);
    }
  }
}

void Placer::choose_regions() {
  std::vector<ExecStep>& steps = program_.blocks_[0].steps;
  for (std::size_t t = 0; t < steps.size(); ++t) {
    for (std::size_t i = 0; i < steps[t].outputs.size(); ++i) {
      const int slot = steps[t].step->outputs[i];
      if (!placed_[slot] || escapes_[slot]) continue;
      region_of_[slot] = region_for(static_cast<int>(t), steps[t], static_cast<int>(i));
    }
  }
}

int Placer::region_for(int step, ExecStep& exec, int output) {
  const int slot = exec.step->outputs[output];
  const int over = exec.plans[output].may_overwrite;
  if (over >= 0 && can_overwrite(step, exec, output, over)) {
    const int region = region_of_[roots_[exec.step->inputs[over]][0]];
    regions_[region].last = std::max(regions_[region].last, last_use_[slot]);
    return region;
  }
  const std::size_t bytes = program_.slots_[slot].tensor.bytes();
  regions_.push_back({(bytes + kAlignment - 1) / kAlignment * kAlignment, step, last_use_[slot]});
  return static_cast<int>(regions_.size()) - 1;
}

// The input's memory is the plan's, this is its last use, and it is exactly as large as the output.
bool Placer::can_overwrite(int step, const ExecStep& exec, int output, int input) const {
  const int over = exec.step->inputs[input];
  if (roots_[over].size() != 1) return false;
  const int root = roots_[over][0];
  if (region_of_[root] < 0 || last_use_[root] != step) return false;
  const Region& region = regions_[region_of_[root]];
  if (region.last != step) return false;
  const std::size_t bytes = program_.slots_[exec.step->outputs[output]].tensor.bytes();
  if (program_.slots_[over].tensor.bytes() != bytes || program_.slots_[root].tensor.bytes() != bytes) return false;
  // No other input may lie there, nor another output of this step have taken it.
  for (std::size_t i = 0; i < exec.step->inputs.size(); ++i) {
    if (static_cast<int>(i) == input) continue;
    const std::vector<int>& others = roots_[exec.step->inputs[i]];
    const bool shares =
        std::any_of(others.begin(), others.end(), [&](int other) { return region_of_[other] == region_of_[root]; });
    if (shares) return false;
  }
  return std::none_of(exec.step->outputs.begin(), exec.step->outputs.end(),
                      [&](int other) { return region_of_[other] == region_of_[root]; });
}

// First fit: each region, in the order they begin, takes the lowest gap among those alive at the same time.
void Placer::set_offsets() {
  std::vector<int> alive;  // by offset
  std::size_t end = 0;
  for (std::size_t r = 0; r < regions_.size(); ++r) {
    Region& region = regions_[r];
    std::erase_if(alive, [&](int other) { return regions_[other].last < region.first; });
    std::size_t offset = 0;
    auto at = alive.begin();
    for (; at != alive.end(); ++at) {
      const Region& other = regions_[*at];
      if (offset + region.bytes <= other.offset) break;
      offset = std::max(offset, other.offset + other.bytes);
    }
    region.offset = offset;
    const auto place =
        std::find_if(alive.begin(), alive.end(), [&](int other) { return regions_[other].offset > offset; });
    alive.insert(place, static_cast<int>(r));
    end = std::max(end, offset + region.bytes);
  }
  program_.arena_bytes_ = end;
}

// Placed values and views of them keep their memory from run to run; steps that only make such views vanish.
void Placer::bind_slots() {
  std::vector<bool> bound(program_.slots_.size(), false);
  for (std::size_t slot = 0; slot < bound.size(); ++slot) bound[slot] = known_[slot] == Specialiser::Known::Value;
  std::vector<ExecStep>& steps = program_.blocks_[0].steps;
  for (ExecStep& exec : steps) {
    if (exec.kind != Step::Kind::Kernel || !exec.prepared) continue;
    exec.all_bound = !exec.outputs.empty();
    for (std::size_t i = 0; i < exec.outputs.size(); ++i) {
      const int slot = exec.step->outputs[i];
      int root = region_of_[slot] >= 0 ? slot : -1;
      if (exec.plans[i].kind == OutputPlan::Kind::Alias) {
        const int input = exec.step->inputs[exec.plans[i].input];
        if (bound[input] && known_[input] != Specialiser::Known::Value) root = roots_[slot][0];
      }
      if (root >= 0) {
        const Tensor& tensor = program_.slots_[slot].tensor;
        program_.placements_.push_back({slot, tensor.dtype(), tensor.shape(), regions_[region_of_[root]].offset});
        bound[slot] = true;
      }
      exec.bound[i] = bound[slot];
      exec.all_bound = exec.all_bound && bound[slot];
    }
  }
  std::erase_if(steps, [](const ExecStep& exec) {
    return exec.kind == Step::Kind::Kernel && exec.prepared && exec.all_bound && !exec.calls_run;
  });
}

// A value that is not bound is dropped after its last use in its block, so that variables and buffers become free;
// values that a loop hands on are dropped when the loop ends.
void Placer::find_releases(int block, ExecBlock& exec) {
  const Program& program = program_;
  std::vector<int> last(program.slots_.size(), -1);
  std::vector<bool> made(program.slots_.size(), false), keep(program.slots_.size(), false);
  std::vector<bool> bound(program.slots_.size(), false);
  for (std::size_t slot = 0; slot < keep.size(); ++slot) keep[slot] = known_[slot] == Specialiser::Known::Value;
  for (const Program::Placement& placement : program.placements_) keep[placement.slot] = true;
  if (block == 0) {
    for (int slot : kept_) keep[slot] = true;
  }
  for (const Loop& loop : program.plan_.loops) {
    if (loop.block != block) continue;
    for (const auto& [inside, outside] : loop.exits) keep[inside] = true;
    for (const auto& [outside, inside] : loop.enters) keep[inside] = true;
    for (const Loop::Head& head : loop.heads) {
      made[head.value] = true;
      keep[head.next] = true;
    }
    for (int condition : loop.conditions) keep[condition] = true;
  }
  for (std::size_t t = 0; t < exec.steps.size(); ++t) {
    for (int input : exec.steps[t].step->inputs) last[input] = static_cast<int>(t);
    for (int output : exec.steps[t].step->outputs) {
      made[output] = true;
      last[output] = std::max(last[output], static_cast<int>(t));
    }
  }
  for (std::size_t slot = 0; slot < last.size(); ++slot) {
    if (last[slot] >= 0 && made[slot] && !keep[slot]) exec.steps[last[slot]].release.push_back(&program_.slots_[slot]);
  }
}

}  // namespace tenon
