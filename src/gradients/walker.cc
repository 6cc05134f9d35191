// Operations are visited from ys to xs, each once all the gradients of its outputs are there. What counts are the
// operations between xs and ys only: those that an x reaches through differentiable values, and that reach a y.
#include "gradients/walker.h"

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "gradients/gradient_ops.h"

namespace tenon {
namespace {

using NodeSet = std::unordered_set<const Node*>;

bool is_trainable(DType type) {
  type = base_dtype(type);
  return type == DType::Float16 || type == DType::BFloat16 || type == DType::Float32 || type == DType::Float64 ||
         is_complex(type) || type == DType::Resource || type == DType::Variant;
}

DType type_of(const Edge& edge) {
  return edge.index < edge.node->num_outputs() ? edge.node->output_types[edge.index] : DType::Invalid;
}

bool is_loop(const Node& node) {
  return node.type == "Enter" || node.type == "RefEnter" || node.type == "Exit" || node.type == "NextIteration";
}

class Walk {
 public:
  Walk(const std::vector<Output>& ys, const std::vector<Output>& xs, const WalkOptions& options)
      : graph_(ys[0].graph()), ys_(ys), xs_(xs), options_(options) {}

  Gradients run() {
    Scope scope = op_scope(graph_, options_.name, "gradients");
    graph_.unique_name("uid");
    const Gradients initial = initial_gradients();
    find_between();
    for (std::size_t i = 0; i < ys_.size(); ++i) add(ys_[i], initial[i]);
    std::deque<Node*> queue;
    NodeSet queued;
    for (const Output& y : ys_) {
      Node* node = y.op().node();
      if (pending_[node] == 0 && between_.contains(node) && queued.insert(node).second) queue.push_back(node);
    }
    find_stops();
    while (!queue.empty()) {
      Node* node = queue.front();
      queue.pop_front();
      visit(*node);
      for (const Edge& input : node->inputs)
        if (--pending_[input.node] == 0) queue.push_back(input.node);
    }
    Gradients result;
    for (const Output& x : xs_) result.push_back(found(x));
    return result;
  }

 private:
  Gradients initial_gradients() {
    Gradients result;
    for (std::size_t i = 0; i < ys_.size(); ++i) {
      const std::string name = fmt::format("grad_ys_{}", i);
      if (i < options_.grad_ys.size() && options_.grad_ys[i]) {
        result.push_back(identity(dense(options_.grad_ys[i]), name));
        continue;
      }
      const DType type = ys_[i].dtype();
      if (!is_floating(type) && !is_integer(type))
        bad_argument("gradients", fmt::format("{} of type {} needs a gradient to start from", ys_[i].name(),
                                              dtype_name(type)));
      Output sizes = shape(ys_[i]);
      result.push_back(ones(graph_, sizes, type, name));
    }
    return result;
  }

  NodeSet reached_from_xs() const {
    std::unordered_map<const Node*, std::vector<Node*>> consumers;
    for (const auto& node : graph_.nodes())
      for (const Edge& input : node->inputs)
        if (is_trainable(type_of(input))) consumers[input.node].push_back(node.get());
    NodeSet reached;
    std::vector<const Node*> stack;
    for (const Output& x : xs_) stack.push_back(x.op().node());
    while (!stack.empty()) {
      const Node* node = stack.back();
      stack.pop_back();
      if (!reached.insert(node).second) continue;
      for (Node* consumer : consumers[node]) stack.push_back(consumer);
    }
    return reached;
  }

  void find_between() {
    const NodeSet reached = reached_from_xs();
    std::vector<Node*> order;
    std::deque<Node*> queue;
    for (const Output& y : ys_) queue.push_back(y.op().node());
    while (!queue.empty()) {
      Node* node = queue.front();
      queue.pop_front();
      if (!reached.contains(node) || !between_.insert(node).second) continue;
      if (is_loop(*node))
        throw Error(Code::Unimplemented, fmt::format("{}: gradients through while loops are not made yet; those of a "
                                                     "graph that TensorFlow made can be run",
                                                     describe(*node)));
      order.push_back(node);
      for (const Edge& input : node->inputs) queue.push_back(input.node);
    }
    for (Node* node : order)
      for (const Edge& input : node->inputs)
        if (between_.contains(input.node)) ++pending_[input.node];
  }

  // xs that do not depend on other xs end the walk; so do the stop_gradients.
  void find_stops() {
    for (const Output& x : xs_) {
      const Node* node = x.op().node();
      const bool depends = std::any_of(node->inputs.begin(), node->inputs.end(),
                                       [&](const Edge& input) { return pending_[input.node] > 0; });
      if (!depends) stops_.insert(node);
    }
    stops_.insert(options_.stop_gradients.begin(), options_.stop_gradients.end());
  }

  void add(const Output& output, const Gradient& gradient) {
    auto& slots = collected_[output.op().node()];
    slots.resize(static_cast<std::size_t>(output.op().num_outputs()));
    slots[output.index()].push_back(gradient);
  }

  // The gradients of each output, summed up.
  Gradients output_gradients(Node& node) {
    auto& slots = collected_[&node];
    slots.resize(static_cast<std::size_t>(node.num_outputs()));
    Gradients result;
    for (std::vector<Gradient>& slot : slots) {
      Gradient sum = aggregate(slot);
      slot.clear();
      if (sum) slot.push_back(sum);
      result.push_back(sum);
    }
    return result;
  }

  void visit(Node& node) {
    Gradients grads = output_gradients(node);
    const bool any = std::any_of(grads.begin(), grads.end(), [](const Gradient& g) { return bool(g); });
    if (!any || stops_.contains(&node)) return;
    const GradientRow* row = gradient_registry().find(node.type);
    if (!row)
      throw Error(Code::Unimplemented,
                  fmt::format("No gradient defined for operation '{}' (op type: {}). Use stop_gradient in front of it "
                              "if none is needed.",
                              node.name, node.type));
    if (!row->gradient) return;
    for (int i = 0; i < node.num_outputs(); ++i)
      if (!grads[i] && is_trainable(node.output_types[i])) grads[i] = zeros_for(Output(&node, i));
    distribute(node, input_gradients(node, *row, grads));
  }

  Output zeros_for(const Output& output) {
    Scope scope = graph_.name_scope("zeros_like");
    return add_op("ZerosLike", scope.name(), {output});
  }

  Gradients input_gradients(Node& node, const GradientRow& row, const Gradients& grads) {
    Scope scope = graph_.name_scope(node.name + "_grad");
    GradientContext context(&node);
    Gradients result = row.gradient(context, grads);
    if (result.size() != node.inputs.size())
      throw Error(Code::Internal, fmt::format("{}: {} gradients for {} inputs", describe(node), result.size(),
                                              node.inputs.size()));
    const auto count = std::count_if(result.begin(), result.end(), [](const Gradient& g) { return bool(g); });
    if (!options_.gate || count < 2) return result;
    Scope anywhere = graph_.without_device();
    Scope apart = graph_.colocate_with(nullptr, true);
    return gate(result);
  }

  void distribute(Node& node, const Gradients& grads) {
    for (std::size_t i = 0; i < grads.size(); ++i) {
      if (!grads[i]) continue;
      const Output input = to_output(node.inputs[i]);
      if (!grads[i].sparse() && input.dtype() != DType::Resource)
        check_shape(node, static_cast<int>(i), *grads[i].values);
      add(input, grads[i]);
    }
  }

  void check_shape(const Node& node, int i, const Output& grad) {
    const PartialShape wanted = to_output(node.inputs[i]).shape();
    if (!grad.shape().compatible_with(wanted))
      throw Error(Code::InvalidArgument,
                  fmt::format("Incompatible shapes between op input and calculated input gradient. Forward operation: "
                              "{}. Input index: {}. Original input shape: {}. Calculated input gradient shape: {}",
                              node.name, i, wanted.to_string(), grad.shape().to_string()));
    set_shape(grad, wanted);
  }

  Gradient found(const Output& x) {
    auto at = collected_.find(x.op().node());
    if (at == collected_.end() || x.index() >= static_cast<int>(at->second.size())) return {};
    const std::vector<Gradient>& slot = at->second[x.index()];
    return slot.empty() ? Gradient() : slot[0];
  }

  GraphImpl& graph_;
  const std::vector<Output>& ys_;
  const std::vector<Output>& xs_;
  const WalkOptions& options_;
  NodeSet between_, stops_;
  std::unordered_map<const Node*, int> pending_;
  std::unordered_map<const Node*, std::vector<std::vector<Gradient>>> collected_;
};

}  // namespace

Gradients walk_back(const std::vector<Output>& ys, const std::vector<Output>& xs, const WalkOptions& options) {
  if (ys.empty()) bad_argument("gradients", "no ys were given");
  for (const std::vector<Output>* outputs : {&ys, &xs})
    for (const Output& output : *outputs)
      if (&output.graph() != &ys[0].graph())
        bad_argument("gradients", fmt::format("{} belongs to another graph", output.name()));
  if (!options.grad_ys.empty() && options.grad_ys.size() != ys.size())
    bad_argument("gradients", fmt::format("{} grad_ys for {} ys", options.grad_ys.size(), ys.size()));
  return Walk(ys, xs, options).run();
}

}  // namespace tenon
