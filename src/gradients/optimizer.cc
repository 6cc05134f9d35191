// What all optimizers share: gradients, slots, and one operation that runs all updates.
#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "gradients/gradient_ops.h"
#include "gradients/walker.h"
#include "graph/variable_scope.h"
#include "tenon/initializers.h"
#include "tenon/train.h"

namespace tenon::train {

struct Optimizer::State {
  std::map<std::pair<std::string, const Node*>, Variable> slots;
};

Optimizer::Optimizer(std::string name) : name_(std::move(name)), state_(std::make_unique<State>()) {}
Optimizer::~Optimizer() = default;
Optimizer::Optimizer(Optimizer&&) noexcept = default;

Operation Optimizer::minimize(const Output& loss, const MinimizeOptions& options) {
  const std::vector<GradientAndVariable> gradients = compute_gradients(loss, options.var_list);
  const bool any = std::any_of(gradients.begin(), gradients.end(),
                               [](const GradientAndVariable& g) { return g.gradient.bound(); });
  if (!any)
    bad_argument("minimize", fmt::format("No gradients provided for any variable: {} depends on none of the {} "
                                         "variables",
                                         loss.name(), gradients.size()));
  return apply_gradients(gradients, options);
}

std::vector<GradientAndVariable> Optimizer::compute_gradients(const Output& loss,
                                                              const std::vector<Variable>& var_list) {
  if (!is_floating(loss.dtype()))
    bad_argument("compute_gradients", fmt::format("the loss {} must be of a floating-point type, but is {}",
                                                  loss.name(), dtype_name(loss.dtype())));
  const std::vector<Variable> variables =
      var_list.empty() ? loss.graph().variables("trainable_variables") : var_list;
  if (variables.empty()) bad_argument("compute_gradients", "No variables to optimize.");
  std::vector<Output> targets;
  for (const Variable& variable : variables) {
    if (variable.is_resource)
      throw Error(Code::Unimplemented, fmt::format("{} is a resource variable: optimizers are made for reference "
                                                   "variables only",
                                                   variable.name()));
    targets.push_back(variable.handle);
  }
  WalkOptions walk;
  walk.gate = true;
  const Gradients found = walk_back({loss}, targets, walk);
  std::vector<GradientAndVariable> result;
  for (std::size_t i = 0; i < variables.size(); ++i) {
    GradientAndVariable pair{.variable = variables[i]};
    if (found[i]) pair.gradient = *found[i].values;
    if (found[i].sparse())
      std::tie(pair.indices, pair.dense_shape) = std::pair(*found[i].indices, *found[i].dense_shape);
    result.push_back(std::move(pair));
  }
  return result;
}

Operation Optimizer::apply_gradients(const std::vector<GradientAndVariable>& gradients,
                                     const MinimizeOptions& options) {
  std::vector<Variable> variables;
  for (const GradientAndVariable& pair : gradients)
    if (pair.gradient.bound()) variables.push_back(pair.variable);
  if (variables.empty()) bad_argument("apply_gradients", "No gradients provided for any variable.");
  GraphImpl& graph = variables[0].handle.graph();
  {
    Scope unconditional = graph.control_dependencies({});
    create_slots(variables);
  }
  Scope scope = op_scope(graph, options.name, name_);
  prepare(graph);
  std::vector<Operation> updates;
  for (const GradientAndVariable& pair : gradients) {
    if (!pair.gradient.bound()) continue;
    Scope each = graph.name_scope("update_" + pair.variable.handle.op().name());
    Scope beside = graph.colocate_with(pair.variable.handle.op().node());
    updates.push_back(update(pair));
  }
  Operation step;
  if (options.global_step) {
    Operation done = finish(updates, "update");
    Scope after = graph.control_dependencies({done.node()});
    Scope beside = graph.colocate_with(options.global_step->handle.op().node());
    step = assign_add(*options.global_step, 1, scope.name()).op();
  } else {
    step = finish(updates, scope.name());
  }
  add_to_collection(graph, "train_op", step.name());
  return step;
}

Operation Optimizer::update(const GradientAndVariable& pair) {
  if (!pair.indices.bound()) return apply_dense(pair.gradient, pair.variable);
  if (!needs_unique_indices()) return apply_sparse(pair.gradient, pair.indices, pair.variable);
  const Deduplicated unique = deduplicate(pair.gradient, pair.indices);
  return apply_sparse(unique.values, unique.indices, pair.variable);
}

Operation Optimizer::finish(const std::vector<Operation>& updates, std::string_view name) {
  return group(updates, name);
}

Output Optimizer::hyper(GraphImpl& graph, const Operand& value, std::string_view name) const {
  return value.in(graph, DType::Invalid, name);
}

// A slot is named after its variable and the optimizer: "w/Adam", the next one "w/Adam_1".
Variable Optimizer::slot(const Variable& variable, const Initializer& initializer, std::string_view slot) {
  const Node* key = variable.handle.op().node();
  auto found = state_->slots.find({std::string(slot), key});
  if (found != state_->slots.end()) return found->second;
  GraphImpl& graph = variable.handle.graph();
  VariableScope scope = enter_variable_scope(graph, {.default_name = variable.handle.op().name() + "/" + name_});
  Scope beside = graph.colocate_with(variable.handle.op().node());
  const Shape shape = variable.handle.shape().to_shape();
  Variable made = get_variable(graph, "", shape,
                               {.dtype = variable.dtype(), .initializer = initializer, .trainable = false});
  state_->slots.emplace(std::pair(std::string(slot), key), made);
  return made;
}

Variable Optimizer::zeros_slot(const Variable& variable, std::string_view name) {
  return slot(variable, zeros_initializer(), name);
}

const Variable& Optimizer::get_slot(const Variable& variable, std::string_view slot) const {
  auto found = state_->slots.find({std::string(slot), variable.handle.op().node()});
  if (found == state_->slots.end())
    throw Error(Code::NotFound, fmt::format("optimizer {} has no slot '{}' for variable {}", name_, slot,
                                            variable.name()));
  return found->second;
}

}  // namespace tenon::train
