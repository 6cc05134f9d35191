// One kernel outside a session, for tests:
//
//   KernelRun relu(nn_kernels(), "Relu");
//   Tensor y = relu.input(x).run()[0];
//
//   KernelRun pool(nn_kernels(), "MaxPool", {{"ksize", std::vector<std::int64_t>{1, 2, 2, 1}}, ...});
//
//   KernelRun adam(optimizer_kernels(), "ApplyGradientDescent");
//   adam.variable(value).input(alpha).input(delta).run();
//   adam.variable_at(0).read();
//
// Inputs become Placeholder, VariableV2 and VarHandleOp nodes of a small graph. run() may be called again after
// set_input(); the kernel is prepared anew only when shapes changed, as in a session. Memory that a kernel does
// not write holds 0xCD bytes.
#pragma once

#include <cstring>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "graph/graph_impl.h"
#include "kernels/kernel.h"

namespace tenon {

class KernelRun {
 public:
  using Attrs = std::vector<std::pair<std::string, AttrInit>>;

  KernelRun(std::span<const KernelRow> rows, std::string op, Attrs attrs = {})
      : rows_(rows), op_(std::move(op)), attrs_(std::move(attrs)) {}

  KernelRun& input(Tensor value, std::uint64_t version = 0) {
    const std::string name = "in" + std::to_string(nodes_.size());
    nodes_.push_back({graph_.add({.type = "Placeholder", .name = name, .attrs = {{"dtype", value.dtype()}}}), 0});
    slots_.push_back({std::move(value), nullptr, version});
    return *this;
  }
  // A reference (VariableV2) or resource (VarHandleOp) variable. Undefined: it stays uninitialised.
  KernelRun& variable(Tensor value, DType type = DType::Float32, bool resource = false) {
    const std::string name = "in" + std::to_string(nodes_.size());
    if (value.defined()) type = value.dtype();
    const PartialShape shape = value.defined() ? PartialShape(value.shape()) : PartialShape::unknown();
    nodes_.push_back({graph_.add({.type = resource ? "VarHandleOp" : "VariableV2",
                                  .name = name,
                                  .attrs = {{"dtype", type}, {"shape", shape}}}),
                      0});
    std::shared_ptr<VariableState> state = state_.variable(name, type, shape, resource);
    if (value.defined()) state->assign(value.clone());
    if (resource) {
      slots_.push_back({Tensor::object(DType::Resource, state)});
    } else {
      slots_.push_back({value, state.get()});
    }
    return *this;
  }
  VariableState& variable_at(int i) { return *state_.find_variable("in" + std::to_string(i)); }

  void set_input(int i, Tensor value, std::uint64_t version = 0) {
    slots_[i].tensor = std::move(value);
    slots_[i].version = version;
  }
  SessionState& state() { return state_; }
  GraphImpl& graph() { return graph_; }
  Node& node() { make(); return *node_; }

  // Makes and prepares the kernel if need be, and runs it.
  std::vector<Tensor> run() { return run(false); }
  // As run(), with each output that allows it placed in the memory of (a copy of) the input it may overwrite.
  std::vector<Tensor> run_in_place() { return run(true); }
  int times_prepared() const { return times_prepared_; }
  const std::vector<OutputPlan>& plans() const { return plans_; }

 private:
  void make() {
    if (node_) return;
    node_ = graph_.add({.type = op_, .name = "under_test", .inputs = nodes_, .attrs = attrs_});
    for (const KernelRow& row : rows_) {
      if (row.op == op_) kernel_ = row.make({*node_, {}, state_});
    }
    if (!kernel_) throw Error(Code::NotFound, "no kernel for " + op_);
  }

  void prepare(std::span<Slot* const> inputs) {
    std::vector<Shape> shapes;
    for (const Slot* slot : inputs) shapes.push_back(slot->tensor.shape());
    if (times_prepared_ > 0 && shapes == prepared_for_) return;
    plans_.assign(node_->num_outputs(), {});
    PrepareContext context(*node_, inputs, plans_);
    kernel_->prepare(context);
    prepared_for_ = std::move(shapes);
    ++times_prepared_;
  }

  std::vector<Tensor> run(bool in_place) {
    make();
    std::vector<Slot> inputs(slots_.begin(), slots_.end()), outputs(node_->num_outputs());
    std::vector<Slot*> in, out;
    for (Slot& slot : inputs) in.push_back(&slot);
    for (Slot& slot : outputs) out.push_back(&slot);
    prepare(in);
    bool all_aliases = !outputs.empty();
    for (int i = 0; i < node_->num_outputs(); ++i) {
      place(plans_[i], base_dtype(node_->output_types[i]), in, outputs[i], in_place);
      all_aliases = all_aliases && plans_[i].kind == OutputPlan::Kind::Alias;
    }
    RunContext context(*node_, in, out);
    if (!all_aliases) kernel_->run(context);
    std::vector<Tensor> results;
    for (int i = 0; i < node_->num_outputs(); ++i) {
      if (is_ref(node_->output_types[i])) {
        VariableState* variable = outputs[i].variable ? outputs[i].variable : inputs[0].variable;
        outputs[i].tensor = variable->initialised() ? variable->read() : Tensor();
      }
      results.push_back(outputs[i].tensor);
    }
    return results;
  }

  static void place(const OutputPlan& plan, DType type, const std::vector<Slot*>& inputs, Slot& output, bool in_place) {
    if (plan.kind == OutputPlan::Kind::Alias) output.tensor = inputs[plan.input]->tensor.reshaped(plan.shape);
    if (plan.kind != OutputPlan::Kind::Placed) return;
    if (in_place && plan.may_overwrite >= 0) {
      Tensor& input = inputs[plan.may_overwrite]->tensor;
      input = input.clone();
      output.tensor = Tensor(type, plan.shape, input.buffer(), input.offset());
    } else {
      output.tensor = Tensor(type, plan.shape);
      if (dtype_size(type) > 0 && output.tensor.bytes() > 0) {
        std::memset(output.tensor.raw(), 0xCD, output.tensor.bytes());
      }
    }
  }

  std::span<const KernelRow> rows_;
  std::string op_;
  Attrs attrs_;
  GraphImpl graph_;
  SessionState state_;
  std::vector<Edge> nodes_;
  std::vector<Slot> slots_;
  std::vector<OutputPlan> plans_;
  std::vector<Shape> prepared_for_;
  Node* node_ = nullptr;
  std::unique_ptr<Kernel> kernel_;
  int times_prepared_ = 0;
};

}  // namespace tenon
