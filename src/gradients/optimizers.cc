// Gradient descent, momentum, Adagrad and RMSProp: an operation of TensorFlow's for each variable.
#include <fmt/format.h>

#include "gradients/gradient_ops.h"
#include "tenon/initializers.h"
#include "tenon/train.h"

namespace tenon::train {
namespace {

Output as(const Output& hyper, const Variable& variable) { return cast(hyper, variable.dtype()); }

Operation apply_op(std::string_view type, const std::vector<Output>& inputs, Attrs attrs = {}) {
  return add_op(type, {}, inputs, std::move(attrs)).op();
}

}  // namespace

GradientDescentOptimizer::GradientDescentOptimizer(Operand learning_rate, std::string name)
    : Optimizer(std::move(name)), learning_rate_(std::move(learning_rate)) {}

void GradientDescentOptimizer::prepare(GraphImpl& graph) { rate_ = hyper(graph, learning_rate_, "learning_rate"); }

Operation GradientDescentOptimizer::apply_dense(const Output& gradient, const Variable& variable) {
  return apply_op("ApplyGradientDescent", {variable.handle, as(rate_, variable), gradient});
}

Operation GradientDescentOptimizer::apply_sparse(const Output& values, const Output& indices,
                                                 const Variable& variable) {
  Output delta = values * as(rate_, variable);
  return apply_op("ScatterSub", {variable.handle, indices, delta});
}

MomentumOptimizer::MomentumOptimizer(Operand learning_rate, Operand momentum, const MomentumOptions& options)
    : Optimizer(options.name), learning_rate_(std::move(learning_rate)), momentum_(std::move(momentum)),
      use_nesterov_(options.use_nesterov) {}

void MomentumOptimizer::create_slots(const std::vector<Variable>& variables) {
  for (const Variable& variable : variables) zeros_slot(variable, "momentum");
}

void MomentumOptimizer::prepare(GraphImpl& graph) {
  rate_ = hyper(graph, learning_rate_, "learning_rate");
  decay_ = hyper(graph, momentum_, "momentum");
}

Operation MomentumOptimizer::apply_dense(const Output& gradient, const Variable& variable) {
  return apply_op("ApplyMomentum",
               {variable.handle, get_slot(variable, "momentum").handle, as(rate_, variable), gradient,
                as(decay_, variable)},
               {{"use_nesterov", use_nesterov_}});
}

Operation MomentumOptimizer::apply_sparse(const Output& values, const Output& indices, const Variable& variable) {
  return apply_op("SparseApplyMomentum",
               {variable.handle, get_slot(variable, "momentum").handle, as(rate_, variable), values, indices,
                as(decay_, variable)},
               {{"use_nesterov", use_nesterov_}});
}

AdagradOptimizer::AdagradOptimizer(Operand learning_rate, const AdagradOptions& options)
    : Optimizer(options.name), learning_rate_(std::move(learning_rate)), initial_(options.initial_accumulator_value) {
  if (!(initial_ > 0))
    bad_argument("AdagradOptimizer", fmt::format("initial_accumulator_value must be positive: {}", initial_));
}

void AdagradOptimizer::create_slots(const std::vector<Variable>& variables) {
  for (const Variable& variable : variables) slot(variable, constant_initializer(initial_), "accumulator");
}

void AdagradOptimizer::prepare(GraphImpl& graph) { rate_ = hyper(graph, learning_rate_, "learning_rate"); }

Operation AdagradOptimizer::apply_dense(const Output& gradient, const Variable& variable) {
  return apply_op("ApplyAdagrad",
               {variable.handle, get_slot(variable, "accumulator").handle, as(rate_, variable), gradient});
}

Operation AdagradOptimizer::apply_sparse(const Output& values, const Output& indices, const Variable& variable) {
  return apply_op("SparseApplyAdagrad",
               {variable.handle, get_slot(variable, "accumulator").handle, as(rate_, variable), values, indices});
}

RMSPropOptimizer::RMSPropOptimizer(Operand learning_rate, const RMSPropOptions& options)
    : Optimizer(options.name), learning_rate_(std::move(learning_rate)), options_(options) {}

void RMSPropOptimizer::create_slots(const std::vector<Variable>& variables) {
  for (const Variable& variable : variables) {
    slot(variable, ones_initializer(), "rms");
    if (options_.centered) zeros_slot(variable, "mg");
    zeros_slot(variable, "momentum");
  }
}

void RMSPropOptimizer::prepare(GraphImpl& graph) {
  rate_ = hyper(graph, learning_rate_, "learning_rate");
  decay_ = hyper(graph, options_.decay, "decay");
  momentum_ = hyper(graph, options_.momentum, "momentum");
  epsilon_ = hyper(graph, options_.epsilon, "epsilon");
}

std::vector<Output> RMSPropOptimizer::inputs(const Variable& variable) const {
  std::vector<Output> all = {variable.handle};
  if (options_.centered) all.push_back(get_slot(variable, "mg").handle);
  all.push_back(get_slot(variable, "rms").handle);
  all.push_back(get_slot(variable, "momentum").handle);
  for (const Output& hyper : {rate_, decay_, momentum_, epsilon_}) all.push_back(as(hyper, variable));
  return all;
}

Operation RMSPropOptimizer::apply_dense(const Output& gradient, const Variable& variable) {
  std::vector<Output> all = inputs(variable);
  all.push_back(gradient);
  return apply_op(options_.centered ? "ApplyCenteredRMSProp" : "ApplyRMSProp", all);
}

Operation RMSPropOptimizer::apply_sparse(const Output& values, const Output& indices, const Variable& variable) {
  std::vector<Output> all = inputs(variable);
  all.push_back(values);
  all.push_back(indices);
  return apply_op(options_.centered ? "SparseApplyCenteredRMSProp" : "SparseApplyRMSProp", all);
}

}  // namespace tenon::train
