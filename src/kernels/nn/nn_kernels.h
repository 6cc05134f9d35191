// Neural networks: convolutions, poolings, products, activations, normalisation, losses.
#pragma once

#include <span>

#include "kernels/kernel.h"

namespace tenon {

std::span<const KernelRow> nn_kernels();

}  // namespace tenon
