#include "runtime/registry.h"

#include <array>

#include "data/data_kernels.h"

namespace tenon {

const KernelRegistry& kernel_registry() {
  static const KernelRegistry registry = make_kernel_registry(std::array{data_kernels()});
  return registry;
}

}  // namespace tenon
