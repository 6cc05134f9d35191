// NdCopy: a copy between two arrays of any strides. Transposing, slicing, tiling, padding and reversing are one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/parallel_for.h"
#include "kernels/elements.h"
#include "tenon/shape.h"

namespace tenon {

// Row-major strides, in elements.
inline std::vector<std::int64_t> strides_of(std::span<const std::int64_t> sizes) {
  std::vector<std::int64_t> strides(sizes.size());
  std::int64_t step = 1;
  for (std::size_t d = sizes.size(); d-- > 0; step *= sizes[d]) strides[d] = step;
  return strides;
}

class NdCopy {
 public:
  NdCopy() = default;
  // Element (i, j, ...) goes from `from_offset` + sum of i * from stride to `to_offset` + sum of i * to stride. Strides
  // may be 0 or negative for `from`; no two elements may go to the same place.
  NdCopy(const std::vector<std::int64_t>& sizes, const std::vector<std::int64_t>& from,
         const std::vector<std::int64_t>& to, std::int64_t from_offset = 0, std::int64_t to_offset = 0);

  // Moves the elements; their type decides how.
  void run(const Tensor& from, Tensor& to) const;

 private:
  struct Dim {
    std::int64_t size, from, to;
  };
  template <typename T>
  void copy(const T* from, T* to) const;
  template <typename T>
  void copy_dim(std::size_t d, const T* from, T* to) const;
  template <typename T>
  void copy_plane(const T* from, T* to) const;
  template <typename T>
  static void copy_row(const Dim& row, const T* from, T* to);

  std::vector<Dim> dims_;  // outer to inner
  std::int64_t elements_ = 0;
  std::int64_t from_offset_ = 0;
  std::int64_t to_offset_ = 0;
  bool plane_ = false;  // the last two dimensions are a transposition, done in squares
};

}  // namespace tenon
