// Stacks: what a while loop's gradient takes back, last first. A stack lives for one run: StackV2 makes a new one
// each time it runs.
#include <fmt/format.h>

#include "kernels/kernel.h"

namespace tenon {
namespace {

class Stack final : public Object {
 public:
  Stack(std::string name, DType type, std::int64_t max_size)
      : name_(std::move(name)), type_(type), max_size_(max_size) {}

  DType type() const { return type_; }
  bool full() const { return max_size_ >= 0 && static_cast<std::int64_t>(values_.size()) >= max_size_; }
  bool empty() const { return values_.empty(); }
  void push(Tensor value) { values_.push_back(std::move(value)); }
  Tensor pop() {
    Tensor value = std::move(values_.back());
    values_.pop_back();
    return value;
  }
  void close() { values_.clear(); }
  std::string describe() const override { return "stack " + name_; }

 private:
  const std::string name_;
  const DType type_;
  const std::int64_t max_size_;
  std::vector<Tensor> values_;
};

class StackV2 final : public Kernel {
 public:
  explicit StackV2(const Node& node) : node_(node), type_(node.attr<DType>("elem_type")) {}
  void prepare(PrepareContext& c) override { c.dynamic_output(0); }
  void run(RunContext& c) override {
    const std::int64_t max_size = c.input(0).scalar<std::int32_t>();
    c.set_output(0, Tensor::object(DType::Resource, std::make_shared<Stack>(node_.name, type_, max_size)));
  }

 private:
  const Node& node_;
  const DType type_;
};

class StackPush final : public Kernel {
 public:
  void prepare(PrepareContext& c) override { c.provide_output(0, c.input_shape(1)); }
  void run(RunContext& c) override {
    Stack& stack = c.object<Stack>(0);
    if (stack.type() != c.input(1).dtype()) {
      c.fail(fmt::format("Must have type {} but got {}", dtype_name(stack.type()), dtype_name(c.input(1).dtype())));
    }
    if (stack.full()) c.fail(fmt::format("{} overflowed its max_size", stack.describe()));
    Tensor value = c.keep(1);
    stack.push(value);
    c.set_output(0, std::move(value));
  }
};

class StackPop final : public Kernel {
 public:
  void prepare(PrepareContext& c) override { c.dynamic_output(0); }
  void run(RunContext& c) override {
    Stack& stack = c.object<Stack>(0);
    if (stack.empty()) c.fail(fmt::format("{} is empty when calling Pop()", stack.describe()));
    c.set_output(0, stack.pop());
  }
};

class StackClose final : public Kernel {
 public:
  void prepare(PrepareContext&) override {}
  void run(RunContext& c) override { c.object<Stack>(0).close(); }
};

}  // namespace

std::unique_ptr<Kernel> make_stack(const KernelSetup& setup) { return std::make_unique<StackV2>(setup.node); }
std::unique_ptr<Kernel> make_stack_push(const KernelSetup&) { return std::make_unique<StackPush>(); }
std::unique_ptr<Kernel> make_stack_pop(const KernelSetup&) { return std::make_unique<StackPop>(); }
std::unique_ptr<Kernel> make_stack_close(const KernelSetup&) { return std::make_unique<StackClose>(); }

}  // namespace tenon
