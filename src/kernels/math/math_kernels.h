// Arithmetic: element by element, reductions, casts, ranges.
#pragma once

#include <span>

#include "kernels/kernel.h"

namespace tenon {

std::span<const KernelRow> math_kernels();

}  // namespace tenon
