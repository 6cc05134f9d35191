#include "runtime/order.h"

#include <algorithm>
#include <queue>

#include <fmt/format.h>

namespace tenon {
namespace {

bool writes_variable(const Node& node) {
  if (is_structural(node)) return false;
  if (node.type.str().starts_with("Resource") || node.type.str().starts_with("Assign")) {
    return node.type != "ResourceGather" && node.type != "ResourceGatherNd";
  }
  return std::any_of(node.input_types.begin(), node.input_types.end(), is_ref) &&
         std::any_of(node.output_types.begin(), node.output_types.end(), is_ref);
}

// Kahn's algorithm over the nodes of one frame, a loop inside it taken as one item.
class BlockOrder {
 public:
  BlockOrder(const Subgraph& part, const ControlFlow& flow, int frame) : part_(part), flow_(flow), frame_(frame) {}

  std::vector<Item> order() {
    for (Node* node : part_.nodes) {
      const int at = flow_.frame.at(node);
      if (at == frame_ && !is_enter(*node)) {
        const int item = item_of(node);
        if (is_exit(*node)) continue;  // the loop gives it
        if (!is_loop_head(*node)) depend_on_inputs(item, *node);
      } else if (is_enter(*node) && flow_.frames[at].parent == frame_) {
        depend_on_inputs(item_of(node), *node);
      }
    }
    return run();
  }

 private:
  struct State {
    Item item;
    int waiting = 0;
    int age = 0;
    bool writes = false;
    std::vector<int> consumers;
  };

  // The item of this block that makes what `node` gives; -1 if it is there when the block starts.
  int item_of(Node* node) {
    const int at = flow_.frame.at(node);
    if (at == frame_) {
      if (is_enter(*node)) return -1;
      return state(nodes_.try_emplace(node, -1).first->second, {node, -1}, node->id, writes_variable(*node));
    }
    return state(loops_.try_emplace(at, -1).first->second, {nullptr, at}, node->id, false);
  }

  int state(int& index, Item item, int age, bool writes) {
    if (index < 0) {
      index = static_cast<int>(states_.size());
      states_.push_back({item, 0, age, writes, {}});
    }
    return index;
  }

  void depend_on_inputs(int item, const Node& node) {
    for (const Edge& input : node.inputs) {
      if (!part_.is_fed(input)) depend(item, input.node);
    }
    for (Node* control : node.control_inputs) depend(item, control);
  }

  void depend(int item, Node* on) {
    // An Exit stands in its own loop's frame: seen from here it is the loop.
    const int from = item_of(on);
    if (from < 0 || from == item) return;
    states_[from].consumers.push_back(item);
    ++states_[item].waiting;
  }

  std::vector<Item> run() {
    const auto later = [this](int a, int b) {
      const State &x = states_[a], &y = states_[b];
      return x.writes != y.writes ? x.writes : x.age > y.age;
    };
    std::priority_queue<int, std::vector<int>, decltype(later)> ready(later);
    for (std::size_t i = 0; i < states_.size(); ++i) {
      if (states_[i].waiting == 0) ready.push(static_cast<int>(i));
    }
    std::vector<Item> items;
    std::size_t done = 0;
    while (!ready.empty()) {
      const int next = ready.top();
      ready.pop();
      ++done;
      items.push_back(states_[next].item);
      for (int consumer : states_[next].consumers) {
        if (--states_[consumer].waiting == 0) ready.push(consumer);
      }
    }
    if (done != states_.size()) {
      throw Error(
          Code::InvalidArgument,
          fmt::format("the loop \"{}\" cannot be ordered: part of it needs what another part gives only at the end",
                      frame_ == 0 ? "(outermost)" : flow_.frames[frame_].name));
    }
    return items;
  }

  const Subgraph& part_;
  const ControlFlow& flow_;
  const int frame_;
  std::vector<State> states_;
  std::unordered_map<const Node*, int> nodes_;
  std::unordered_map<int, int> loops_;
};

}  // namespace

std::vector<std::vector<Item>> order_blocks(const Subgraph& part, const ControlFlow& flow) {
  std::vector<std::vector<Item>> blocks;
  for (std::size_t frame = 0; frame < flow.frames.size(); ++frame) {
    blocks.push_back(BlockOrder(part, flow, static_cast<int>(frame)).order());
  }
  return blocks;
}

}  // namespace tenon
