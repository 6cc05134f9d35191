#include "kernels/array/array_kernels.h"
#include "kernels/control/control_kernels.h"
#include "kernels/io/io_kernels.h"
#include "kernels/kernel.h"
#include "kernels/math/math_kernels.h"
#include "kernels/nn/nn_kernels.h"
#include "kernels/optimizer/optimizer_kernels.h"
#include "kernels/random/random_kernels.h"
#include "kernels/state/state_kernels.h"

namespace tenon {

KernelRegistry make_kernel_registry(std::span<const std::span<const KernelRow>> more) {
  KernelRegistry registry;
  registry.add(array_kernels());
  registry.add(control_kernels());
  registry.add(io_kernels());
  registry.add(v1_checkpoint_kernels());
  registry.add(math_kernels());
  registry.add(nn_kernels());
  registry.add(optimizer_kernels());
  registry.add(random_kernels());
  registry.add(state_kernels());
  for (const auto rows : more) registry.add(rows);
  return registry;
}

}  // namespace tenon
