// Kernels of variables: making, reading, assigning and scattering into them. Those with a reference (VariableV2) and
// those with a handle (VarHandleOp) are the same kernels: RunContext::variable finds the variable behind either.
#pragma once

#include <span>

#include "kernels/kernel.h"

namespace tenon {

std::span<const KernelRow> state_kernels();

}  // namespace tenon
