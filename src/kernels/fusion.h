// Fusion: chains of operations that one kernel computes at once, Conv2D -> BiasAdd -> Relu.
//
// A planner may replace a chain of nodes n0 -> n1 -> ... whose types are a rule's `ops` by one step where each node
// but the last has output 0 consumed by the next node alone, and no other output consumed by anyone. The step's
// inputs are the inputs of n0, n1, ... in order, without those that the chain itself makes; its output is output 0
// of the last node. Longer rules come first.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "kernels/kernel.h"

namespace tenon {

struct FusionRule {
  std::vector<std::string_view> ops;
  // Takes the chain in KernelSetup::fused. Null if this chain has no fused kernel (its dtype, its layout, the place
  // where the chain's value enters the next node): the nodes are then steps of their own.
  KernelMaker* make;
};

std::span<const FusionRule> fusion_rules();

}  // namespace tenon
