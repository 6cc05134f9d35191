// Shapes of the operations that read and write checkpoints.
#include "formats/bundle/tensor_slice.h"
#include "ops/shape_inference.h"
#include "tenon/error.h"

namespace tenon {
namespace {

PartialShape restored_shape(const std::string& slice) {
  const auto part = parse_shape_and_slice(slice);
  return part ? PartialShape(part->slice.shape_in(part->full)) : PartialShape::unknown();
}

// A piece of a partitioned variable has its shape in the constant that asks for it.
void restore_shape(ShapeContext& c) {
  c.set_all(PartialShape::unknown());
  const Node& node = c.node();
  if (node.inputs.size() != 3 || node.inputs[2].node->type != "Const") return;
  const Tensor slices = node.inputs[2].node->attr<Tensor>("value");
  if (slices.dtype() != DType::String || slices.elements() != c.num_outputs()) return;
  for (int i = 0; i < c.num_outputs(); ++i) c.set(i, restored_shape(slices.at<std::string>(i)));
}

constexpr ShapeRow kRows[] = {
    {"MergeV2Checkpoints", no_outputs}, {"RegexFullMatch", unchanged_shape}, {"RestoreV2", restore_shape},
    {"SaveSlices", no_outputs},         {"SaveV2", no_outputs},            {"ShardedFilespec", scalar_shape},
    {"StaticRegexFullMatch", unchanged_shape},
};

}  // namespace

std::span<const ShapeRow> io_shapes() { return kRows; }

}  // namespace tenon
