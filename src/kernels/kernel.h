// Kernel: how one operation computes on the CPU. A kernel file implements the class, its family's table names it.
//
//   class Relu final : public Kernel {
//    public:
//     void prepare(PrepareContext& c) override {
//       c.set_output(0, c.input_shape(0));
//       c.may_overwrite(0, 0);
//     }
//     void run(RunContext& c) override {
//       const Tensor& x = c.input(0);
//       relu(x.data<float>(), c.output(0).data<float>(), x.elements());
//     }
//   };
//
// A plan makes one kernel for each of its steps and calls prepare() once for the shapes it is specialised for;
// where shapes are known only while running, it calls prepare() again whenever they changed. Between two
// prepare()s, run() is called any number of times, by one thread at a time: a kernel may keep oneDNN primitives
// and scratch memory as members. State that outlives a plan (variables, random generators, iterators) lives in
// SessionState.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "graph/node.h"
#include "kernels/session_state.h"
#include "kernels/variable_state.h"
#include "tenon/tensor.h"

namespace tenon {

// What a kernel is made from. Factories read attributes, check dtypes, and throw Unimplemented (naming node and
// dtype) for what they cannot do.
struct KernelSetup {
  const Node& node;               // of a fused group: the first node
  std::span<Node* const> fused;   // the whole group in order, `node` included; empty if not fused
  SessionState& state;
};

// A value while a plan runs.
struct Slot {
  Tensor tensor;
  VariableState* variable = nullptr;  // set for references to variables (VariableV2 and what passes them on)
  std::uint64_t version = 0;          // of the variable whose value this is; 0: not a variable's value
  bool alive = true;                  // false: on the branch not taken
};

// How an output gets its memory.
struct OutputPlan {
  enum class Kind {
    Placed,    // the plan provides `shape` bytes before run()
    Alias,     // the memory of input `input`, seen as `shape`: run() is not called if all outputs are aliases
    Provided,  // run() calls set_output with a tensor of exactly `shape`
    Dynamic,   // run() calls set_output with a tensor of any shape
  };
  Kind kind = Kind::Dynamic;
  Shape shape;
  int input = -1;            // Alias
  int may_overwrite = -1;    // Placed: the input whose memory may be reused if nobody else needs it
};

class PrepareContext {
 public:
  PrepareContext(const Node& node, std::span<Slot* const> inputs, std::span<OutputPlan> outputs)
      : node_(node), inputs_(inputs), outputs_(outputs) {}

  const Node& node() const { return node_; }
  int num_inputs() const { return static_cast<int>(inputs_.size()); }
  int num_outputs() const { return static_cast<int>(outputs_.size()); }
  // Type and shape are always valid here; the values are not, except as input_value says.
  DType input_dtype(int i) const { return inputs_[i]->tensor.dtype(); }
  const Shape& input_shape(int i) const { return inputs_[i]->tensor.shape(); }
  // REQUIRES: the kernel's row lists `i` in its `values`.
  const Tensor& input_value(int i) const { return inputs_[i]->tensor; }

  void set_output(int i, const Shape& shape) { outputs_[i] = {OutputPlan::Kind::Placed, shape}; }
  // Output i may be written over input j (same number of bytes, element by element).
  void may_overwrite(int i, int j) { outputs_[i].may_overwrite = j; }
  void alias_output(int i, int input, const Shape& shape) { outputs_[i] = {OutputPlan::Kind::Alias, shape, input}; }
  void provide_output(int i, const Shape& shape) { outputs_[i] = {OutputPlan::Kind::Provided, shape}; }
  void dynamic_output(int i) { outputs_[i] = {}; }

  // InvalidArgument "{{node NAME}} (TYPE): message".
  [[noreturn]] void fail(const std::string& message) const;
  void require(bool condition, const std::string& message) const { if (!condition) fail(message); }

 private:
  const Node& node_;
  std::span<Slot* const> inputs_;
  std::span<OutputPlan> outputs_;
};

class RunContext {
 public:
  RunContext(const Node& node, std::span<Slot* const> inputs, std::span<Slot* const> outputs)
      : node_(node), inputs_(inputs), outputs_(outputs) {}

  const Node& node() const { return node_; }
  int num_inputs() const { return static_cast<int>(inputs_.size()); }
  int num_outputs() const { return static_cast<int>(outputs_.size()); }
  const Tensor& input(int i) const { return inputs_[i]->tensor; }
  // Input i to be kept beyond this step (Assign, stacks, datasets): shares memory where that is safe, copies it
  // where it belongs to the plan. A kernel must not keep input(i) itself.
  Tensor keep(int i) const {
    const Tensor& tensor = inputs_[i]->tensor;
    return tensor.buffer() && tensor.buffer()->borrowed() ? tensor.clone() : tensor;
  }
  // Changes whenever the variable does whose value input i is; 0 if it is not a variable's value. A key for
  // packed weights.
  std::uint64_t input_version(int i) const { return inputs_[i]->version; }
  Tensor& output(int i) { return outputs_[i]->tensor; }
  // For Provided and Dynamic outputs. To hand on an input's memory, use PrepareContext::alias_output. `version`: of
  // the variable whose value it is.
  void set_output(int i, Tensor tensor, std::uint64_t version = 0) {
    outputs_[i]->tensor = std::move(tensor);
    outputs_[i]->version = version;
  }

  // The variable behind a reference (Assign, ApplyAdam) or resource input (AssignVariableOp).
  VariableState& variable(int i) const;
  // The object behind a resource or variant input; InvalidArgument if it is of another class.
  template <typename T>
  T& object(int i) const;
  // Makes output i a reference to a variable (VariableV2). Outputs of reference type that a kernel does not set
  // refer to the variable of input 0.
  void set_reference(int i, VariableState* variable) { outputs_[i]->variable = variable; }

  [[noreturn]] void fail(const std::string& message) const;
  void require(bool condition, const std::string& message) const { if (!condition) fail(message); }
  [[noreturn]] void fail(Code code, const std::string& message) const;

 private:
  [[noreturn]] void fail_object(int i) const;
  const Node& node_;
  std::span<Slot* const> inputs_;
  std::span<Slot* const> outputs_;
};

class Kernel {
 public:
  virtual ~Kernel() = default;
  virtual void prepare(PrepareContext& context) = 0;
  virtual void run(RunContext& context) = 0;
};

using KernelMaker = std::unique_ptr<Kernel>(const KernelSetup&);

// One row of a family's table.
struct KernelRow {
  std::string_view op;
  KernelMaker* make;
  // Inputs whose values prepare() looks at (Reshape: {1}; negative: counted from the last, ConcatV2: {-1}). Without
  // them known, the step is prepared while running.
  std::vector<int> values = {};
  // The outputs' values follow from the inputs' shapes alone (Shape, Size, Rank): they become constants.
  bool from_shapes = false;
  // What it hands out has shapes that only running tells (IteratorGetNext, QueueDequeue): a run calls it first, and
  // then picks the plan that is specialised for those shapes.
  bool runs_first = false;
};

class KernelRegistry {
 public:
  void add(std::span<const KernelRow> rows);  // a later row for an op replaces an earlier one
  const KernelRow* find(std::string_view op) const;  // null if there is none; valid until the next add
  std::vector<std::string> ops() const;

 private:
  std::vector<KernelRow> rows_;
  std::unordered_map<std::string, std::size_t> index_;
};

// The families of this room and then those of `more`: rooms above this one, a user's own operations. What a
// session uses is kernel_registry() of runtime/registry.h.
KernelRegistry make_kernel_registry(std::span<const std::span<const KernelRow>> more = {});

template <typename T>
T& RunContext::object(int i) const {
  const Tensor& handle = inputs_[i]->tensor;
  T* found = handle.elements() == 1 ? dynamic_cast<T*>(handle.object_at(0).get()) : nullptr;
  if (!found) fail_object(i);
  return *found;
}

}  // namespace tenon
