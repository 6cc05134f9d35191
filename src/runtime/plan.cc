#include "runtime/plan.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "runtime/fuse.h"
#include "runtime/order.h"

namespace tenon {
namespace {

using NodesOfTypes = std::map<std::string, std::vector<const Node*>>;

// "'Zeta' (2 nodes, such as "z"), 'Zip' (1 node, such as "y")"
std::string list_of(const NodesOfTypes& types) {
  std::string list;
  for (const auto& [type, nodes] : types) {
    list += fmt::format("{}'{}' ({} node{}, such as \"{}\")", list.empty() ? "" : ", ", type, nodes.size(),
                        nodes.size() == 1 ? "" : "s", nodes.front()->name);
  }
  return list;
}

void require_kernels(const Subgraph& part, const KernelRegistry& kernels) {
  NodesOfTypes unknown, missing;
  for (const Node* node : part.nodes) {
    if (is_structural(*node) || part.order_only.contains(node) || kernels.find(node->type)) continue;
    (node->signature ? missing : unknown)[node->type].push_back(node);
  }
  if (unknown.empty() && missing.empty()) return;
  std::string text;
  if (!unknown.empty()) text = fmt::format("Op type not registered {}", list_of(unknown));
  if (!missing.empty()) text += fmt::format("{}no kernel for {}", text.empty() ? "" : "; ", list_of(missing));
  throw Error(Code::Unimplemented, fmt::format("{}. Fetch something that does not need {}, or register {}", text,
                                               unknown.size() + missing.size() == 1 ? "it" : "them",
                                               unknown.empty() ? "a kernel" : "the op and a kernel"));
}

// Turns ordered nodes into steps.
class PlanBuilder {
 public:
  PlanBuilder(const Request& request, const Subgraph& part, const ControlFlow& flow, const KernelRegistry& kernels)
      : request_(request), part_(part), flow_(flow), kernels_(kernels) {}

  Plan build() {
    const std::vector<std::vector<Item>> order = order_blocks(part_, flow_);
    plan_.num_literals = static_cast<int>(flow_.literal_frame.size());
    plan_.blocks.resize(flow_.frames.size());
    plan_.block_literals.resize(flow_.frames.size());
    for (int i = 0; i < plan_.num_literals; ++i) plan_.block_literals[flow_.literal_frame[i]].push_back(i);
    for (const Edge& feed : request_.feeds) {
      plan_.feeds.push_back(slot(feed));
      plan_.feed_names.push_back(to_output(feed).name());
    }
    for (std::size_t frame = 0; frame < order.size(); ++frame) {
      for (const Item& item : order[frame]) add_item(static_cast<int>(frame), item);
    }
    for (const Edge& fetch : request_.fetches) {
      plan_.fetches.push_back(fetched_slot(fetch));
      plan_.fetch_guards.push_back(part_.is_fed(fetch) ? Guard{} : flow_.value_guard(fetch));
    }
    return std::move(plan_);
  }

 private:
  int new_slot(DType type, const Node* node, int index) {
    plan_.slots.push_back({type, node, index});
    return static_cast<int>(plan_.slots.size()) - 1;
  }

  int slot(Edge edge) {
    const auto [at, fresh] = slots_.try_emplace(edge, -1);
    if (fresh) {
      if (edge.index >= edge.node->num_outputs()) {
        throw Error(Code::InvalidArgument, fmt::format("{} has only {} outputs; output {} was asked for",
                                                       describe(*edge.node), edge.node->num_outputs(), edge.index));
      }
      at->second = new_slot(base_dtype(edge.node->output_types[edge.index]), edge.node, edge.index);
    }
    return at->second;
  }

  bool is_reference(Edge edge) const {
    return !part_.is_fed(edge) && is_ref(edge.node->output_types[edge.index]);
  }

  // The slot of a node's input; where a reference meets an input that wants a value, a Load comes in between.
  int input_slot(const Node& node, int i, int block) {
    const Edge edge = node.inputs[i];
    const bool wants_reference = i < static_cast<int>(node.input_types.size()) && is_ref(node.input_types[i]);
    if (wants_reference || !is_reference(edge)) return slot(edge);
    const int value = new_slot(base_dtype(edge.node->output_types[edge.index]), edge.node, edge.index);
    add_load(node, slot(edge), value, block);
    return value;
  }

  void add_load(const Node& reader, int reference, int value, int block) {
    Step step;
    step.kind = Step::Kind::Load;
    step.node = &reader;
    step.inputs = {reference};
    step.outputs = {value};
    step.guard = flow_.guard.at(&reader);
    plan_.blocks[block].push_back(std::move(step));
  }

  // A fetch of a variable is its value at the end of the run.
  int fetched_slot(Edge fetch) {
    if (!part_.is_fed(fetch) && flow_.frame.at(fetch.node) != 0 && !is_exit(*fetch.node)) {
      throw Error(Code::InvalidArgument,
                  fmt::format("{} is inside the loop \"{}\" and cannot be fetched; fetch the loop's result instead",
                              describe(*fetch.node), flow_.frames[flow_.frame.at(fetch.node)].name));
    }
    if (!is_reference(fetch)) return slot(fetch);
    const int value = new_slot(base_dtype(fetch.node->output_types[fetch.index]), fetch.node, fetch.index);
    add_load(*fetch.node, slot(fetch), value, 0);
    return value;
  }

  void add_item(int block, const Item& item) {
    if (item.frame >= 0) return add_loop(block, item.frame);
    const Node& node = *item.node;
    if (part_.order_only.contains(&node) || is_enter(node) || is_exit(node) || is_loop_head(node)) return;
    if (node.type == "Identity" && is_reference_input(node)) {
      add_load(node, slot(node.inputs[0]), slot({item.node, 0}), block);
      return;
    }
    Step step;
    step.node = &node;
    step.guard = flow_.guard.at(&node);
    for (int i = 0; i < static_cast<int>(node.inputs.size()); ++i) step.inputs.push_back(input_slot(node, i, block));
    for (int i = 0; i < node.num_outputs(); ++i) step.outputs.push_back(slot({item.node, i}));
    classify(step);
    plan_.blocks[block].push_back(std::move(step));
  }

  bool is_reference_input(const Node& node) const {
    return is_reference(node.inputs[0]) && !(node.input_types.size() > 0 && is_ref(node.input_types[0]));
  }

  void classify(Step& step) {
    const Node& node = *step.node;
    if (is_switch(node)) {
      step.kind = Step::Kind::Switch;
      step.literals = flow_.literals.at(&node);
    } else if (is_merge(node)) {
      step.kind = Step::Kind::Merge;
      const auto own = flow_.literals.find(&node);
      if (own != flow_.literals.end()) {
        step.literals = own->second;
        step.guard.clear();  // the step decides whether anything came
      }
      for (const Edge& input : node.inputs) {
        step.input_guards.push_back(part_.is_fed(input) ? Guard{} : flow_.value_guard(input));
      }
    } else if (is_next_iteration(node) || node.type == "LoopCond") {
      step.kind = Step::Kind::Copy;
    } else {
      step.row = kernels_.find(node.type);
      step.make = step.row->make;
      if (node.type == "VariableV2" || node.type == "Variable" || node.type == "VarHandleOp") {
        plan_.variables.push_back(&node);
      }
    }
  }

  void add_loop(int block, int frame) {
    Step step;
    step.kind = Step::Kind::Loop;
    step.loop = static_cast<int>(plan_.loops.size());
    const auto guard = flow_.loop_guards.find(frame);
    if (guard != flow_.loop_guards.end()) step.guard = guard->second;
    Loop loop;
    loop.block = frame;
    for (Node* node : part_.nodes) {
      if (flow_.frame.at(node) != frame) continue;
      if (!step.node) step.node = node;
      if (is_enter(*node)) {
        const int outside = enter_slot(*node, block);
        loop.enters.push_back({outside, slot({node, 0})});
        step.inputs.push_back(outside);
      } else if (is_exit(*node)) {
        const int outside = slot({node, 0});
        loop.exits.push_back({slot(node->inputs[0]), outside});
        step.outputs.push_back(outside);
      } else if (is_loop_head(*node)) {
        add_head(loop, *node);
      } else if (node->type == "LoopCond") {
        loop.conditions.push_back(slot({node, 0}));
      }
    }
    if (loop.conditions.empty()) {
      throw Error(Code::InvalidArgument, fmt::format("the loop \"{}\" (around {}) has no LoopCond; it would never end",
                                                     flow_.frames[frame].name, describe(*step.node)));
    }
    plan_.loops.push_back(std::move(loop));
    plan_.blocks[block].push_back(std::move(step));
  }

  int enter_slot(const Node& node, int block) {
    const Edge input = node.inputs[0];
    if (node.type == "Enter" && is_reference(input)) {
      const int value = new_slot(base_dtype(input.node->output_types[input.index]), input.node, input.index);
      add_load(node, slot(input), value, block);
      return value;
    }
    return slot(input);
  }

  void add_head(Loop& loop, Node& node) {
    Loop::Head head{slot({&node, 0}), -1, -1};
    for (const Edge& input : node.inputs) {
      (is_next_iteration(*input.node) ? head.next : head.enter) = slot(input);
    }
    if (head.enter < 0) {
      throw Error(Code::InvalidArgument, fmt::format("{} has no input from outside its loop", describe(node)));
    }
    loop.heads.push_back(head);
  }

  const Request& request_;
  const Subgraph& part_;
  const ControlFlow& flow_;
  const KernelRegistry& kernels_;
  Plan plan_;
  std::unordered_map<Edge, int, EdgeHash> slots_;
};

// Steps that must run before shapes are known move to the front, with what they need; only if that is all sources
// (handles, constants), so that nothing is done twice or out of order.
void move_prologue(Plan& plan) {
  std::vector<Step>& steps = plan.blocks[0];
  std::vector<int> maker(plan.slots.size(), -1);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    for (int output : steps[i].outputs) maker[output] = static_cast<int>(i);
  }
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Step& step = steps[i];
    if (step.kind != Step::Kind::Kernel || !step.row || !step.row->runs_first || !step.guard.empty()) continue;
    if (!step.node->control_inputs.empty()) continue;
    std::vector<int> needed;
    bool sources_only = true;
    for (int input : step.inputs) {
      const int from = maker[input];
      if (from < 0) continue;
      needed.push_back(from);
      const Step& source = steps[from];
      sources_only = sources_only && source.kind == Step::Kind::Kernel && source.inputs.empty() &&
                     source.guard.empty() && source.node->control_inputs.empty();
    }
    if (!sources_only) continue;
    for (int from : needed) steps[from].runs_first = true;
    steps[i].runs_first = true;
  }
  const auto end = std::stable_partition(steps.begin(), steps.end(), [](const Step& step) { return step.runs_first; });
  plan.num_prologue = static_cast<int>(end - steps.begin());
}

}  // namespace

Plan make_plan(const Request& request, const KernelRegistry& kernels, SessionState& state) {
  const Subgraph part = prune(request);
  require_kernels(part, kernels);
  const ControlFlow flow = read_control_flow(part);
  Plan plan = PlanBuilder(request, part, flow, kernels).build();
  fuse(plan, fusion_rules(), state);
  move_prologue(plan);
  return plan;
}

}  // namespace tenon
