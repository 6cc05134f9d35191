// What several gradient functions are made of.
#pragma once

#include <vector>

#include "gradients/gradient.h"
#include "ops/builder.h"

namespace tenon {

// The value; IndexedSlices become a dense tensor (UnsortedSegmentSum).
Output dense(const Gradient& gradient);

// Python's x[i] and x[begin:] of a vector.
Output element(const Output& x, int i);
Output tail(const Output& x, int begin);
Output head(const Output& x, int end);  // x[:end]

// The sum over what broadcasting repeated, in the shape of each operand.
Gradients reduce_gradient_args(const Output& x, const Output& y, const Gradient& gx, const Gradient& gy);
bool same_known_shapes(const Output& x, const Output& y, const Output& grad);

// The shape of a reduction's result as if keep_dims were set.
Ints reduced_shape(const Output& input_shape, const Output& axes);

// A list of outputs and numbers as Python packs it: constants are called NAME/0, NAME/1, ...
Output packed(GraphImpl& graph, const std::vector<Operand>& values, std::string_view name);

// The sum of several gradients of one value, as one.
Gradient aggregate(const Gradients& gradients);

// tf.tuple over gradients: none of them is available before all are; values of IndexedSlices are gated.
Gradients gate(const Gradients& gradients);

// tf.unique and the sums of the rows with the same index.
struct Deduplicated {
  Output values, indices;
};
Deduplicated deduplicate(const Output& values, const Output& indices);

Output unsorted_segment_sum(const Output& values, const Output& ids, const Output& count);

}  // namespace tenon
