// Which variables are pieces of greater ones: kept, as the collections of a file have it, in the variable's
// VariableDef.
#include <fmt/format.h>

#include "graph/export_collections.h"
#include "graph/graph_extra.h"
#include "tenon/error.h"
#include "tenon/partitioned_variable.h"

namespace tenon {
namespace {

void check(const Variable& variable, const SaveSliceInfo& info) {
  const auto fail = [&](const std::string& message) {
    throw Error(Code::InvalidArgument,
                fmt::format("variable {} as a slice of {}: {}", variable.name(), info.full_name, message));
  };
  const auto rank = static_cast<std::size_t>(info.full_shape.rank());
  if (info.full_name.empty()) fail("the whole has no name");
  if (info.var_offset.size() != rank || info.var_shape.size() != rank) {
    fail(fmt::format("{} offsets and {} sizes for the shape {}", info.var_offset.size(), info.var_shape.size(),
                     info.full_shape.to_string()));
  }
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t size = info.full_shape[static_cast<int>(i)];
    if (info.var_offset[i] < 0 || info.var_shape[i] < 0 || info.var_shape[i] > size - info.var_offset[i]) {
      fail(fmt::format("{} from {} on does not lie within dimension {} of {}", info.var_shape[i], info.var_offset[i], i,
                       info.full_shape.to_string()));
    }
  }
  const PartialShape own(info.var_shape);
  if (!variable.shape().compatible_with(own)) {
    fail(fmt::format("its shape is {}, the slice's {}", variable.shape().to_string(), own.to_string()));
  }
}

}  // namespace

std::string SaveSliceInfo::spec() const {
  std::string shape, slice;
  for (std::size_t i = 0; i < var_offset.size(); ++i) {
    shape += fmt::format("{} ", full_shape[static_cast<int>(i)]);
    slice += fmt::format("{}{},{}", i ? ":" : "", var_offset[i], var_shape[i]);
  }
  return shape + slice;
}

std::optional<SaveSliceInfo> save_slice_info(const Variable& variable) {
  const auto& defs = GraphAccess::extra(variable.handle.graph()).variable_defs;
  const auto found = defs.find(variable.name());
  if (found == defs.end() || !found->second.has_save_slice_info_def()) return std::nullopt;
  const auto& def = found->second.save_slice_info_def();
  if (def.full_shape_size() == 0) return std::nullopt;
  SaveSliceInfo info{
      .full_name = def.full_name(),
      .full_shape = Shape::make({def.full_shape().data(), static_cast<std::size_t>(def.full_shape_size())}),
      .var_offset = {def.var_offset().begin(), def.var_offset().end()},
      .var_shape = {def.var_shape().begin(), def.var_shape().end()}};
  check(variable, info);
  return info;
}

void set_save_slice_info(const Variable& variable, const SaveSliceInfo& info) {
  check(variable, info);
  const GraphImpl& graph = variable.handle.graph();
  proto::VariableDef def = variable_to_proto(graph, variable);
  auto& slice = *def.mutable_save_slice_info_def();
  slice.Clear();
  slice.set_full_name(info.full_name);
  slice.mutable_full_shape()->Add(info.full_shape.begin(), info.full_shape.end());
  slice.mutable_var_offset()->Add(info.var_offset.begin(), info.var_offset.end());
  slice.mutable_var_shape()->Add(info.var_shape.begin(), info.var_shape.end());
  GraphAccess::extra(graph).variable_defs[variable.name()] = def;
}

}  // namespace tenon
