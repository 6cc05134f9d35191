#include "formats/bundle/assembly.h"

#include <algorithm>
#include <cstring>

namespace tenon {
namespace {

// Calls run(from, to, count) for each row of elements of `common` that lies together in both boxes; `from` and `to`
// are element numbers within `source` and `target`.
template <typename Run>
void for_each_run(const Box& common, const Box& source, const Box& target, Run run) {
  const int rank = common.size.size();
  if (rank == 0) {
    run(std::int64_t{0}, std::int64_t{0}, std::int64_t{1});
    return;
  }
  Dims at = common.begin;
  const auto number_in = [&](const Box& box) {
    std::int64_t number = 0;
    for (int i = 0; i < rank; ++i) number = number * box.size[i] + (at[i] - box.begin[i]);
    return number;
  };
  for (;;) {
    run(number_in(source), number_in(target), common.size[rank - 1]);
    int dim = rank - 2;
    for (; dim >= 0; --dim) {
      if (++at[dim] < common.begin[dim] + common.size[dim]) break;
      at[dim] = common.begin[dim];
    }
    if (dim < 0) return;
  }
}

void copy_elements(const Tensor& from, std::int64_t source, Tensor& to, std::int64_t target, std::int64_t count) {
  if (from.dtype() == DType::String) {
    std::copy_n(from.data<std::string>() + source, count, to.data<std::string>() + target);
    return;
  }
  if (from.dtype() == DType::Variant) {
    for (std::int64_t i = 0; i < count; ++i) to.object_at(target + i) = from.object_at(source + i);
    return;
  }
  const std::size_t size = dtype_size(from.dtype());
  std::memcpy(to.raw() + target * size, from.raw() + source * size, count * size);
}

}  // namespace

Assembly::Assembly(DType type, Box part)
    : part_(std::move(part)),
      tensor_(type, Shape(std::span<const std::int64_t>(part_.size))),
      filled_(static_cast<std::size_t>(tensor_.elements())) {}

void Assembly::add(const Tensor& values, const Box& where) {
  const auto common = intersection(where, part_);
  if (!common) return;
  for_each_run(*common, where, part_, [&](std::int64_t from, std::int64_t to, std::int64_t count) {
    copy_elements(values, from, tensor_, to, count);
    std::fill_n(filled_.begin() + to, count, true);
  });
}

bool Assembly::complete() const { return std::find(filled_.begin(), filled_.end(), false) == filled_.end(); }

}  // namespace tenon
