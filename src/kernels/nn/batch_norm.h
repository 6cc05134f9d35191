// FusedBatchNorm (V1 to V3) and its gradient.
#pragma once

#include "kernels/kernel.h"

namespace tenon {

std::unique_ptr<Kernel> make_batch_norm(const KernelSetup& setup);
std::unique_ptr<Kernel> make_batch_norm_grad(const KernelSetup& setup);

}  // namespace tenon
