// Kernels of control flow's helpers: Assert, stacks, TensorArrays. (Switch, Merge, Enter and their kin are no kernels:
// the runtime plans them.)
#pragma once

#include <span>

#include "kernels/kernel.h"

namespace tenon {

std::span<const KernelRow> control_kernels();

}  // namespace tenon
