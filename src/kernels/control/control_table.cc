#include "kernels/control/control_kernels.h"

namespace tenon {

KernelMaker make_assert, make_stack, make_stack_close, make_stack_pop, make_stack_push, make_tensor_array,
    make_tensor_array_close, make_tensor_array_concat, make_tensor_array_gather, make_tensor_array_grad,
    make_tensor_array_read, make_tensor_array_scatter, make_tensor_array_size, make_tensor_array_split,
    make_tensor_array_write;

std::span<const KernelRow> control_kernels() {
  static const KernelRow rows[] = {
      {"Assert", make_assert},
      {"StackCloseV2", make_stack_close},
      {"StackPopV2", make_stack_pop},
      {"StackPushV2", make_stack_push},
      {"StackV2", make_stack},
      {"TensorArrayCloseV3", make_tensor_array_close},
      {"TensorArrayConcatV3", make_tensor_array_concat},
      {"TensorArrayGatherV3", make_tensor_array_gather},
      {"TensorArrayGradV3", make_tensor_array_grad},
      {"TensorArrayReadV3", make_tensor_array_read},
      {"TensorArrayScatterV3", make_tensor_array_scatter},
      {"TensorArraySizeV3", make_tensor_array_size},
      {"TensorArraySplitV3", make_tensor_array_split},
      {"TensorArrayV3", make_tensor_array},
      {"TensorArrayWriteV3", make_tensor_array_write},
  };
  return rows;
}

}  // namespace tenon
