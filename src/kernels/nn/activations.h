#pragma once

#include <span>

#include "kernels/kernel.h"

namespace tenon {

std::span<const KernelRow> activation_kernels();

}  // namespace tenon
