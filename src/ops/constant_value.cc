// Two evaluators over the same graph. evaluate_* follows the C++ shape refiner, which folds any constant subgraph;
// constant_value follows Python's tensor_util, which knows fewer operations. Both stop at 1,024 elements and at a
// depth of 64 operations.
#include "ops/constant_value.h"

#include <algorithm>
#include <array>

#include "graph/graph_impl.h"
#include "ops/constant_fold.h"
#include "ops/shape_inference.h"

namespace tenon {
namespace {

constexpr int kMaxDepth = 64;
constexpr std::int64_t kMaxElements = 1024;

bool python_sees(std::string_view type) {
  static constexpr std::array<std::string_view, 15> kOps = {"Const", "Shape", "Size", "Rank", "Range", "Cast", "Concat",
                                                            "ConcatV2", "Pack", "Fill", "Equal", "NotEqual",
                                                            "StopGradient", "Identity", "Unpack"};
  return std::find(kOps.begin(), kOps.end(), type) != kOps.end();
}

std::optional<IntArray> from_tensor(const Tensor& tensor) {
  if (tensor.elements() > kMaxElements) return std::nullopt;
  IntArray array{tensor.shape(), std::vector<std::int64_t>(static_cast<std::size_t>(tensor.elements()))};
  for (std::int64_t i = 0; i < tensor.elements(); ++i) {
    switch (tensor.dtype()) {
      case DType::Int32: array.values[i] = tensor.at<std::int32_t>(i); break;
      case DType::Int64: array.values[i] = tensor.at<std::int64_t>(i); break;
      case DType::Bool: array.values[i] = tensor.at<bool>(i); break;
      case DType::Int8: array.values[i] = tensor.at<std::int8_t>(i); break;
      case DType::UInt8: array.values[i] = tensor.at<std::uint8_t>(i); break;
      case DType::Int16: array.values[i] = tensor.at<std::int16_t>(i); break;
      default: return std::nullopt;
    }
  }
  return array;
}

IntArray vector_of(const Dims& dims) {
  return {Shape{dims.size()}, std::vector<std::int64_t>(dims.begin(), dims.end())};
}

// Shape, Size and Rank see the static shape of their input.
std::optional<IntArray> shape_as_value(const Node& node, int index) {
  const Edge& edge = node.inputs[node.type == "ShapeN" ? index : 0];
  const PartialShape& shape = shape_of(edge);
  if (node.type == "Rank")
    return shape.known_rank() ? std::optional<IntArray>({Shape{}, {shape.rank()}}) : std::nullopt;
  if (!shape.fully_defined()) return std::nullopt;
  if (node.type == "Size") return IntArray{Shape{}, {shape.elements()}};
  return vector_of(shape.dims());
}

struct Evaluator {
  bool python = false;

  std::optional<IntArray> value(const Edge& edge, int depth) const {
    const Node& node = *edge.node;
    if (depth > kMaxDepth || (python && !python_sees(node.type))) return std::nullopt;
    if (edge.index >= node.num_outputs()) return std::nullopt;
    try {
      if (node.type == "Const") {
        const PartialShape shape = node.tensor_attr_shape("value");
        return shape.elements() > kMaxElements ? std::nullopt : from_tensor(node.attr<Tensor>("value"));
      }
      if (node.type == "Shape" || node.type == "ShapeN" || node.type == "Size" || node.type == "Rank")
        return shape_as_value(node, edge.index);
      FoldFn* fold = find_fold_function(node.type);
      if (!fold) return std::nullopt;
      std::vector<IntArray> inputs;
      std::int64_t elements = 0;
      for (const Edge& input : node.inputs) {
        std::optional<IntArray> known = value(input, depth + 1);
        if (!known) return std::nullopt;
        elements += static_cast<std::int64_t>(known->values.size());
        inputs.push_back(std::move(*known));
      }
      if (elements > 4 * kMaxElements) return std::nullopt;
      std::optional<IntArray> result = fold(node, edge.index, inputs);
      if (result && static_cast<std::int64_t>(result->values.size()) > kMaxElements) return std::nullopt;
      return result;
    } catch (const Error&) {
      return std::nullopt;
    }
  }

  // Known length, unknown sizes.
  static PartialShape of_length(const PartialShape& vector) {
    if (vector.rank() != 1 || vector[0] < 0 || vector[0] > 254) return PartialShape::unknown();
    return PartialShape::unknown_of_rank(static_cast<int>(vector[0]));
  }

  PartialShape packed(const Node& node, int depth) const {
    Dims dims;
    for (const Edge& input : node.inputs) {
      std::optional<IntArray> size = value(input, depth + 1);
      dims.push_back(size && size->values.size() == 1 && size->values[0] >= 0 ? size->values[0] : -1);
    }
    return PartialShape(std::span<const std::int64_t>(dims));
  }

  PartialShape joined(const Node& node, std::size_t begin, std::size_t end, int depth) const {
    PartialShape result = PartialShape::scalar();
    for (std::size_t i = begin; i < end; ++i) result = concatenated(result, shape(node.inputs[i], depth + 1));
    return result;
  }

  // shape[begin:end:stride] with one-dimensional bounds and no mask but the first of each.
  std::optional<PartialShape> sliced(const Node& node, int depth) const {
    for (const char* mask : {"ellipsis_mask", "new_axis_mask", "shrink_axis_mask"})
      if (node.attr_or<std::int64_t>(mask, 0) != 0) return std::nullopt;
    std::optional<IntArray> begin = value(node.inputs[1], depth + 1), end = value(node.inputs[2], depth + 1),
                            stride = value(node.inputs[3], depth + 1);
    if (!begin || !end || !stride || begin->values.size() != 1 || end->values.size() != 1 ||
        stride->values.size() != 1)
      return std::nullopt;
    PartialShape whole = shape(node.inputs[0], depth + 1);
    if (!whole.known_rank() || stride->values[0] == 0) return std::nullopt;
    IntArray dims = vector_of(whole.dims());
    std::optional<IntArray> part = strided_slice(node, dims, begin->values, end->values, stride->values);
    if (!part) return std::nullopt;
    return PartialShape(std::span<const std::int64_t>(part->values));
  }

  PartialShape shape(const Edge& edge, int depth) const {
    const Node& node = *edge.node;
    if (depth > kMaxDepth) return PartialShape::unknown();
    const PartialShape& own = shape_of(edge);
    if (own.rank() == 1 && own[0] == 0) return PartialShape::scalar();
    if (node.type == "Shape") return shape_of(node.inputs[0]);
    if (node.type == "ShapeN") return shape_of(node.inputs[edge.index]);
    if (node.type == "Cast") return shape(node.inputs[0], depth + 1);
    if (node.type == "Pack" && own.rank() == 1) return packed(node, depth);
    if (node.type == "ConcatV2") return joined(node, 0, node.inputs.size() - 1, depth);
    if (node.type == "Concat") return joined(node, 1, node.inputs.size(), depth);
    if (node.type == "StridedSlice")
      if (std::optional<PartialShape> part = sliced(node, depth)) return *part;
    std::optional<IntArray> known = value(edge, depth);
    if (!known) return of_length(own);
    if (known->shape.rank() != 1 || known->values.size() > 254) return PartialShape::unknown();
    for (std::int64_t& dim : known->values) dim = std::max<std::int64_t>(dim, -1);
    return PartialShape(std::span<const std::int64_t>(known->values));
  }
};

}  // namespace

std::optional<IntArray> evaluate_ints(const Edge& edge) { return Evaluator{}.value(edge, 0); }
PartialShape evaluate_shape(const Edge& edge) { return Evaluator{}.shape(edge, 0); }
std::optional<IntArray> constant_value(const Output& output) { return Evaluator{true}.value(to_edge(output), 0); }
PartialShape constant_value_as_shape(const Output& output) { return Evaluator{true}.shape(to_edge(output), 0); }

}  // namespace tenon
