#include "kernels/array/nd_copy.h"

namespace tenon {

NdCopy::NdCopy(const std::vector<std::int64_t>& sizes, const std::vector<std::int64_t>& from,
               const std::vector<std::int64_t>& to, std::int64_t from_offset, std::int64_t to_offset)
    : elements_(1), from_offset_(from_offset), to_offset_(to_offset) {
  for (std::size_t d = 0; d < sizes.size(); ++d) {
    elements_ *= sizes[d];
    if (sizes[d] == 1) continue;
    const Dim dim{sizes[d], from[d], to[d]};
    if (!dims_.empty() && dims_.back().from == dim.from * dim.size && dims_.back().to == dim.to * dim.size) {
      dims_.back() = {dims_.back().size * dim.size, dim.from, dim.to};
    } else {
      dims_.push_back(dim);
    }
  }
  if (dims_.empty()) dims_.push_back({1, 1, 1});
  // A source that is contiguous along another dimension than the last: next to it, so that squares of both are done
  // together.
  const std::size_t last = dims_.size() - 1;
  if (dims_[last].from == 1 || dims_[last].from == 0) return;
  for (std::size_t d = 0; d < last; ++d) {
    if (dims_[d].from != 1 || dims_[d].size < 4) continue;
    std::rotate(dims_.begin() + static_cast<std::ptrdiff_t>(d), dims_.begin() + static_cast<std::ptrdiff_t>(d) + 1,
                dims_.begin() + static_cast<std::ptrdiff_t>(last));
    plane_ = true;
    return;
  }
}

void NdCopy::run(const Tensor& from, Tensor& to) const {
  if (elements_ == 0) return;
  visit_storage(from.dtype(),
                [&]<typename T>() { copy(storage<T>(from) + from_offset_, storage<T>(to) + to_offset_); });
}

template <typename T>
void NdCopy::copy(const T* from, T* to) const {
  const Dim& outer = dims_[0];
  const std::size_t inside = plane_ ? 2 : 1;
  const std::int64_t grain = std::max<std::int64_t>(1, 32768 * outer.size / elements_);
  parallel_for(outer.size, grain, [&](std::int64_t begin, std::int64_t end) {
    if (dims_.size() == inside) {
      NdCopy part = *this;  // the same with a shorter outer dimension
      part.dims_[0].size = end - begin;
      part.copy_dim(0, from + begin * outer.from, to + begin * outer.to);
      return;
    }
    for (std::int64_t i = begin; i < end; ++i) copy_dim(1, from + i * outer.from, to + i * outer.to);
  });
}

template <typename T>
void NdCopy::copy_dim(std::size_t d, const T* from, T* to) const {
  const std::size_t left = dims_.size() - d;
  if (plane_ && left == 2) return copy_plane(from, to);
  if (left == 1) return copy_row(dims_[d], from, to);
  for (std::int64_t i = 0; i < dims_[d].size; ++i) copy_dim(d + 1, from + i * dims_[d].from, to + i * dims_[d].to);
}

template <typename T>
void NdCopy::copy_plane(const T* from, T* to) const {
  constexpr std::int64_t kSquare = 32;
  const Dim& a = dims_[dims_.size() - 2];
  const Dim& b = dims_[dims_.size() - 1];
  for (std::int64_t i0 = 0; i0 < a.size; i0 += kSquare) {
    const std::int64_t i1 = std::min(i0 + kSquare, a.size);
    for (std::int64_t j0 = 0; j0 < b.size; j0 += kSquare) {
      const std::int64_t j1 = std::min(j0 + kSquare, b.size);
      for (std::int64_t i = i0; i < i1; ++i) {
        copy_row(Dim{j1 - j0, b.from, b.to}, from + i * a.from + j0 * b.from, to + i * a.to + j0 * b.to);
      }
    }
  }
}

template <typename T>
void NdCopy::copy_row(const Dim& row, const T* from, T* to) {
  if (row.from == 1 && row.to == 1) return copy_elements(from, row.size, to);
  if (row.to == 1) {
    if (row.from == 0) {
      std::fill_n(to, row.size, *from);
    } else {
      for (std::int64_t i = 0; i < row.size; ++i) to[i] = from[i * row.from];
    }
    return;
  }
  for (std::int64_t i = 0; i < row.size; ++i) to[i * row.to] = from[i * row.from];
}

}  // namespace tenon
