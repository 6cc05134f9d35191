// Random numbers: the very ones that TensorFlow draws on a CPU for the same seeds.
#pragma once

#include <span>

#include "kernels/kernel.h"

namespace tenon {

std::span<const KernelRow> random_kernels();

}  // namespace tenon
