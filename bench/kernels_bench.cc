// Milliseconds and GFLOP/s of the kernels that a training step of the MNIST example consists of, batch 64.
//
//   kernels_bench [ROUNDS]
//
// Each line is the median over the rounds; a round runs all kernels one after the other, as a step does.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "graph/graph_impl.h"
#include "kernels/fusion.h"
#include "kernels/kernel.h"
#include "kernels/nn/nn_kernels.h"

namespace tenon {
namespace {

using Ints = std::vector<std::int64_t>;
using Attrs = std::vector<std::pair<std::string, AttrInit>>;

double now_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Tensor values(const Shape& shape) {
  Tensor tensor(DType::Float32, shape);
  std::int64_t i = 0;
  for (float& value : tensor.flat<float>()) value = 0.001f * static_cast<float>(i++ * 7919 % 1000) - 0.5f;
  return tensor;
}

// One kernel with its inputs and outputs, prepared.
class Layer {
 public:
  Layer(std::string label, double mflop, const std::vector<std::string>& ops, const Attrs& attrs,
        std::vector<Tensor> inputs)
      : label_(std::move(label)), mflop_(mflop) {
    make_chain(ops, attrs, inputs);
    for (Tensor& input : inputs) in_.push_back({std::move(input)});
    for (Slot& slot : in_) in_pointers_.push_back(&slot);
    const Node& node = *chain_.front();
    if (ops.size() == 1) {
      for (const KernelRow& row : nn_kernels()) {
        if (row.op == ops[0]) kernel_ = row.make({node, {}, state_});
      }
    } else {
      for (const FusionRule& rule : fusion_rules()) {
        if (std::equal(ops.begin(), ops.end(), rule.ops.begin(), rule.ops.end()))
          kernel_ = rule.make({node, chain_, state_});
      }
    }
    std::vector<OutputPlan> plans(chain_.back()->num_outputs());
    PrepareContext context(node, in_pointers_, plans);
    kernel_->prepare(context);
    for (const OutputPlan& plan : plans) out_.push_back({Tensor::zeros(DType::Float32, plan.shape)});
    for (Slot& slot : out_) out_pointers_.push_back(&slot);
  }

  void run() {
    RunContext context(*chain_.front(), in_pointers_, out_pointers_);
    const double start = now_ms();
    kernel_->run(context);
    times_.push_back(now_ms() - start);
  }

  // The median and the least.
  std::pair<double, double> report() {
    std::sort(times_.begin(), times_.end());
    const double median = times_[times_.size() / 2];
    std::printf("%-34s %8.3f ms  best %8.3f", label_.c_str(), median, times_[0]);
    if (mflop_ > 0) std::printf("  %6.0f GFLOP/s", mflop_ / median);
    std::printf("\n");
    return {median, times_[0]};
  }

 private:
  void make_chain(const std::vector<std::string>& ops, const Attrs& attrs, const std::vector<Tensor>& inputs) {
    std::vector<Edge> edges;
    for (const Tensor& input : inputs) {
      edges.push_back({graph_.add({.type = "Placeholder", .attrs = {{"dtype", input.dtype()}}}), 0});
    }
    if (ops.size() == 1) {
      chain_.push_back(graph_.add({.type = ops[0], .inputs = edges, .attrs = attrs}));
      return;
    }
    // All inputs but the chain's own go to the first operation, and the last one to the second.
    chain_.push_back(graph_.add({.type = ops[0], .inputs = {edges.begin(), edges.end() - 1}, .attrs = attrs}));
    chain_.push_back(graph_.add({.type = ops[1], .inputs = {{chain_[0], 0}, edges.back()}}));
    if (ops.size() == 3) chain_.push_back(graph_.add({.type = ops[2], .inputs = {{chain_[1], 0}}}));
  }

  std::string label_;
  double mflop_;
  GraphImpl graph_;
  SessionState state_;
  std::vector<Node*> chain_;
  std::unique_ptr<Kernel> kernel_;
  std::deque<Slot> in_, out_;
  std::vector<Slot*> in_pointers_, out_pointers_;
  std::vector<double> times_;
};

Tensor sizes(const Shape& shape) { return Tensor(std::vector<std::int32_t>(shape.begin(), shape.end())); }

class Step {
 public:
  void conv(const std::string& name, std::int64_t side, std::int64_t in, std::int64_t out, bool input_grad) {
    const double mflop = 2e-6 * kBatch * side * side * 25 * in * out;
    const Attrs attrs{{"strides", Ints{1, 1, 1, 1}}, {"padding", std::string("SAME")}};
    const Shape image{kBatch, side, side, in}, filter{5, 5, in, out}, result{kBatch, side, side, out};
    add(name + " conv+bias+relu", mflop, {"Conv2D", "BiasAdd", "Relu"}, attrs,
        {values(image), values(filter), values({out})});
    add(name + " conv", mflop, {"Conv2D"}, attrs, {values(image), values(filter)}, false);
    add(name + " filter gradient", mflop, {"Conv2DBackpropFilter"}, attrs,
        {values(image), sizes(filter), values(result)});
    if (input_grad) {
      add(name + " input gradient", mflop, {"Conv2DBackpropInput"}, attrs,
          {sizes(image), values(filter), values(result)});
    }
    add(name + " bias gradient", 0, {"BiasAddGrad"}, {}, {values(result)});
    add(name + " relu gradient", 0, {"ReluGrad"}, {}, {values(result), values(result)}, false);
    const Attrs pool{{"ksize", Ints{1, 2, 2, 1}}, {"strides", Ints{1, 2, 2, 1}}, {"padding", std::string("SAME")}};
    const Shape pooled{kBatch, side / 2, side / 2, out};
    add(name + " pool", 0, {"MaxPool"}, pool, {values(result)});
    add(name + " pool gradient", 0, {"MaxPoolGrad"}, pool, {values(result), values(pooled), values(pooled)}, false);
    const Tensor image_values = values(result);
    add(name + " pool+relu gradient", 0, {"MaxPoolGrad", "ReluGrad"}, pool,
        {image_values, values(pooled), values(pooled), image_values});
  }

  void dense(const std::string& name, std::int64_t in, std::int64_t out, bool relu) {
    const double mflop = 2e-6 * kBatch * in * out;
    std::vector<std::string> ops{"MatMul", "BiasAdd"};
    if (relu) ops.push_back("Relu");
    add(name + (relu ? " product+bias+relu" : " product+bias"), mflop, ops, {},
        {values({kBatch, in}), values({in, out}), values({out})});
    add(name + " weights gradient", mflop, {"MatMul"}, {{"transpose_a", true}},
        {values({kBatch, in}), values({kBatch, out})});
    add(name + " input gradient", mflop, {"MatMul"}, {{"transpose_b", true}},
        {values({kBatch, out}), values({in, out})});
    add(name + " bias gradient", 0, {"BiasAddGrad"}, {}, {values({kBatch, out})});
    if (relu) add(name + " relu gradient", 0, {"ReluGrad"}, {}, {values({kBatch, out}), values({kBatch, out})});
  }

  void cross_entropy() {
    add("cross entropy", 0, {"SoftmaxCrossEntropyWithLogits"}, {}, {values({kBatch, 10}), values({kBatch, 10})});
  }

  void run(int rounds) {
    for (int i = -3; i < rounds; ++i) {
      for (auto& layer : layers_) layer.layer->run();
    }
    double sum = 0, best = 0;
    for (auto& layer : layers_) {
      const auto [ms, least] = layer.layer->report();
      if (layer.counts) sum += ms;
      if (layer.counts) best += least;
    }
    std::printf("%-34s %8.3f ms  best %8.3f  (of what a step with fused kernels consists of)\n", "sum", sum, best);
  }

 private:
  static constexpr std::int64_t kBatch = 64;
  struct Entry {
    std::unique_ptr<Layer> layer;
    bool counts;
  };
  void add(const std::string& label, double mflop, const std::vector<std::string>& ops, const Attrs& attrs,
           std::vector<Tensor> inputs, bool counts = true) {
    layers_.push_back({std::make_unique<Layer>(label, mflop, ops, attrs, std::move(inputs)), counts});
  }
  std::vector<Entry> layers_;
};

}  // namespace
}  // namespace tenon

int main(int argc, char** argv) {
  tenon::Step step;
  step.conv("conv1", 28, 1, 32, false);
  step.conv("conv2", 14, 32, 64, true);
  step.dense("dense1", 3136, 512, true);
  step.dense("dense2", 512, 10, false);
  step.cross_entropy();
  step.run(argc > 1 ? std::max(1, std::atoi(argv[1])) : 30);
}
