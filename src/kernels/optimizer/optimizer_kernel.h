// What all update rules share: the variables, scalars, gradient and indices among the inputs, by the names that the
// op's signature gives them; their checks; and locking the variables.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "kernels/kernel.h"

namespace tenon::optimizer {

// Attributes of rules, where an op has them.
struct Options {
  bool use_nesterov = false;
  bool update_slots = true;
  bool multiply_linear_by_lr = false;
};

class OptimizerKernel : public Kernel {
 public:
  // The first `variables` inputs are what the rule changes, all of one shape.
  OptimizerKernel(const Node& node, int variables, std::span<const std::string_view> scalars);

  void prepare(PrepareContext&) override {}
  void run(RunContext& context) final;

 protected:
  // Changes all elements of the variables by those of the gradient.
  virtual void apply_dense(std::span<Tensor* const> variables, const Tensor& gradient) = 0;
  // Changes row rows()[i] by row i of the gradient, for each i in turn.
  virtual void apply_sparse(std::span<Tensor* const> variables, const Tensor& gradient) = 0;

  const Options& options() const { return options_; }
  std::span<const std::int64_t> rows() const { return rows_; }
  // The rule's scalars in this run, in the order of the constructor's names.
  std::span<const Tensor* const> scalars() const { return scalars_; }

 private:
  void check_scalars(const RunContext& context) const;
  void check_dense(const RunContext& context, std::span<Tensor* const> values) const;
  void check_sparse(const RunContext& context, std::span<Tensor* const> values);

  Options options_;
  DType type_;
  std::vector<std::string> input_names_;
  std::vector<int> scalar_inputs_;
  int gradient_ = -1, indices_ = -1;
  std::vector<VariableState*> variables_;
  std::vector<const Tensor*> scalars_;
  std::vector<std::int64_t> rows_;
};

}  // namespace tenon::optimizer
