// L2Loss: half the sum of the squares.
#pragma once

#include "kernels/kernel.h"

namespace tenon {

std::unique_ptr<Kernel> make_l2_loss(const KernelSetup& setup);

}  // namespace tenon
