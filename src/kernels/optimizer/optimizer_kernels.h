// Kernels that train: the update rules of TensorFlow's optimizers, on references (ApplyAdam) and handles
// (ResourceApplyAdam), with dense gradients and with gradients of some rows (SparseApplyMomentum).
#pragma once

#include <span>

#include "kernels/kernel.h"

namespace tenon {

std::span<const KernelRow> optimizer_kernels();

}  // namespace tenon
