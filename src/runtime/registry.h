// All kernels: those of the kernels room and of the data room.
#pragma once

#include "kernels/kernel.h"

namespace tenon {

const KernelRegistry& kernel_registry();

}  // namespace tenon
