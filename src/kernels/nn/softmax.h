// Softmax, LogSoftmax and the cross entropies.
#pragma once

#include "kernels/kernel.h"

namespace tenon {

std::unique_ptr<Kernel> make_softmax(const KernelSetup& setup);
std::unique_ptr<Kernel> make_log_softmax(const KernelSetup& setup);
std::unique_ptr<Kernel> make_softmax_xent(const KernelSetup& setup);
std::unique_ptr<Kernel> make_sparse_softmax_xent(const KernelSetup& setup);

}  // namespace tenon
