// Are two results the same, as numpy.allclose and numpy.array_equal see it?
#pragma once

#include <string>

#include "tenon/tensor.h"

namespace tenon {

// "" if they are; else what differs: "shape [2] expected, found [3]", "max error 0.5 at [1]: 1 expected, found 1.5".
// Floating point and complex: |found - expected| <= atol + rtol * |expected|, NaN equal to NaN. Everything else is
// compared exactly; integers of another width as numbers.
std::string compare_values(const Tensor& found, const Tensor& expected, double rtol, double atol);

}  // namespace tenon
