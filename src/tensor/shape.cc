#include "tenon/shape.h"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "tenon/error.h"

namespace tenon {
namespace {

constexpr std::size_t kMaxRank = 254;

std::string join(const Dims& dims) {
  std::string text = "[";
  for (int i = 0; i < dims.size(); ++i) {
    if (i > 0) text += ',';
    text += dims[i] < 0 ? "?" : fmt::format("{}", dims[i]);
  }
  return text + "]";
}

}  // namespace

int Dims::capacity(int size) {
  return size <= kInline ? kInline : static_cast<int>(std::bit_ceil(static_cast<unsigned>(size)));
}

// For `size` dimensions, the first of which are those that are there.
void Dims::make_room(int size) {
  if (capacity(size) == capacity(size_)) {
    size_ = size;
    return;
  }
  std::int64_t* room = size > kInline ? new std::int64_t[static_cast<std::size_t>(capacity(size))] : nullptr;
  const Dims old(std::move(*this));
  if (room != nullptr) heap_ = room;
  size_ = size;
  std::copy_n(old.data(), std::min(size, old.size_), data());
}

void Dims::push_back(std::int64_t dim) {
  make_room(size_ + 1);
  data()[size_ - 1] = dim;
}

void Dims::assign(const std::int64_t* dims, std::size_t count) {
  if (count > kMaxRank) {
    throw Error(Code::InvalidArgument,
                fmt::format("a shape of {} dimensions; at most {} are allowed", count, kMaxRank));
  }
  make_room(static_cast<int>(count));
  std::copy_n(dims, count, data());
}

bool Dims::operator==(const Dims& other) const {
  return size_ == other.size_ && std::equal(begin(), end(), other.begin());
}

Shape Shape::make(std::span<const std::int64_t> dims) {
  Shape shape(dims);  // checks the rank
  std::int64_t elements = 1;
  bool overflow = false;
  for (std::int64_t dim : dims) {
    if (dim < 0) {
      throw Error(Code::InvalidArgument, fmt::format("dimension of size {} in shape {}", dim, join(shape)));
    }
    // A zero does not excuse the others: strides are made from them.
    overflow |= __builtin_mul_overflow(elements, std::max<std::int64_t>(dim, 1), &elements);
  }
  if (overflow) {
    throw Error(Code::InvalidArgument, fmt::format("shape {} has 2^63 elements or more", join(shape)));
  }
  return shape;
}

std::int64_t Shape::elements() const {
  std::int64_t count = 1;
  for (std::int64_t dim : *this) {
    if (dim == 0) return 0;
    if (dim < 0 || __builtin_mul_overflow(count, dim, &count)) {
      throw Error(Code::InvalidArgument, fmt::format("shape {} has no number of elements", join(*this)));
    }
  }
  return count;
}

std::string Shape::to_string() const { return join(*this); }

PartialShape PartialShape::unknown_of_rank(int rank) {
  PartialShape shape;
  shape.known_rank_ = rank >= 0;
  for (int i = 0; i < rank; ++i) shape.dims_.push_back(-1);
  return shape;
}

bool PartialShape::fully_defined() const {
  return known_rank_ && std::all_of(dims_.begin(), dims_.end(), [](std::int64_t dim) { return dim >= 0; });
}

std::int64_t PartialShape::elements() const { return fully_defined() ? Shape::make(dims_).elements() : -1; }

Shape PartialShape::to_shape() const {
  if (!fully_defined()) {
    throw Error(Code::InvalidArgument, fmt::format("shape {} is not fully known", to_string()));
  }
  return Shape::make(dims_);
}

std::optional<Shape> PartialShape::try_shape() const {
  if (!fully_defined()) return std::nullopt;
  return Shape::make(dims_);
}

bool PartialShape::compatible_with(const Shape& shape) const { return compatible_with(PartialShape(shape)); }

bool PartialShape::compatible_with(const PartialShape& other) const {
  if (!known_rank_ || !other.known_rank_) return true;
  if (rank() != other.rank()) return false;
  for (int i = 0; i < rank(); ++i) {
    if (dims_[i] >= 0 && other.dims_[i] >= 0 && dims_[i] != other.dims_[i]) return false;
  }
  return true;
}

PartialShape PartialShape::merge_with(const PartialShape& other) const {
  if (!compatible_with(other)) {
    throw Error(Code::InvalidArgument,
                fmt::format("shapes {} and {} are not compatible", to_string(), other.to_string()));
  }
  if (!known_rank_) return other;
  if (!other.known_rank_) return *this;
  PartialShape merged = *this;
  for (int i = 0; i < rank(); ++i) {
    if (merged.dims_[i] < 0) merged.dims_[i] = other.dims_[i];
  }
  return merged;
}

std::string PartialShape::to_string() const { return known_rank_ ? join(dims_) : "<unknown>"; }

}  // namespace tenon
