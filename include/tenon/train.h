// Training: gradients and optimizers, as tf.gradients and tf.train.
//
//   namespace train = tenon::train;
//   tenon::Operation step = train::AdamOptimizer(1e-3f).minimize(loss);
//   step.name();                                        // "Adam"
//   std::vector<tenon::Output> d = train::gradients({loss}, {w, x});   // unbound where loss does not depend on it
//
// Optimizers add to the graph of the loss: gradients, slots ("w/Adam", "w/Adam_1"), and one operation that updates
// all variables when it runs. The names are TensorFlow's, so that checkpoints of training go both ways. An optimizer
// may be used for several losses; it is to be used from one thread at a time.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tenon/graph.h"
#include "tenon/ops.h"

namespace tenon::train {

// The variable that counts training steps, "global_step": an int64 in the collections "variables" and "global_step".
// Optimizers add one to it if MinimizeOptions name it; Saver::save takes it for the number of a checkpoint. Throw
// InvalidArgument if the graph has several, or one that is no integer; create_global_step if it has one already.
std::optional<Variable> get_global_step(GraphImpl& graph);
Variable create_global_step(GraphImpl& graph);
Variable get_or_create_global_step(GraphImpl& graph);

// What to differentiate by: an Output, or a Variable (its reference, as TensorFlow does).
class Target {
 public:
  Target(const Output& output) : output_(output) {}
  Target(const Variable& variable) : output_(variable.handle) {}
  const Output& output() const { return output_; }

 private:
  Output output_;
};

struct GradientsOptions {
  std::vector<Output> grad_ys = {};  // left out: ones
  std::vector<Output> stop_gradients = {};
  bool gate_gradients = false;
  std::string_view name = {};
};

// The derivative of the sum of `ys` by each of `xs`. Throws Unimplemented for an operation whose gradient is not
// known, naming it.
std::vector<Output> gradients(const std::vector<Output>& ys, const std::vector<Target>& xs,
                              const GradientsOptions& options = {});

// A gradient as an optimizer takes it; with indices, it is that of some rows only (tf.IndexedSlices).
struct GradientAndVariable {
  Output gradient;       // unbound: none
  Output indices;        // unbound: of the whole variable
  Output dense_shape;
  Variable variable;
};

struct MinimizeOptions {
  std::vector<Variable> var_list = {};    // left out: the graph's trainable variables
  std::optional<Variable> global_step = {};  // one more with each step
  std::string_view name = {};
};

class Optimizer {
 public:
  virtual ~Optimizer();
  Optimizer(Optimizer&&) noexcept;

  // The operation that makes one step. Throws InvalidArgument if the loss depends on no variable.
  Operation minimize(const Output& loss, const MinimizeOptions& options = {});
  // The two halves of minimize, for what is done to gradients in between.
  std::vector<GradientAndVariable> compute_gradients(const Output& loss, const std::vector<Variable>& var_list = {});
  Operation apply_gradients(const std::vector<GradientAndVariable>& gradients, const MinimizeOptions& options = {});

  // A slot ("m" and "v" of Adam, "momentum", "accumulator", ...); throws NotFound before apply_gradients.
  const Variable& get_slot(const Variable& variable, std::string_view slot) const;

 protected:
  explicit Optimizer(std::string name);
  struct State;

  // A constant of the learning rate and its like, made under the optimizer's name scope.
  Output hyper(GraphImpl& graph, const Operand& value, std::string_view name) const;
  Variable zeros_slot(const Variable& variable, std::string_view slot);
  Variable slot(const Variable& variable, const Initializer& initializer, std::string_view slot);

  virtual void create_slots(const std::vector<Variable>& variables) = 0;
  virtual void prepare(GraphImpl& graph) = 0;
  virtual Operation apply_dense(const Output& gradient, const Variable& variable) = 0;
  virtual Operation apply_sparse(const Output& values, const Output& indices, const Variable& variable) = 0;
  // Whether apply_sparse needs each index once only.
  virtual bool needs_unique_indices() const { return true; }
  virtual Operation finish(const std::vector<Operation>& updates, std::string_view name);

  std::string name_;

 private:
  Operation update(const GradientAndVariable& gradient);
  std::unique_ptr<State> state_;
};

class GradientDescentOptimizer : public Optimizer {
 public:
  explicit GradientDescentOptimizer(Operand learning_rate, std::string name = "GradientDescent");

 private:
  void create_slots(const std::vector<Variable>&) override {}
  void prepare(GraphImpl& graph) override;
  Operation apply_dense(const Output& gradient, const Variable& variable) override;
  Operation apply_sparse(const Output& values, const Output& indices, const Variable& variable) override;
  bool needs_unique_indices() const override { return false; }
  Operand learning_rate_;
  Output rate_;
};

struct MomentumOptions {
  bool use_nesterov = false;
  std::string name = "Momentum";
};
class MomentumOptimizer : public Optimizer {
 public:
  MomentumOptimizer(Operand learning_rate, Operand momentum, const MomentumOptions& options = {});

 private:
  void create_slots(const std::vector<Variable>& variables) override;
  void prepare(GraphImpl& graph) override;
  Operation apply_dense(const Output& gradient, const Variable& variable) override;
  Operation apply_sparse(const Output& values, const Output& indices, const Variable& variable) override;
  Operand learning_rate_, momentum_;
  bool use_nesterov_;
  Output rate_, decay_;
};

struct AdagradOptions {
  float initial_accumulator_value = 0.1f;
  std::string name = "Adagrad";
};
class AdagradOptimizer : public Optimizer {
 public:
  explicit AdagradOptimizer(Operand learning_rate, const AdagradOptions& options = {});

 private:
  void create_slots(const std::vector<Variable>& variables) override;
  void prepare(GraphImpl& graph) override;
  Operation apply_dense(const Output& gradient, const Variable& variable) override;
  Operation apply_sparse(const Output& values, const Output& indices, const Variable& variable) override;
  Operand learning_rate_;
  float initial_;
  Output rate_;
};

struct RMSPropOptions {
  Operand decay = 0.9f, momentum = 0.0f, epsilon = 1e-10f;
  bool centered = false;
  std::string name = "RMSProp";
};
class RMSPropOptimizer : public Optimizer {
 public:
  explicit RMSPropOptimizer(Operand learning_rate, const RMSPropOptions& options = {});

 private:
  void create_slots(const std::vector<Variable>& variables) override;
  void prepare(GraphImpl& graph) override;
  Operation apply_dense(const Output& gradient, const Variable& variable) override;
  Operation apply_sparse(const Output& values, const Output& indices, const Variable& variable) override;
  std::vector<Output> inputs(const Variable& variable) const;
  Operand learning_rate_;
  RMSPropOptions options_;
  Output rate_, decay_, momentum_, epsilon_;
};

struct AdamOptions {
  Operand beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f;
  std::string name = "Adam";
};
class AdamOptimizer : public Optimizer {
 public:
  explicit AdamOptimizer(Operand learning_rate = 0.001f, const AdamOptions& options = {});

 private:
  void create_slots(const std::vector<Variable>& variables) override;
  void prepare(GraphImpl& graph) override;
  Operation apply_dense(const Output& gradient, const Variable& variable) override;
  Operation apply_sparse(const Output& values, const Output& indices, const Variable& variable) override;
  Operation finish(const std::vector<Operation>& updates, std::string_view name) override;
  Operand learning_rate_;
  AdamOptions options_;
  std::map<const GraphImpl*, std::pair<Variable, Variable>> powers_;  // beta1_power, beta2_power
  Output rate_, beta1_, beta2_, epsilon_;
};

}  // namespace tenon::train
