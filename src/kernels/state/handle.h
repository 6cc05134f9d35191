// What planning knows of a variable behind a handle.
#pragma once

#include <optional>

#include "kernels/kernel.h"

namespace tenon {

// The variable behind resource input 0; null if it is not one. REQUIRES: the kernel's row lists 0 in its `values`.
inline const VariableState* planned_variable(const PrepareContext& c) {
  const Tensor& handle = c.input_value(0);
  if (handle.dtype() != DType::Resource || handle.elements() != 1 || !handle.buffer()) return nullptr;
  return dynamic_cast<const VariableState*>(handle.object_at(0).get());
}

// The shape the variable has now, or will have once it is initialised.
inline std::optional<Shape> planned_shape(const PrepareContext& c) {
  const VariableState* variable = planned_variable(c);
  if (!variable) return std::nullopt;
  std::optional<Shape> shape = variable->shape();
  return shape ? shape : variable->declared_shape().try_shape();
}

}  // namespace tenon
