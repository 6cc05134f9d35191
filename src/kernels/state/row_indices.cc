#include "kernels/state/row_indices.h"

#include <fmt/format.h>

#include "kernels/elements.h"

namespace tenon {
namespace {

// "[1,0]": where the element number `flat` stands.
std::string position(const Shape& shape, std::int64_t flat) {
  std::string text;
  for (int d = shape.rank() - 1; d >= 0; --d) {
    text = fmt::format("{}{}{}", flat % shape[d], text.empty() ? "" : ",", text);
    flat /= shape[d];
  }
  return text.empty() ? "" : "[" + text + "]";
}

}  // namespace

void read_row_indices(const RunContext& context, const Tensor& indices, std::int64_t limit,
                      std::vector<std::int64_t>& rows) {
  rows.resize(static_cast<std::size_t>(indices.elements()));
  for (std::int64_t i = 0; i < indices.elements(); ++i) {
    const std::int64_t row = index_at(indices, i);
    if (row < 0 || row >= limit) {
      context.fail(fmt::format("indices{} = {} is not in [0, {})", position(indices.shape(), i), row, limit));
    }
    rows[static_cast<std::size_t>(i)] = row;
  }
}

}  // namespace tenon
