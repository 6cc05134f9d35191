#include <algorithm>

#include "gradients/gradient_ops.h"
#include "tenon/train.h"

namespace tenon::train {
namespace {

Output as(const Output& hyper, const Variable& variable) { return cast(hyper, variable.dtype()); }

// The slot decays as a whole; the rows of the gradient are then added.
Output decayed_and_added(const Variable& slot, const Output& decay, const Output& indices, const Output& rows) {
  GraphImpl& graph = slot.handle.graph();
  Output decayed = slot.snapshot * decay;
  Output assigned = add_op("Assign", {}, {slot.handle, decayed}, {{"use_locking", false}});
  Scope after = graph.control_dependencies({assigned.op().node()});
  return add_op("ScatterAdd", {}, {slot.handle, indices, rows}, {{"use_locking", false}});
}

}  // namespace

AdamOptimizer::AdamOptimizer(Operand learning_rate, const AdamOptions& options)
    : Optimizer(options.name), learning_rate_(std::move(learning_rate)), options_(options) {}

void AdamOptimizer::create_slots(const std::vector<Variable>& variables) {
  GraphImpl& graph = variables[0].handle.graph();
  if (!powers_.contains(&graph)) {
    const Variable& first = *std::min_element(variables.begin(), variables.end(),
                                              [](const Variable& a, const Variable& b) { return a.name() < b.name(); });
    Scope beside = graph.colocate_with(first.handle.op().node());
    const auto power = [&](const Operand& beta, std::string_view name) {
      Scope scope = graph.name_scope(name);
      Output initial = beta.in(graph, DType::Invalid, "initial_value");
      return variable(initial, scope.name(), false);
    };
    Variable beta1_power = power(options_.beta1, "beta1_power");
    powers_.emplace(&graph, std::pair(beta1_power, power(options_.beta2, "beta2_power")));
  }
  for (const Variable& variable : variables) {
    zeros_slot(variable, "m");
    zeros_slot(variable, "v");
  }
}

void AdamOptimizer::prepare(GraphImpl& graph) {
  rate_ = hyper(graph, learning_rate_, "learning_rate");
  beta1_ = hyper(graph, options_.beta1, "beta1");
  beta2_ = hyper(graph, options_.beta2, "beta2");
  epsilon_ = hyper(graph, options_.epsilon, "epsilon");
}

Operation AdamOptimizer::apply_dense(const Output& gradient, const Variable& variable) {
  const auto& [beta1_power, beta2_power] = powers_.at(&variable.handle.graph());
  std::vector<Output> inputs = {variable.handle, get_slot(variable, "m").handle, get_slot(variable, "v").handle};
  for (const Output& hyper : {beta1_power.snapshot, beta2_power.snapshot, rate_, beta1_, beta2_, epsilon_})
    inputs.push_back(as(hyper, variable));
  inputs.push_back(gradient);
  return add_op("ApplyAdam", {}, inputs).op();
}

Operation AdamOptimizer::apply_sparse(const Output& values, const Output& indices, const Variable& variable) {
  const auto& [beta1_power, beta2_power] = powers_.at(&variable.handle.graph());
  const Output power1 = as(beta1_power.snapshot, variable), power2 = as(beta2_power.snapshot, variable);
  const Output rate = as(rate_, variable), beta1 = as(beta1_, variable), beta2 = as(beta2_, variable),
               epsilon = as(epsilon_, variable);
  Output scaled = rate * tenon::sqrt(Number(1) - power2);
  Output step = scaled / (Number(1) - power1);
  Output m_rows = values * (Number(1) - beta1);
  Output m = decayed_and_added(get_slot(variable, "m"), beta1, indices, m_rows);
  Output squares = values * values;
  Output v_rows = squares * (Number(1) - beta2);
  Output v = decayed_and_added(get_slot(variable, "v"), beta2, indices, v_rows);
  Output root = tenon::sqrt(v);
  Output change = step * m;
  Output divisor = root + epsilon;
  Output quotient = change / divisor;
  Output updated = add_op("AssignSub", {}, {variable.handle, quotient}, {{"use_locking", false}});
  return group({updated.op(), m.op(), v.op()});
}

Operation AdamOptimizer::finish(const std::vector<Operation>& updates, std::string_view name) {
  GraphImpl& graph = updates[0].graph();
  std::vector<Operation> all = updates;
  {
    std::vector<Node*> nodes;
    for (const Operation& update : updates) nodes.push_back(update.node());
    Scope after = graph.control_dependencies(nodes);
    const auto& [beta1_power, beta2_power] = powers_.at(&graph);
    Scope beside = graph.colocate_with(beta1_power.handle.op().node());
    for (const auto& [power, beta] : {std::pair(beta1_power, beta1_), std::pair(beta2_power, beta2_)}) {
      Output next = power.snapshot * beta;
      all.push_back(add_op("Assign", {}, {power.handle, next}, {{"use_locking", false}}).op());
    }
  }
  return group(all, name);
}

}  // namespace tenon::train
