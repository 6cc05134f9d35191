// Request: what one Session::run asks for, and the part of the graph that it needs.
#pragma once

#include <unordered_set>
#include <vector>

#include "graph/graph_impl.h"

namespace tenon {

struct Request {
  std::vector<Edge> feeds;
  std::vector<Edge> fetches;
  std::vector<Node*> targets;
  bool operator==(const Request&) const = default;
};

struct RequestHash {
  std::size_t operator()(const Request& request) const;
};

struct EdgeHash {
  std::size_t operator()(const Edge& edge) const {
    return std::hash<const void*>()(edge.node) * 31 + static_cast<std::size_t>(edge.index);
  }
};
using EdgeSet = std::unordered_set<Edge, EdgeHash>;

// The nodes that the fetches and targets depend on, feeds cut off.
struct Subgraph {
  std::vector<Node*> nodes;  // every producer before its consumers, but for the back edges of loops
  EdgeSet fed;
  // Nodes that others wait for but whose values nobody needs, and that change nothing: they order, but do not run. (A
  // gradient waits for all gradients of its op, so the image's gradient of the first layer would be computed for none.)
  std::unordered_set<const Node*> order_only;
  bool is_fed(Edge edge) const { return fed.contains(edge); }
};

// Throws InvalidArgument for a cycle that is not a loop's.
Subgraph prune(const Request& request);

}  // namespace tenon
