// The proximal step: what l1 and l2 regularisation make of a weight that was moved along its gradient.
#pragma once

#include "kernels/optimizer/arithmetic.h"

namespace tenon::optimizer {

template <typename A>
inline A proximal_step(A moved, A lr, A l1, A l2) {
  const A shrunk = sign(moved) * max(abs(moved) - lr * l1, A(0));
  return (l1 > A(0) ? shrunk : moved) / (A(1) + l2 * lr);
}

}  // namespace tenon::optimizer
