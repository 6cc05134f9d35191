// The kernels that sessions choose from: the families of the kernels room and of the data room.
#pragma once

#include "kernels/kernel.h"

namespace tenon {

// Made on first use; never changes afterwards.
const KernelRegistry& kernel_registry();

}  // namespace tenon
