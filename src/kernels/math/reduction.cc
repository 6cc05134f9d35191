#include "kernels/math/reduction.h"

namespace tenon {
namespace {

std::vector<bool> reduced_axes(const PrepareContext& c, const Shape& shape, const Tensor& axes) {
  std::vector<bool> reduced(static_cast<std::size_t>(shape.rank()), false);
  for (std::int64_t i = 0; i < axes.elements(); ++i) {
    const std::int64_t axis = index_at(axes, i);
    if (axis < -shape.rank() || axis >= shape.rank()) {
      c.fail(fmt::format("Invalid reduction dimension ({} for input with {} dimension(s)", axis, shape.rank()));
    }
    const auto at = static_cast<std::size_t>(axis < 0 ? axis + shape.rank() : axis);
    if (reduced[at]) c.fail(fmt::format("Invalid reduction arguments: Axes contains duplicate dimension: {}", axis));
    reduced[at] = true;
  }
  return reduced;
}

}  // namespace

ReductionPlan plan_reduction(const PrepareContext& c, const Shape& shape, const Tensor& axes, bool keep_dims) {
  const std::vector<bool> reduced = reduced_axes(c, shape, axes);
  ReductionPlan plan;
  // Inner to outer; neighbours of the same kind merge.
  std::vector<std::pair<ReductionPlan::Dim, bool>> merged;
  std::int64_t stride = 1;
  for (int d = shape.rank() - 1; d >= 0; --d) {
    const bool reduce = reduced[static_cast<std::size_t>(d)];
    if (reduce) plan.count *= shape[d];
    if (shape[d] == 1) continue;
    if (!merged.empty() && merged.back().second == reduce) {
      merged.back().first.size *= shape[d];
    } else {
      merged.push_back({{shape[d], stride}, reduce});
    }
    stride *= shape[d];
  }
  std::size_t next = 0;
  if (next < merged.size() && !merged[next].second) plan.columns = merged[next++].first.size;
  if (next < merged.size()) plan.rows = merged[next++].first.size;
  for (std::size_t i = merged.size(); i-- > next;) {
    (merged[i].second ? plan.reduced : plan.kept).push_back(merged[i].first);
    if (!merged[i].second) plan.outer *= merged[i].first.size;
  }
  for (int d = 0; d < shape.rank(); ++d) {
    if (!reduced[static_cast<std::size_t>(d)]) plan.out.push_back(shape[d]);
    else if (keep_dims) plan.out.push_back(1);
  }
  return plan;
}

}  // namespace tenon
