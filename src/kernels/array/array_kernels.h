// Making, moving and asking about arrays; no arithmetic.
#pragma once

#include <span>

#include "kernels/kernel.h"

namespace tenon {

std::span<const KernelRow> array_kernels();

}  // namespace tenon
