// The order in which a block runs its nodes and loops.
#pragma once

#include <vector>

#include "runtime/control_flow.h"

namespace tenon {

struct Item {
  Node* node = nullptr;
  int frame = -1;  // a whole loop, if >= 0
};

// One list per frame. Throws InvalidArgument if a loop needs what itself gives.
std::vector<std::vector<Item>> order_blocks(const Subgraph& part, const ControlFlow& flow);

}  // namespace tenon
