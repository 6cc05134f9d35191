// BiasAdd and BiasAddGrad.
#pragma once

#include "kernels/kernel.h"

namespace tenon {

std::unique_ptr<Kernel> make_bias_add(const KernelSetup& setup);
std::unique_ptr<Kernel> make_bias_add_grad(const KernelSetup& setup);

}  // namespace tenon
