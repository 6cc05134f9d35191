// Fusion: replaces chains of steps by one where a rule of the kernels room allows it.
#pragma once

#include "kernels/fusion.h"
#include "runtime/plan.h"

namespace tenon {

void fuse(Plan& plan, std::span<const FusionRule> rules, SessionState& state);

}  // namespace tenon
