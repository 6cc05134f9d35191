#include "graph/node_block.h"

#include <algorithm>
#include <cstdlib>
#include <new>

#include "base/huge_pages.h"

namespace tenon {
namespace {

constexpr std::size_t kHeader = 64;  // the NodeBlock itself; keeps the alignment

static_assert(alignof(Node) <= kHeader && sizeof(NodeBlock) <= kHeader);

}  // namespace

NodeBlock& NodeBlock::make(std::size_t places, GraphImpl& graph) {
  void* memory = allocate_aligned(kHeader + places * sizeof(Node));
  if (memory == nullptr) throw std::bad_alloc();
  return *new (memory) NodeBlock(places, graph);
}

Node* NodeBlock::at(std::size_t place) {
  return reinterpret_cast<Node*>(reinterpret_cast<std::byte*>(this) + kHeader) + place;
}

NodePtr NodeBlock::construct(std::size_t place) noexcept {
  Node* node = new (at(place)) Node;
  node->block = this;
  return NodePtr(node);
}

void NodeBlock::release(std::size_t places) noexcept {
  if (places == 0 || left_.fetch_sub(places) != places) return;
  this->~NodeBlock();
  std::free(this);
}

void NodeDeleter::operator()(Node* node) const noexcept {
  NodeBlock* block = node->block;
  node->~Node();
  block->release(1);
}

NodePool::~NodePool() {
  if (block_ != nullptr) block_->release(places_ - next_);
}

NodePtr NodePool::make() {
  constexpr std::size_t kFirst = 8, kMost = 4096;
  if (next_ == places_) {
    const std::size_t places = places_ == 0 ? kFirst : std::min(kMost, 2 * places_);
    block_ = &NodeBlock::make(places, graph_);
    places_ = places;
    next_ = 0;
  }
  return block_->construct(next_++);
}

}  // namespace tenon
