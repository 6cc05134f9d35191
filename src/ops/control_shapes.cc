// Shapes of TensorFlow 1's control flow, stacks and TensorArrays.
#include "ops/shape_inference.h"

namespace tenon {
namespace {

// Both outputs carry the value, one of them at a time.
void switch_shape(ShapeContext& c) { c.set_all(c.input(0)); }

// Where the inputs agree. What comes back from NextIteration may have another shape each time: unknown.
void merge_shape(ShapeContext& c) {
  PartialShape shape = c.input(0);
  for (int i = 1; i < c.num_inputs() && shape.known_rank(); ++i) {
    const PartialShape& other = c.input(i);
    if (!other.known_rank() || other.rank() != shape.rank()) {
      shape = PartialShape::unknown();
      break;
    }
    for (int d = 0; d < shape.rank(); ++d)
      if (shape[d] != other[d]) shape = with_dim(shape, d, -1);
  }
  c.set(0, shape);
  c.set(1, PartialShape::scalar());
}

void tensor_array_shape(ShapeContext& c) {
  c.set(0, PartialShape{2});
  if (c.num_outputs() > 1) c.set(1, PartialShape::scalar());
}


void tensor_array_gather_shape(ShapeContext& c) {
  const PartialShape each = c.attr<PartialShape>("element_shape", PartialShape::unknown());
  if (!each.known_rank()) return;
  const PartialShape& indices = c.input(1);
  c.set(0, concatenated(PartialShape{indices.rank() == 1 ? indices[0] : -1}, each));
}

void stack_shape(ShapeContext& c) { c.set(0, PartialShape{2}); }

void pushed_shape(ShapeContext& c) { c.set(0, c.input(1)); }

constexpr ShapeRow kRows[] = {
    {"Assert", no_outputs},
    {"ControlTrigger", no_outputs},
    {"Enter", unchanged_shape},
    {"Exit", unchanged_shape},
    {"LoopCond", scalar_shape},
    {"Merge", merge_shape},
    {"NextIteration", unchanged_shape},
    {"NoOp", no_outputs},
    {"RefEnter", unchanged_shape},
    {"RefExit", unchanged_shape},
    {"RefMerge", merge_shape},
    {"RefNextIteration", unchanged_shape},
    {"RefSwitch", switch_shape},
    {"Stack", stack_shape},
    {"StackPushV2", pushed_shape},
    {"StackV2", stack_shape},
    {"Switch", switch_shape},
    {"TensorArrayCloseV3", no_outputs},
    {"TensorArrayGatherV3", tensor_array_gather_shape},
    {"TensorArrayGradV3", tensor_array_shape},
    {"TensorArrayScatterV3", scalar_shape},
    {"TensorArraySizeV3", scalar_shape},
    {"TensorArrayV3", tensor_array_shape},
    {"TensorArrayWriteV3", scalar_shape},
};

}  // namespace

std::span<const ShapeRow> control_shapes() { return kRows; }

}  // namespace tenon
