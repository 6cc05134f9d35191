// In which order TensorFlow adds tensors to a V1 file: sorted by name. Pieces of one tensor have one name, and
// std::sort leaves equal names in whatever order its algorithm does (SaveTensors in save_restore_tensor.cc). That order
// is in the file, so the same function on the same names gives the same bytes; the names must be in the order of the
// Save op.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <span>
#include <string_view>
#include <vector>

namespace tenon {

inline std::vector<std::size_t> v1_add_order(std::span<const std::string_view> names) {
  std::vector<std::size_t> order(names.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return names[a] < names[b]; });
  return order;
}

}  // namespace tenon
