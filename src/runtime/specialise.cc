#include "runtime/specialise.h"

#include <algorithm>

#include "graph.pb.h"

namespace tenon {
namespace {

// A constant larger than this is computed again by each run rather than kept.
constexpr std::int64_t kMaxFoldedBytes = 16 << 20;

// A type and a shape without memory: what prepare() sees of a value that is not there yet.
Tensor shape_only(DType type, const Shape& shape) { return Tensor(type, shape, std::shared_ptr<Buffer>()); }

bool is_variable_handle(const Node& node) {
  return node.type == "VariableV2" || node.type == "Variable" || node.type == "VarHandleOp";
}

ExecStep make_exec(const Step& step, std::vector<Slot>& slots, const Plan& plan) {
  ExecStep exec;
  exec.kind = step.kind;
  exec.step = &step;
  for (int input : step.inputs) exec.inputs.push_back(&slots[input]);
  for (int output : step.outputs) {
    exec.outputs.push_back(&slots[output]);
    exec.types.push_back(plan.slots[output].type);
  }
  exec.plans.resize(step.outputs.size());
  exec.bound.assign(step.outputs.size(), false);
  if (step.kind == Step::Kind::Kernel && step.fused.empty()) {
    const auto& types = step.node->output_types;
    exec.has_references = std::any_of(types.begin(), types.end(), is_ref);
  }
  return exec;
}

}  // namespace

void Specialiser::give(const Given& given, bool shape_known) {
  if (given.tensor.dtype() == DType::Resource && given.tensor.elements() == 1) {  // a handle that the prologue made
    program_.slots_[given.slot].tensor = given.tensor;
    known_[given.slot] = Known::Value;
  } else if (shape_known) {
    learn_shape(given.slot, given.tensor.dtype(), given.tensor.shape());
  }
}

void Specialiser::run(int first, int last) { specialise_block(0, first, last); }

void Specialiser::specialise_block(int block, int first, int last) {
  program_.blocks_[block].steps.clear();
  for (int i = first; i < last; ++i) specialise_step(block, plan_.blocks[block][i]);
}

void Specialiser::specialise_step(int block, const Step& step) {
  ExecStep exec = make_exec(step, program_.slots_, plan_);
  switch (step.kind) {
    case Step::Kind::Kernel:
      if (fold(exec)) return;
      specialise_kernel(exec);
      exec.placeable = exec.prepared && block == 0;
      break;
    case Step::Kind::Load: specialise_load(exec); break;
    case Step::Kind::Merge: specialise_merge(exec); break;
    case Step::Kind::Loop: specialise_loop(exec); break;
    case Step::Kind::Switch:
    case Step::Kind::Copy: specialise_pass(exec); break;
  }
  program_.blocks_[block].steps.push_back(std::move(exec));
}

void Specialiser::learn_shape(int slot, DType type, const Shape& shape) {
  program_.slots_[slot] = Slot{shape_only(type, shape)};
  known_[slot] = Known::Shape;
}

void Specialiser::forget(int slot) {
  program_.slots_[slot] = Slot{};
  known_[slot] = Known::Nothing;
}

bool Specialiser::all_known(const Step& step, Known at_least) const {
  return std::all_of(step.inputs.begin(), step.inputs.end(), [&](int input) { return known_[input] >= at_least; });
}

bool Specialiser::may_fold(const ExecStep& exec) const {
  const Step& step = *exec.step;
  if (!step.row) return false;
  if (is_variable_handle(*step.node)) return true;
  if (!step.node->signature || step.node->signature->is_stateful()) return false;
  // TensorFlow does not call Assign and its kin stateful.
  if (exec.has_references || std::any_of(step.node->input_types.begin(), step.node->input_types.end(), is_ref))
    return false;
  return all_known(step, step.row->from_shapes ? Known::Shape : Known::Value);
}

// Runs the step now, if its result cannot change; then the program has constants in its place.
bool Specialiser::fold(ExecStep& exec) {
  const Step& step = *exec.step;
  if (!may_fold(exec)) return false;
  const auto kept = step.outputs.size() == 1 ? constants_.find(step.outputs[0]) : constants_.end();
  if (kept != constants_.end()) {
    *exec.outputs[0] = Slot{kept->second};
    known_[step.outputs[0]] = Known::Value;
    return true;
  }
  try {
    exec.kernel = step.make({*step.node, step.fused, state_});
    program_.prepare(exec);
    for (std::size_t i = 0; i < exec.plans.size(); ++i) {
      const bool large =
          exec.plans[i].kind == OutputPlan::Kind::Placed &&
          exec.plans[i].shape.elements() > kMaxFoldedBytes / std::max<std::int64_t>(1, dtype_size(exec.types[i]));
      if (large) return false;
    }
    program_.make_outputs(exec);
    RunContext context(*step.node, exec.inputs, exec.outputs);
    if (exec.calls_run) exec.kernel->run(context);
  } catch (const Error&) {  // let the run say it, if it comes here at all
    for (int output : step.outputs) forget(output);
    exec.kernel.reset();
    return false;
  }
  for (int output : step.outputs) known_[output] = Known::Value;
  if (step.inputs.empty() && step.outputs.size() == 1 && !exec.has_references && exec.types[0] != DType::Resource) {
    constants_[step.outputs[0]] = exec.outputs[0]->tensor;
  }
  return true;
}

bool Specialiser::prepare(ExecStep& exec) {
  const Step& step = *exec.step;
  if (!all_known(step, Known::Shape)) return false;
  if (step.row) {
    const int inputs = static_cast<int>(step.inputs.size());
    for (int value : step.row->values) {
      const int input = value < 0 ? value + inputs : value;
      if (input >= 0 && input < inputs && known_[step.inputs[input]] != Known::Value) return false;
    }
  }
  try {
    program_.prepare(exec);
    return true;
  } catch (const Error&) {  // it may never run; if it does, it says this then
    return false;
  }
}

void Specialiser::specialise_kernel(ExecStep& exec) {
  const Step& step = *exec.step;
  if (!exec.kernel) exec.kernel = step.make({*step.node, step.fused, state_});
  exec.prepared = prepare(exec);
  for (std::size_t i = 0; i < step.outputs.size(); ++i) {
    if (exec.prepared && exec.plans[i].kind != OutputPlan::Kind::Dynamic) {
      learn_shape(step.outputs[i], exec.types[i], exec.plans[i].shape);
    } else {
      forget(step.outputs[i]);
    }
  }
  // What a reference output refers to is known if the reference it passes on is.
  if (exec.has_references && !step.inputs.empty()) exec.outputs[0]->variable = exec.inputs[0]->variable;
}

void Specialiser::specialise_load(ExecStep& exec) {
  const int output = exec.step->outputs[0];
  forget(output);
  VariableState* variable = exec.inputs[0]->variable;
  if (!variable) return;
  exec.variable = variable;
  std::optional<Shape> shape = variable->shape();
  if (!shape) shape = variable->declared_shape().try_shape();
  if (shape) learn_shape(output, variable->dtype(), *shape);
  exec.loads = shape;
}

void Specialiser::specialise_merge(ExecStep& exec) {
  const Step& step = *exec.step;
  for (int output : step.outputs) forget(output);
  if (!all_known(step, Known::Shape)) return;
  const Tensor& first = exec.inputs[0]->tensor;
  const bool same = std::all_of(exec.inputs.begin(), exec.inputs.end(),
                                [&](const Slot* input) { return input->tensor.shape() == first.shape(); });
  if (same) learn_shape(step.outputs[0], first.dtype(), first.shape());
  if (step.outputs.size() > 1) learn_shape(step.outputs[1], DType::Int32, Shape{});
}

// Switch and Copy: what is known of the input is known of the outputs, except inside loops, where a value changes.
void Specialiser::specialise_pass(ExecStep& exec) {
  for (int output : exec.step->outputs) {
    const int input = exec.step->inputs[0];
    forget(output);
    if (known_[input] != Known::Nothing) {
      learn_shape(output, exec.inputs[0]->tensor.dtype(), exec.inputs[0]->tensor.shape());
    }
    program_.slots_[output].variable = exec.inputs[0]->variable;
  }
}

// The shapes before the first iteration are taken to hold in all; where the body gives another, that value's shape
// is unknown, and the body is specialised again.
void Specialiser::specialise_loop(ExecStep& exec) {
  const Loop& loop = plan_.loops[exec.step->loop];
  for (const auto& [outside, inside] : loop.enters) {
    program_.slots_[inside] = program_.slots_[outside];
    known_[inside] = known_[outside];
  }
  for (const Loop::Head& head : loop.heads) {
    forget(head.value);
    if (known_[head.enter] == Known::Nothing) continue;
    const Tensor& start = program_.slots_[head.enter].tensor;
    learn_shape(head.value, start.dtype(), start.shape());
    program_.slots_[head.value].variable = program_.slots_[head.enter].variable;
  }
  const int steps = static_cast<int>(plan_.blocks[loop.block].size());
  do {
    specialise_block(loop.block, 0, steps);
  } while (!heads_hold(loop));
  for (const auto& [inside, outside] : loop.exits) {
    program_.slots_[outside] = program_.slots_[inside];
    known_[outside] = std::min(known_[inside], Known::Shape);
  }
}

bool Specialiser::heads_hold(const Loop& loop) {
  bool hold = true;
  for (const Loop::Head& head : loop.heads) {
    if (known_[head.value] == Known::Nothing) continue;
    const Tensor& now = program_.slots_[head.value].tensor;
    const Tensor& next = program_.slots_[head.next].tensor;
    if (known_[head.next] != Known::Nothing && next.shape() == now.shape()) continue;
    forget(head.value);
    hold = false;
  }
  return hold;
}

}  // namespace tenon
