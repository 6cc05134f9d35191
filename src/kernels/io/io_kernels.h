// Operations that read and write checkpoints.
#pragma once

#include <span>

#include "kernels/kernel.h"

namespace tenon {

std::span<const KernelRow> io_kernels();
std::span<const KernelRow> v1_checkpoint_kernels();

}  // namespace tenon
