#include "graph/node_block.h"

#include <algorithm>
#include <cstdlib>
#include <new>

#include "base/huge_pages.h"

namespace tenon {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kHeader = kAlignment;  // the NodeBlock itself

static_assert(alignof(Node) <= kAlignment && sizeof(NodeBlock) <= kHeader);

}  // namespace

NodeBlock& NodeBlock::make(std::size_t places) {
  const std::size_t wanted = kHeader + places * sizeof(Node);
  const std::size_t unit = wanted < kHugeFrom ? kAlignment : kHugePage;
  const std::size_t bytes = (wanted + unit - 1) / unit * unit;
  void* memory = std::aligned_alloc(unit, bytes);
  if (memory == nullptr) throw std::bad_alloc();
  prefer_huge_pages(memory, bytes);
  return *new (memory) NodeBlock(places);
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
    block_ = &NodeBlock::make(places);
    places_ = places;
    next_ = 0;
  }
  return block_->construct(next_++);
}

}  // namespace tenon
