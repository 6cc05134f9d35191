// exp of a row less its greatest element: what all softmaxes begin with.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "kernels/elements.h"

namespace tenon {

// Writes exp(x[i * stride] - max) to out (not where it is null) and returns the sum. `greatest` gets the maximum.
// The input may be longer than float can sum well: sums are in double.
template <typename T>
double exp_row(const T* x, std::int64_t stride, std::int64_t n, Calc<T>* out, Calc<T>* greatest) {
  Calc<T> max = -std::numeric_limits<Calc<T>>::infinity();
  for (std::int64_t i = 0; i < n; ++i) max = std::max(max, load(x[i * stride]));
  *greatest = max;
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const Calc<T> e = std::exp(load(x[i * stride]) - max);
    if (out) out[i] = e;
    sum += e;
  }
  return sum;
}

// The same in vector code.
double exp_row(const float* x, std::int64_t stride, std::int64_t n, float* out, float* greatest);

}  // namespace tenon
