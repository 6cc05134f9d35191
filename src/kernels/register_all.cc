#include "kernels/kernel.h"

namespace tenon {

KernelRegistry make_kernel_registry(std::span<const std::span<const KernelRow>> more) {
  KernelRegistry registry;
  for (const auto rows : more) registry.add(rows);
  return registry;
}

}  // namespace tenon
