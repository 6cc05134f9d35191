// MatMul and BatchMatMul.
#pragma once

#include "kernels/nn/matrix_product.h"

namespace tenon {

// The shape of a MatMul node's product; throws InvalidArgument if the operands do not fit.
ProductShape matmul_shape(const PrepareContext& context, bool transpose_a, bool transpose_b);

std::unique_ptr<Kernel> make_matmul(const KernelSetup& setup);
std::unique_ptr<Kernel> make_batch_matmul(const KernelSetup& setup);

}  // namespace tenon
