// Into how many pieces a variable is cut.
#include <algorithm>

#include <fmt/format.h>

#include "ops/builder.h"
#include "tenon/partitioned_variable.h"

namespace tenon {
namespace {

std::vector<std::int64_t> along(const Shape& shape, int axis, std::string_view partitioner,
                                const std::function<std::int64_t(std::int64_t size)>& count) {
  const int at = axis < 0 ? axis + shape.rank() : axis;
  if (at < 0 || at >= shape.rank()) {
    bad_argument(partitioner, fmt::format("Cannot partition variable along axis {} when shape is only {}", axis,
                                          shape.to_string()));
  }
  std::vector<std::int64_t> partitions(static_cast<std::size_t>(shape.rank()), 1);
  partitions[static_cast<std::size_t>(at)] = count(shape[at]);
  return partitions;
}

std::int64_t element_bytes(DType dtype, std::int64_t bytes_per_string) {
  return dtype == DType::String ? bytes_per_string : static_cast<std::int64_t>(dtype_size(dtype));
}

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return a / b + (a % b != 0); }

}  // namespace

Partitioner fixed_size_partitioner(std::int64_t num_shards, int axis) {
  return [=](const Shape& shape, DType) {
    return along(shape, axis, "fixed_size_partitioner", [&](std::int64_t size) { return std::min(num_shards, size); });
  };
}

Partitioner variable_axis_size_partitioner(std::int64_t max_shard_bytes, const AxisSizeOptions& options) {
  constexpr std::string_view kName = "variable_axis_size_partitioner";
  if (max_shard_bytes < 1 || options.bytes_per_string_element < 1) {
    bad_argument(kName, fmt::format("Both max_shard_bytes and bytes_per_string_element must be positive. Currently, "
                                    "max_shard_bytes is {} and bytes_per_string_element is {}",
                                    max_shard_bytes, options.bytes_per_string_element));
  }
  if (options.max_shards < 0) bad_argument(kName, "max_shards must be positive, or 0 for any number");
  return [=](const Shape& shape, DType dtype) {
    return along(shape, options.axis, kName, [&](std::int64_t size) {
      if (size == 0) return std::int64_t{1};
      const std::int64_t slice_bytes =
          std::max<std::int64_t>(1, shape.elements() / size * element_bytes(dtype, options.bytes_per_string_element));
      const std::int64_t shards = ceil_div(size, std::max<std::int64_t>(1, max_shard_bytes / slice_bytes));
      return options.max_shards ? std::min(options.max_shards, shards) : shards;
    });
  };
}

Partitioner min_max_variable_partitioner(std::int64_t max_partitions, const MinMaxOptions& options) {
  constexpr std::string_view kName = "min_max_variable_partitioner";
  if (options.min_slice_size < 1) bad_argument(kName, "min_slice_size must be positive");
  return [=](const Shape& shape, DType dtype) {
    return along(shape, options.axis, kName, [&](std::int64_t size) {
      const std::int64_t bytes = shape.elements() * element_bytes(dtype, options.bytes_per_string_element);
      const std::int64_t wanted = std::min({size, max_partitions, ceil_div(bytes, options.min_slice_size)});
      return std::max<std::int64_t>(1, wanted);
    });
  };
}

}  // namespace tenon
