#include "runtime/kernel_registry.h"

namespace tenon {

const KernelRegistry& kernel_registry() {
  static const KernelRegistry registry = make_kernel_registry();
  return registry;
}

}  // namespace tenon
