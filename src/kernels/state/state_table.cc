#include "kernels/state/state_kernels.h"

namespace tenon {

KernelMaker make_assign, make_assign_add, make_assign_sub, make_assign_variable, make_count_up_to,
    make_destroy_resource, make_is_initialized, make_read_variable, make_resource_gather, make_scatter_add,
    make_scatter_div, make_scatter_max, make_scatter_min, make_scatter_mul, make_scatter_sub, make_scatter_update,
    make_var_handle, make_variable, make_variable_shape;

std::span<const KernelRow> state_kernels() {
  static const KernelRow rows[] = {
      {"Assign", make_assign},
      {"AssignAdd", make_assign_add},
      {"AssignAddVariableOp", make_assign_add},
      {"AssignSub", make_assign_sub},
      {"AssignSubVariableOp", make_assign_sub},
      {"AssignVariableOp", make_assign_variable},
      {"CountUpTo", make_count_up_to},
      {"DestroyResourceOp", make_destroy_resource},
      {"IsVariableInitialized", make_is_initialized},
      {"ReadVariableOp", make_read_variable, {0}},
      {"ResourceCountUpTo", make_count_up_to},
      {"ResourceGather", make_resource_gather, {0}},
      {"ResourceScatterAdd", make_scatter_add},
      {"ResourceScatterDiv", make_scatter_div},
      {"ResourceScatterMax", make_scatter_max},
      {"ResourceScatterMin", make_scatter_min},
      {"ResourceScatterMul", make_scatter_mul},
      {"ResourceScatterSub", make_scatter_sub},
      {"ResourceScatterUpdate", make_scatter_update},
      {"ScatterAdd", make_scatter_add},
      {"ScatterDiv", make_scatter_div},
      {"ScatterMax", make_scatter_max},
      {"ScatterMin", make_scatter_min},
      {"ScatterMul", make_scatter_mul},
      {"ScatterSub", make_scatter_sub},
      {"ScatterUpdate", make_scatter_update},
      {"VarHandleOp", make_var_handle},
      {"VarIsInitializedOp", make_is_initialized},
      {"Variable", make_variable},
      {"VariableShape", make_variable_shape, {0}},
      {"VariableV2", make_variable},
  };
  return rows;
}

}  // namespace tenon
