#include "kernels/array/index_text.h"

#include <fmt/ranges.h>

#include "kernels/elements.h"

namespace tenon {

std::string index_text(const Shape& shape, std::int64_t element) {
  if (shape.rank() == 0) return "";
  std::vector<std::int64_t> at(static_cast<std::size_t>(shape.rank()));
  for (int d = shape.rank() - 1; d >= 0; --d) {
    at[static_cast<std::size_t>(d)] = element % shape[d];
    element /= shape[d];
  }
  return fmt::format("[{}]", fmt::join(at, ","));
}

std::string row_text(const Shape& shape, std::int64_t row) {
  return index_text(Shape(std::span<const std::int64_t>(shape.data(), static_cast<std::size_t>(shape.rank() - 1))),
                    row);
}

std::string row_values(const Tensor& indices, std::int64_t row) {
  const std::int64_t depth = indices.shape().back();
  std::vector<std::int64_t> values;
  for (std::int64_t d = 0; d < depth; ++d) values.push_back(index_at(indices, row * depth + d));
  return fmt::format("[{}]", fmt::join(values, ", "));
}

}  // namespace tenon
