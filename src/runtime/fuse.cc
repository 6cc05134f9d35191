#include "runtime/fuse.h"

#include <algorithm>
#include <optional>

namespace tenon {
namespace {

// How often each slot is read, and by which step of the block at hand.
struct Uses {
  std::vector<int> count, reader;
};

Uses count_uses(const Plan& plan, int block) {
  Uses uses{std::vector<int>(plan.slots.size(), 0), std::vector<int>(plan.slots.size(), -1)};
  for (std::size_t b = 0; b < plan.blocks.size(); ++b) {
    for (std::size_t i = 0; i < plan.blocks[b].size(); ++i) {
      for (int input : plan.blocks[b][i].inputs) {
        ++uses.count[input];
        if (static_cast<int>(b) == block) uses.reader[input] = static_cast<int>(i);
      }
    }
  }
  for (int fetch : plan.fetches) ++uses.count[fetch];
  for (const Loop& loop : plan.loops) {
    for (const auto& [inside, outside] : loop.exits) ++uses.count[inside];
    for (const Loop::Head& head : loop.heads) ++uses.count[head.next];
    for (int condition : loop.conditions) ++uses.count[condition];
  }
  return uses;
}

// The steps of the chain that starts at `first`, if the rule fits there.
std::optional<std::vector<int>> match(const std::vector<Step>& steps, const Uses& uses, int first,
                                      const FusionRule& rule) {
  std::vector<int> chain{first};
  for (std::size_t i = 0;; ++i) {
    const Step& step = steps[chain.back()];
    if (step.kind != Step::Kind::Kernel || !step.fused.empty() || step.node->type != rule.ops[i] ||
        step.guard != steps[first].guard) {
      return std::nullopt;
    }
    if (i + 1 == rule.ops.size()) return chain;
    const int value = step.outputs[0];
    const bool others_used = std::any_of(step.outputs.begin() + 1, step.outputs.end(),
                                         [&](int output) { return uses.count[output] > 0; });
    if (others_used || uses.count[value] != 1 || uses.reader[value] < 0) return std::nullopt;
    chain.push_back(uses.reader[value]);
  }
}

Step fused_step(const std::vector<Step>& steps, const std::vector<int>& chain, const FusionRule& rule) {
  Step step = steps[chain.back()];
  step.node = steps[chain.front()].node;
  step.row = nullptr;
  step.make = rule.make;
  step.inputs.clear();
  std::vector<int> inside;
  for (int index : chain) {
    step.fused.push_back(const_cast<Node*>(steps[index].node));
    for (int input : steps[index].inputs) {
      if (std::find(inside.begin(), inside.end(), input) == inside.end()) step.inputs.push_back(input);
    }
    inside.push_back(steps[index].outputs[0]);
  }
  step.outputs = {steps[chain.back()].outputs[0]};
  return step;
}

bool has_kernel(const Step& step, SessionState& state) {
  return step.make({*step.node, step.fused, state}) != nullptr;
}

}  // namespace

void fuse(Plan& plan, std::span<const FusionRule> rules, SessionState& state) {
  for (std::size_t block = 0; block < plan.blocks.size(); ++block) {
    std::vector<Step>& steps = plan.blocks[block];
    const Uses uses = count_uses(plan, static_cast<int>(block));
    std::vector<bool> gone(steps.size(), false);
    for (const FusionRule& rule : rules) {
      for (std::size_t i = 0; i < steps.size(); ++i) {
        if (gone[i]) continue;
        const auto chain = match(steps, uses, static_cast<int>(i), rule);
        if (!chain) continue;
        Step step = fused_step(steps, *chain, rule);
        if (!has_kernel(step, state)) continue;
        for (int index : *chain) gone[index] = true;
        gone[chain->back()] = false;
        steps[chain->back()] = std::move(step);
      }
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (gone[i]) continue;
      if (kept != i) steps[kept] = std::move(steps[i]);
      ++kept;
    }
    steps.resize(kept);
  }
}

}  // namespace tenon
