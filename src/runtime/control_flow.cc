#include "runtime/control_flow.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include <fmt/format.h>

namespace tenon {
namespace {

// Follows copies back to the value that decides: cond's pred_id is an Identity of the predicate.
Edge predicate_of(const Node& switch_node, const Subgraph& part) {
  Edge edge = switch_node.inputs[1];
  while (!part.is_fed(edge) && (edge.node->type == "Identity" || edge.node->type == "LoopCond") &&
         edge.node->control_inputs.empty()) {
    edge = edge.node->inputs[0];
  }
  return edge;
}

class Reader {
 public:
  explicit Reader(const Subgraph& part) : part_(part) { flow_.frames.push_back({}); }

  ControlFlow read() {
    for (const Node* node : part_.nodes) {
      flow_.frame[node] = frame_of(*node);
      flow_.guard[node] = guard_of(*node);
      if (is_switch(*node)) flow_.literals[node] = switch_literals(*node);
    }
    return std::move(flow_);
  }

 private:
  // The frame that a value is in when it leaves `node`.
  int frame_after(const Node* node) const {
    const int frame = flow_.frame.at(node);
    return is_exit(*node) ? flow_.frames[frame].parent : frame;
  }

  int frame_of(const Node& node) {
    std::optional<int> outer;
    const auto meet = [&](const Node* from) {
      const auto known = flow_.frame.find(from);
      if (known == flow_.frame.end()) return;  // a loop's back edge
      const int frame = frame_after(from);
      if (outer && *outer != frame) {
        throw Error(
            Code::InvalidArgument,
            fmt::format("{} has inputs from two loops, \"{}\" and \"{}\"; values enter a loop only through Enter",
                        describe(node), flow_.frames[*outer].name, flow_.frames[frame].name));
      }
      outer = frame;
    };
    for (const Edge& input : node.inputs) {
      if (!part_.is_fed(input)) meet(input.node);
    }
    for (const Node* control : node.control_inputs) meet(control);
    const int frame = outer.value_or(0);
    if (is_exit(node) && frame == 0) {
      throw Error(Code::InvalidArgument, fmt::format("{} is not inside a loop", describe(node)));
    }
    return is_enter(node) ? child_frame(frame, node.attr<std::string>("frame_name")) : frame;
  }

  int child_frame(int parent, const std::string& name) {
    const auto [at, fresh] = children_.try_emplace({parent, name}, static_cast<int>(flow_.frames.size()));
    if (fresh) flow_.frames.push_back({parent, name});
    return at->second;
  }

  // A loop's nodes start with no guard: the loop as a whole has one.
  Guard guard_of(const Node& node) {
    if (is_loop_head(node) || node.type == "ControlTrigger") return {};
    if (is_merge(node)) return merge_guard(node);
    Guard guard;
    for (const Edge& input : node.inputs) {
      if (!part_.is_fed(input)) add(guard, flow_.value_guard(input));
    }
    for (Node* control : node.control_inputs) add(guard, flow_.control_guard(control));
    if (is_enter(node)) add(flow_.loop_guards[flow_.frame.at(&node)], guard);
    return guard;
  }

  Guard merge_guard(const Node& node) {
    std::vector<Guard> sides;
    for (const Edge& input : node.inputs) {
      sides.push_back(part_.is_fed(input) ? Guard{} : flow_.value_guard(input));
      if (sides.back().empty()) return {};
    }
    if (sides.size() == 2) {
      if (const std::optional<Guard> joined = join(sides[0], sides[1])) return *joined;
    }
    const int literal = new_literal(flow_.frame.at(&node), {});
    flow_.literals[&node] = {-1, literal};
    return {literal};
  }

  // {p false, rest} and {p true, rest} -> the guard under which p was decided, and rest.
  std::optional<Guard> join(const Guard& a, const Guard& b) const {
    Guard only_a, only_b, both;
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(only_a));
    std::set_difference(b.begin(), b.end(), a.begin(), a.end(), std::back_inserter(only_b));
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
    if (only_a.size() != 1 || only_b.size() != 1 || opposite_[only_a[0]] != only_b[0]) return std::nullopt;
    Guard joined = implied_[only_a[0]];
    add(joined, both);
    return joined;
  }

  std::pair<int, int> switch_literals(const Node& node) {
    const Edge predicate = predicate_of(node, part_);
    const Guard& guard = flow_.guard.at(&node);
    const auto key = std::make_tuple(static_cast<const void*>(predicate.node), predicate.index, guard);
    const auto known = switches_.find(key);
    if (known != switches_.end()) return known->second;
    const int frame = flow_.frame.at(&node);
    const int no = new_literal(frame, guard), yes = new_literal(frame, guard);
    opposite_[no] = yes;
    opposite_[yes] = no;
    return switches_[key] = {no, yes};
  }

  int new_literal(int frame, const Guard& implied) {
    flow_.literal_frame.push_back(frame);
    implied_.push_back(implied);
    opposite_.push_back(-1);
    return static_cast<int>(flow_.literal_frame.size()) - 1;
  }

  bool implies(int literal, int other) const {
    return std::any_of(implied_[literal].begin(), implied_[literal].end(),
                       [&](int below) { return below == other || implies(below, other); });
  }

  // guard := guard and more, without literals that others imply.
  void add(Guard& guard, const Guard& more) const {
    for (int literal : more) {
      if (std::find(guard.begin(), guard.end(), literal) != guard.end()) continue;
      if (std::any_of(guard.begin(), guard.end(), [&](int g) { return implies(g, literal); })) continue;
      std::erase_if(guard, [&](int g) { return implies(literal, g); });
      guard.insert(std::upper_bound(guard.begin(), guard.end(), literal), literal);
    }
  }

  const Subgraph& part_;
  ControlFlow flow_;
  std::map<std::pair<int, std::string>, int> children_;
  std::map<std::tuple<const void*, int, Guard>, std::pair<int, int>> switches_;
  std::vector<Guard> implied_;
  std::vector<int> opposite_;
};

bool one_of(const Node& node, std::string_view plain, std::string_view ref) {
  return node.type == plain || node.type == ref;
}

}  // namespace

bool is_switch(const Node& node) { return one_of(node, "Switch", "RefSwitch"); }
bool is_merge(const Node& node) { return one_of(node, "Merge", "RefMerge"); }
bool is_enter(const Node& node) { return one_of(node, "Enter", "RefEnter"); }
bool is_exit(const Node& node) { return one_of(node, "Exit", "RefExit"); }
bool is_next_iteration(const Node& node) { return one_of(node, "NextIteration", "RefNextIteration"); }
bool is_order_only(const Node& node) { return one_of(node, "NoOp", "ControlTrigger"); }

bool is_structural(const Node& node) {
  return is_switch(node) || is_merge(node) || is_enter(node) || is_exit(node) || is_next_iteration(node) ||
         is_order_only(node) || node.type == "LoopCond";
}

bool is_loop_head(const Node& node) {
  return is_merge(node) && std::any_of(node.inputs.begin(), node.inputs.end(),
                                       [](const Edge& input) { return is_next_iteration(*input.node); });
}

Guard ControlFlow::control_guard(const Node* from) const {
  if (is_enter(*from)) return {};
  if (is_exit(*from)) {
    const auto known = loop_guards.find(frame.at(from));
    return known == loop_guards.end() ? Guard{} : known->second;
  }
  return guard.at(from);
}

Guard ControlFlow::value_guard(Edge from) const {
  if (!is_switch(*from.node)) return control_guard(from.node);
  const auto& [no, yes] = literals.at(from.node);
  return {from.index == 0 ? no : yes};
}

ControlFlow read_control_flow(const Subgraph& part) { return Reader(part).read(); }

}  // namespace tenon
