#include "runtime/request.h"

#include <algorithm>
#include <queue>
#include <unordered_map>

#include <fmt/format.h>

#include "graph.pb.h"
#include "runtime/control_flow.h"

namespace tenon {
namespace {

void mix(std::size_t& seed, std::size_t value) { seed = (seed ^ value) * 0x9E3779B97F4A7C15ull; }

std::vector<Node*> needed_nodes(const Request& request, const EdgeSet& fed) {
  std::vector<Node*> stack, found;
  std::unordered_set<Node*> seen;
  const auto visit = [&](Node* node) {
    if (seen.insert(node).second) stack.push_back(node);
  };
  for (const Edge& fetch : request.fetches) {
    if (!fed.contains(fetch)) visit(fetch.node);
  }
  for (Node* target : request.targets) visit(target);
  while (!stack.empty()) {
    Node* node = stack.back();
    stack.pop_back();
    found.push_back(node);
    for (const Edge& input : node->inputs) {
      if (!fed.contains(input)) visit(input.node);
    }
    for (Node* control : node->control_inputs) visit(control);
  }
  return found;
}

// True if running the node can be seen in another way than by its outputs.
bool has_effect(const Node& node) {
  if (is_structural(node)) return !is_order_only(node);
  if (!node.signature || node.signature->is_stateful()) return true;
  return std::any_of(node.input_types.begin(), node.input_types.end(),
                     [](DType type) { return is_ref(type) || type == DType::Resource; });
}

std::unordered_set<const Node*> find_order_only(const Request& request, const Subgraph& part) {
  std::vector<const Node*> stack;
  std::unordered_set<const Node*> runs;
  const auto visit = [&](const Node* node) {
    if (runs.insert(node).second) stack.push_back(node);
  };
  for (const Edge& fetch : request.fetches) visit(fetch.node);
  for (const Node* target : request.targets) visit(target);
  for (const Node* node : part.nodes) {
    if (has_effect(*node)) visit(node);
  }
  while (!stack.empty()) {
    const Node* node = stack.back();
    stack.pop_back();
    for (const Edge& input : node->inputs) {
      if (!part.is_fed(input)) visit(input.node);
    }
  }
  std::unordered_set<const Node*> rest;
  for (const Node* node : part.nodes) {
    if (!runs.contains(node) || is_order_only(*node)) rest.insert(node);
  }
  return rest;
}

[[noreturn]] void throw_cycle(const std::unordered_map<Node*, int>& waiting) {
  std::vector<const Node*> stuck;
  for (const auto& [node, count] : waiting) {
    if (count > 0) stuck.push_back(node);
  }
  const auto first = std::min_element(stuck.begin(), stuck.end(), [](auto* a, auto* b) { return a->id < b->id; });
  throw Error(Code::InvalidArgument,
              fmt::format("{} nodes in a cycle, among them {}; only NextIteration may close one", stuck.size(),
                          describe(**first)));
}

}  // namespace

std::size_t RequestHash::operator()(const Request& request) const {
  std::size_t seed = request.feeds.size() * 1000 + request.fetches.size();
  for (const Edge& edge : request.feeds) mix(seed, EdgeHash()(edge));
  for (const Edge& edge : request.fetches) mix(seed, EdgeHash()(edge));
  for (const Node* node : request.targets) mix(seed, std::hash<const void*>()(node));
  return seed;
}

Subgraph prune(const Request& request) {
  Subgraph part;
  part.fed.insert(request.feeds.begin(), request.feeds.end());
  const std::vector<Node*> needed = needed_nodes(request, part.fed);

  // Kahn's algorithm, the oldest ready node first: that is close to the order the program was written in.
  std::unordered_map<Node*, int> waiting;
  std::unordered_map<Node*, std::vector<Node*>> consumers;
  const auto depend = [&](Node* node, Node* on) {
    if (is_loop_head(*node) && is_next_iteration(*on)) return;
    ++waiting[node];
    consumers[on].push_back(node);
  };
  const auto newer = [](const Node* a, const Node* b) { return a->id > b->id; };
  std::priority_queue<Node*, std::vector<Node*>, decltype(newer)> ready(newer);
  for (Node* node : needed) {
    waiting[node];
    for (const Edge& input : node->inputs) {
      if (!part.is_fed(input)) depend(node, input.node);
    }
    for (Node* control : node->control_inputs) depend(node, control);
  }
  for (Node* node : needed) {
    if (waiting[node] == 0) ready.push(node);
  }
  part.nodes.reserve(needed.size());
  while (!ready.empty()) {
    Node* node = ready.top();
    ready.pop();
    part.nodes.push_back(node);
    for (Node* consumer : consumers[node]) {
      if (--waiting[consumer] == 0) ready.push(consumer);
    }
  }
  if (part.nodes.size() != needed.size()) throw_cycle(waiting);
  part.order_only = find_order_only(request, part);
  return part;
}

}  // namespace tenon
