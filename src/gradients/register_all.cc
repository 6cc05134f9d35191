#include <algorithm>

#include "gradients/gradient.h"

namespace tenon {

void GradientRegistry::add(std::span<const GradientRow> rows) {
  for (const GradientRow& row : rows) {
    auto at = std::lower_bound(rows_.begin(), rows_.end(), row,
                               [](const GradientRow& a, const GradientRow& b) { return a.op < b.op; });
    if (at != rows_.end() && at->op == row.op) *at = row;
    else rows_.insert(at, row);
  }
}

const GradientRow* GradientRegistry::find(std::string_view op) const {
  auto at = std::lower_bound(rows_.begin(), rows_.end(), op,
                             [](const GradientRow& row, std::string_view name) { return row.op < name; });
  return at != rows_.end() && at->op == op ? &*at : nullptr;
}

std::vector<std::string> GradientRegistry::ops() const {
  std::vector<std::string> names;
  for (const GradientRow& row : rows_)
    if (row.gradient) names.emplace_back(row.op);
  return names;
}

const GradientRegistry& gradient_registry() {
  static const GradientRegistry registry = [] {
    GradientRegistry all;
    all.add(array_gradients());
    all.add(slicing_gradients());
    all.add(math_gradients());
    all.add(binary_gradients());
    all.add(reduction_gradients());
    all.add(nn_gradients());
    return all;
  }();
  return registry;
}

}  // namespace tenon
