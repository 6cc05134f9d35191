// Running a Program: the hot path. No names, no maps, no locks but the variables' own.
#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "runtime/program.h"

namespace tenon {

bool Program::alive(const Guard& guard) const {
  return std::all_of(guard.begin(), guard.end(), [this](int literal) { return literals_[literal] != 0; });
}

void Program::bind(const Arena& arena) {
  if (bound_.lock() == arena.buffer) return;
  for (const Placement& place : placements_) {
    slots_[place.slot].tensor = Tensor(place.type, place.shape, arena.buffer, place.offset);
  }
  bound_ = arena.buffer;
}

std::vector<Tensor> Program::run(std::vector<Given> givens, const Arena& arena, const std::vector<int>& wanted,
                                 const std::vector<Guard>& guards, Profile* profile) {
  profile_ = profile;
  if (!placements_.empty()) bind(arena);
  for (Given& given : givens) slots_[given.slot] = Slot{std::move(given.tensor)};
  std::vector<Tensor> values;
  values.reserve(wanted.size());
  try {
    run_block(0);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const SlotInfo& info = plan_.slots[wanted[i]];
      if (!guards.empty() && !alive(guards[i])) {
        throw Error(
            Code::InvalidArgument,
            fmt::format("{}:{} has no value: it is on the branch of a conditional that was not taken; fetch the "
                        "Merge that joins the branches",
                        info.node->name, info.index));
      }
      values.push_back(slots_[wanted[i]].tensor);
    }
  } catch (...) {
    clear_transient();
    throw;
  }
  clear_transient();
  return values;
}

void Program::run_block(int block) {
  for (int literal : plan_.block_literals[block]) literals_[literal] = 0;
  for (ExecStep& step : blocks_[block].steps) {
    if (step.step->guard.empty() || alive(step.step->guard)) {
      profile_ && block == 0 ? run_profiled(step) : run_step(step);
    }
    for (Slot* slot : step.release) {
      slot->tensor = Tensor();
      slot->variable = nullptr;
    }
  }
}

void Program::run_profiled(ExecStep& step) {
  const auto begin = std::chrono::steady_clock::now();
  run_step(step);
  StepTime& time = (*profile_)[step.step];
  if (time.calls++ == 0) {
    time.name = step.step->node->name;
    time.type = step.kind == Step::Kind::Load   ? "(read variable)"
                : step.kind == Step::Kind::Loop ? "(loop)"
                                                : step.step->node->type.str();
    for (std::size_t i = 1; i < step.step->fused.size(); ++i) time.type += "+" + step.step->fused[i]->type.str();
  }
  time.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void Program::run_step(ExecStep& step) {
  switch (step.kind) {
    case Step::Kind::Kernel: return run_kernel(step);
    case Step::Kind::Load: return run_load(step);
    case Step::Kind::Switch: return run_switch(step);
    case Step::Kind::Merge: return run_merge(step);
    case Step::Kind::Loop: return run_loop(step);
    case Step::Kind::Copy: *step.outputs[0] = *step.inputs[0]; return;
  }
}

void Program::run_kernel(ExecStep& step) {
  if (!step.prepared) prepare(step);
  if (!step.all_bound) make_outputs(step);
  if (step.calls_run) {
    RunContext context(*step.step->node, step.inputs, step.outputs);
    step.kernel->run(context);
    if (step.provides) check_provided(step);
  }
  if (step.has_references && !step.outputs[0]->variable && !step.inputs.empty()) {
    step.outputs[0]->variable = step.inputs[0]->variable;
  }
}

// What follows is prepared for the promised shape.
void Program::check_provided(const ExecStep& step) {
  for (std::size_t i = 0; i < step.plans.size(); ++i) {
    const Shape& shape = step.outputs[i]->tensor.shape();
    if (step.plans[i].kind != OutputPlan::Kind::Provided || shape == step.plans[i].shape) continue;
    throw Error(Code::Internal, fmt::format("{}: output {} was to have shape {} and has {}", describe(*step.step->node),
                                            i, step.plans[i].shape.to_string(), shape.to_string()));
  }
}

void Program::prepare(ExecStep& step) {
  const bool by_value = step.step->row && !step.step->row->values.empty();
  if (!by_value && step.seen.size() == step.inputs.size() && !step.inputs.empty()) {
    bool same = true;
    for (std::size_t i = 0; same && i < step.inputs.size(); ++i) same = step.seen[i] == step.inputs[i]->tensor.shape();
    if (same) return;
  }
  if (!step.kernel) return;
  std::fill(step.plans.begin(), step.plans.end(), OutputPlan{});
  PrepareContext context(*step.step->node, step.inputs, step.plans);
  step.seen.clear();
  step.kernel->prepare(context);
  for (const Slot* input : step.inputs) step.seen.push_back(input->tensor.shape());
  step.calls_run = step.plans.empty() || std::any_of(step.plans.begin(), step.plans.end(), [](const OutputPlan& plan) {
    return plan.kind != OutputPlan::Kind::Alias;
  });
  step.provides = std::any_of(step.plans.begin(), step.plans.end(),
                              [](const OutputPlan& plan) { return plan.kind == OutputPlan::Kind::Provided; });
}

void Program::make_outputs(ExecStep& step) {
  for (std::size_t i = 0; i < step.outputs.size(); ++i) {
    if (step.bound[i]) continue;
    const OutputPlan& plan = step.plans[i];
    Slot& output = *step.outputs[i];
    if (plan.kind == OutputPlan::Kind::Alias) {
      const Slot& input = *step.inputs[plan.input];
      output.tensor = input.tensor.reshaped(plan.shape);
      output.version = input.version;
    } else if (plan.kind == OutputPlan::Kind::Placed) {
      output.version = 0;
      if (plan.may_overwrite >= 0) {
        Slot* input = step.inputs[plan.may_overwrite];
        const bool last_use = std::find(step.release.begin(), step.release.end(), input) != step.release.end();
        const std::size_t bytes = static_cast<std::size_t>(plan.shape.elements()) * dtype_size(step.types[i]);
        if (last_use && bytes > 0 && input->tensor.unique() && input->tensor.bytes() == bytes) {
          output.tensor = Tensor(step.types[i], plan.shape, input->tensor.buffer(), input->tensor.offset());
          continue;
        }
      }
      output.tensor = Tensor(step.types[i], plan.shape);
    }
  }
}

void Program::run_load(ExecStep& step) {
  VariableState* variable = step.variable ? step.variable : step.inputs[0]->variable;
  if (!variable) {
    throw Error(Code::Internal, fmt::format("{}: a reference to no variable", describe(*step.step->node)));
  }
  Slot& output = *step.outputs[0];
  output.tensor = variable->read(&output.version);
  if (step.loads && output.tensor.shape() != *step.loads) {
    throw Error(
        Code::FailedPrecondition,
        fmt::format("{}: variable {} had shape {} when the run began and has {} now; give it another shape in a run "
                    "of its own",
                    describe(*step.step->node), variable->name(), step.loads->to_string(),
                    output.tensor.shape().to_string()));
  }
}

void Program::run_switch(ExecStep& step) {
  const Tensor& predicate = step.inputs[1]->tensor;
  if (predicate.dtype() != DType::Bool || predicate.elements() != 1) {
    throw Error(Code::InvalidArgument, fmt::format("{}: the predicate must be a bool scalar, not {} {}",
                                                   describe(*step.step->node), dtype_name(predicate.dtype()),
                                                   predicate.shape().to_string()));
  }
  const bool yes = predicate.scalar<bool>();
  literals_[step.step->literals.first] = !yes;
  literals_[step.step->literals.second] = yes;
  *step.outputs[yes] = *step.inputs[0];
}

void Program::run_merge(ExecStep& step) {
  for (std::size_t i = 0; i < step.inputs.size(); ++i) {
    if (!alive(step.step->input_guards[i])) continue;
    *step.outputs[0] = *step.inputs[i];
    if (step.outputs.size() > 1) step.outputs[1]->tensor = Tensor(static_cast<std::int32_t>(i));
    if (step.step->literals.second >= 0) literals_[step.step->literals.second] = 1;
    return;
  }
  if (step.step->literals.second < 0) {
    throw Error(Code::Internal, fmt::format("{}: none of its inputs lives", describe(*step.step->node)));
  }
}

void Program::run_loop(ExecStep& step) {
  const Loop& loop = plan_.loops[step.step->loop];
  for (const auto& [outside, inside] : loop.enters) {
    if (outside != inside) slots_[inside] = slots_[outside];
  }
  for (const Loop::Head& head : loop.heads) slots_[head.value] = slots_[head.enter];
  for (;;) {
    run_block(loop.block);
    const bool go_on = std::all_of(loop.conditions.begin(), loop.conditions.end(),
                                   [&](int slot) { return slots_[slot].tensor.scalar<bool>(); });
    if (!go_on) break;
    for (const Loop::Head& head : loop.heads) slots_[head.value] = std::move(slots_[head.next]);
  }
  for (const auto& [inside, outside] : loop.exits) slots_[outside] = slots_[inside];
  for (Slot* slot : blocks_[loop.block].transient) *slot = Slot{};
}

void Program::clear_transient() {
  for (const ExecBlock& block : blocks_) {
    for (Slot* slot : block.transient) *slot = Slot{};
  }
}

}  // namespace tenon
