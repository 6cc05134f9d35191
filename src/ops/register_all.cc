#include <unordered_map>

#include "ops/shape_inference.h"

namespace tenon {
namespace {

using Table = std::unordered_map<std::string_view, ShapeFn*>;

Table all_rows() {
  Table table;
  for (std::span<const ShapeRow> rows : {array_shapes(), reshaping_shapes(), math_shapes(), unary_shapes(), nn_shapes(),
                                         state_shapes(), data_shapes(), control_shapes(), io_shapes()})
    for (const ShapeRow& row : rows) table[row.op] = row.infer;
  return table;
}

}  // namespace

ShapeFn* find_shape_function(std::string_view op) {
  static const Table table = all_rows();
  auto found = table.find(op);
  return found == table.end() ? nullptr : found->second;
}

}  // namespace tenon
