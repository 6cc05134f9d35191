// Where nodes live: side by side, so that a pass over a large graph runs through memory forward.
//
//   NodeBlock& block = NodeBlock::make(2, graph);
//   NodePtr a = block.construct(0), b = block.construct(1);
//
// A block goes when the last of its nodes has gone; places that never get a node are given up with release().
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "graph/node.h"

namespace tenon {

struct NodeDeleter {
  void operator()(Node* node) const noexcept;
};
using NodePtr = std::unique_ptr<Node, NodeDeleter>;

class NodeBlock {
 public:
  static NodeBlock& make(std::size_t places, GraphImpl& graph);
  // Several threads may do so at the same time, for different places. REQUIRES: a place without a node
  NodePtr construct(std::size_t place) noexcept;
  void release(std::size_t places) noexcept;

  GraphImpl& graph() const { return graph_; }
  // REQUIRES: a place that has a node
  Node* at(std::size_t place);

 private:
  NodeBlock(std::size_t places, GraphImpl& graph) : graph_(graph), left_(places) {}

  GraphImpl& graph_;  // of the nodes
  std::atomic<std::size_t> left_;
};

// Makes the nodes of a graph one by one, in blocks.
class NodePool {
 public:
  explicit NodePool(GraphImpl& graph) : graph_(graph) {}
  ~NodePool();
  NodePool(const NodePool&) = delete;
  NodePool& operator=(const NodePool&) = delete;

  NodePtr make();

 private:
  GraphImpl& graph_;
  NodeBlock* block_ = nullptr;
  std::size_t next_ = 0, places_ = 0;
};

}  // namespace tenon
