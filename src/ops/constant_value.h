// Values that the graph alone determines: what shape inference and gradient functions need of them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "graph/node.h"
#include "tenon/graph.h"
#include "tenon/shape.h"

namespace tenon {

// A small tensor of integers (or bools), whatever its element type.
struct IntArray {
  Shape shape;
  std::vector<std::int64_t> values;
};

// The value of an integer output, by evaluating the constant part of the graph behind it: what TensorFlow's C++ shape
// refiner finds by constant folding. Nothing for more than 1,024 elements.
std::optional<IntArray> evaluate_ints(const Edge& edge);

// The value of a vector that holds a shape, as far as it is known; unknown rank if not even its length is.
PartialShape evaluate_shape(const Edge& edge);

// tf.get_static_value, which sees through fewer operations: builders follow it where TensorFlow's Python does.
std::optional<IntArray> constant_value(const Output& output);
PartialShape constant_value_as_shape(const Output& output);

}  // namespace tenon
