#include "kernels/broadcast.h"

#include <algorithm>
#include <vector>

namespace tenon {
namespace {

std::int64_t size_at(const Shape& shape, int rank, int d) {
  const int own = d - (rank - shape.rank());
  return own < 0 ? 1 : shape[own];
}

// True if dimension d runs on where dimension d + 1 ends, for every input: both repeat or both advance.
bool runs_on(std::span<const Shape* const> inputs, int rank, int d, int previous) {
  return std::all_of(inputs.begin(), inputs.end(), [&](const Shape* shape) {
    return (size_at(*shape, rank, d) == 1) == (size_at(*shape, rank, previous) == 1);
  });
}

void merge_dimensions(std::span<const Shape* const> inputs, Broadcast& plan) {
  const int rank = plan.out.rank();
  std::vector<std::int64_t> sizes;
  std::array<std::vector<std::int64_t>, Broadcast::kMax> strides;
  std::array<std::int64_t, Broadcast::kMax> step;
  step.fill(1);
  int previous = -1;
  for (int d = rank - 1; d >= 0; --d) {
    if (plan.out[d] == 1) continue;
    if (previous >= 0 && runs_on(inputs, rank, d, previous)) {
      sizes.back() *= plan.out[d];
    } else {
      sizes.push_back(plan.out[d]);
      for (std::size_t k = 0; k < inputs.size(); ++k) {
        strides[k].push_back(size_at(*inputs[k], rank, d) == 1 ? 0 : step[k]);
      }
    }
    previous = d;
    for (std::size_t k = 0; k < inputs.size(); ++k) step[k] *= size_at(*inputs[k], rank, d);
  }
  if (sizes.empty()) {
    sizes.push_back(1);
    for (std::size_t k = 0; k < inputs.size(); ++k) strides[k].push_back(1);
  }
  std::reverse(sizes.begin(), sizes.end());
  plan.sizes.assign(sizes.data(), sizes.size());
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    std::reverse(strides[k].begin(), strides[k].end());
    plan.strides[k].assign(strides[k].data(), strides[k].size());
  }
}

}  // namespace

std::optional<Shape> broadcast_shape(const Shape& a, const Shape& b) {
  const int rank = std::max(a.rank(), b.rank());
  Dims out;
  for (int d = 0; d < rank; ++d) {
    const std::int64_t x = size_at(a, rank, d);
    const std::int64_t y = size_at(b, rank, d);
    if (x != y && x != 1 && y != 1) return std::nullopt;
    out.push_back(x == 1 ? y : x);
  }
  return Shape::make(out);
}

std::optional<Broadcast> broadcast(std::span<const Shape* const> inputs) {
  Broadcast plan;
  plan.out = *inputs[0];
  for (const Shape* shape : inputs.subspan(1)) {
    std::optional<Shape> both = broadcast_shape(plan.out, *shape);
    if (!both) return std::nullopt;
    plan.out = *both;
  }
  plan.elements = plan.out.elements();
  merge_dimensions(inputs, plan);
  return plan;
}

std::optional<Broadcast> broadcast(const Shape& a, const Shape& b) {
  const Shape* const both[] = {&a, &b};
  return broadcast(both);
}

}  // namespace tenon
