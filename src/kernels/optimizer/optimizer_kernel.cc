#include "kernels/optimizer/optimizer_kernel.h"

#include <algorithm>

#include <fmt/format.h>

#include "graph.pb.h"
#include "kernels/elements.h"

namespace tenon::optimizer {
namespace {

int find_input(const Node& node, const std::vector<std::string>& names, std::string_view wanted) {
  const auto at = std::find(names.begin(), names.end(), wanted);
  if (at == names.end()) {
    throw Error(Code::Internal, fmt::format("{}: its signature has no input {}", describe(node), wanted));
  }
  return static_cast<int>(at - names.begin());
}

}  // namespace

OptimizerKernel::OptimizerKernel(const Node& node, int variables, std::span<const std::string_view> scalars)
    : type_(node.attr<DType>("T")), variables_(static_cast<std::size_t>(variables)) {
  options_.use_nesterov = node.attr_or<bool>("use_nesterov", false);
  options_.update_slots = node.attr_or<bool>("update_slots", true);
  options_.multiply_linear_by_lr = node.attr_or<bool>("multiply_linear_by_lr", false);
  for (const auto& input : node.signature->input_arg()) input_names_.push_back(input.name());
  for (const std::string_view scalar : scalars) scalar_inputs_.push_back(find_input(node, input_names_, scalar));
  const bool delta = std::find(input_names_.begin(), input_names_.end(), "delta") != input_names_.end();
  gradient_ = find_input(node, input_names_, delta ? "delta" : "grad");
  if (node.type.str().find("Sparse") != std::string::npos) indices_ = find_input(node, input_names_, "indices");
}

void OptimizerKernel::run(RunContext& c) {
  check_scalars(c);
  scalars_.clear();
  for (int input : scalar_inputs_) scalars_.push_back(&c.input(input));
  for (std::size_t i = 0; i < variables_.size(); ++i) {
    variables_[i] = &c.variable(static_cast<int>(i));
    if (variables_[i]->dtype() != type_) {
      c.fail(fmt::format("variable {} is {}, not {}", variables_[i]->name(), dtype_name(variables_[i]->dtype()),
                         dtype_name(type_)));
    }
  }
  VariableState::update_all(variables_, [&](std::span<Tensor* const> values) {
    for (std::size_t i = 1; i < values.size(); ++i) {
      if (values[i]->shape() != values[0]->shape()) {
        c.fail(fmt::format("var and {} do not have the same shape{} {}", input_names_[i],
                           values[0]->shape().to_string(), values[i]->shape().to_string()));
      }
    }
    const Tensor& gradient = c.input(gradient_);
    if (indices_ < 0) {
      check_dense(c, values);
      apply_dense(values, gradient);
    } else {
      check_sparse(c, values);
      if (gradient.elements() > 0) apply_sparse(values, gradient);
    }
  });
}

void OptimizerKernel::check_scalars(const RunContext& c) const {
  for (int input : scalar_inputs_) {
    const std::string& name = input_names_[static_cast<std::size_t>(input)];
    if (c.input(input).rank() != 0) {
      c.fail(fmt::format("{} is not a scalar: {}", name, c.input(input).shape().to_string()));
    }
  }
}

void OptimizerKernel::check_dense(const RunContext& c, std::span<Tensor* const> values) const {
  const Shape& gradient = c.input(gradient_).shape();
  if (gradient == values[0]->shape()) return;
  c.fail(fmt::format("var and {} do not have the same shape{} {}", input_names_[static_cast<std::size_t>(gradient_)],
                     values[0]->shape().to_string(), gradient.to_string()));
}

void OptimizerKernel::check_sparse(const RunContext& c, std::span<Tensor* const> values) {
  const Shape& var = values[0]->shape();
  const Shape& gradient = c.input(gradient_).shape();
  const Tensor& indices = c.input(indices_);
  if (var.rank() < 1) c.fail("var must be at least 1 dimensional");
  if (indices.rank() != 1) c.fail("indices must be one-dimensional");
  if (gradient.rank() != var.rank()) {
    c.fail(fmt::format("var and grad must have as many dimensions: {} and {}", var.to_string(), gradient.to_string()));
  }
  for (int d = 1; d < var.rank(); ++d) {
    if (gradient[d] != var[d]) c.fail(fmt::format("var and grad must match in dimension {}", d));
  }
  if (gradient[0] != indices.elements()) c.fail("grad must be the same size as indices in the first dimension.");
  rows_.resize(static_cast<std::size_t>(indices.elements()));
  for (std::int64_t i = 0; i < indices.elements(); ++i) {
    const std::int64_t row = index_at(indices, i);
    if (row < 0 || row >= var[0]) c.fail(fmt::format("Index {} at offset {} in indices is out of range", row, i));
    rows_[static_cast<std::size_t>(i)] = row;
  }
}

}  // namespace tenon::optimizer
