// The kernels of tf.data: datasets are variants, iterators are resources of the session.
#pragma once

#include <span>

#include "kernels/kernel.h"

namespace tenon {

std::span<const KernelRow> data_kernels();

}  // namespace tenon
