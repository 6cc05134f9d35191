// out = a * b for one pair of matrices or for a batch of them, in the element type T.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/kernel.h"

namespace tenon {

struct ProductShape {
  std::int64_t m = 0, k = 0, n = 0;
  bool transpose_a = false, transpose_b = false;
  bool conjugate_a = false, conjugate_b = false;  // of complex numbers, with the transposition
  // For each product of the batch, which matrix of a and of b it takes.
  std::vector<std::int64_t> index_a{0}, index_b{0};
  std::int64_t batch() const { return static_cast<std::int64_t>(index_a.size()); }
};

// Adds bias (a vector of n, or null) and applies Relu; both only in float32.
struct ProductTail {
  bool bias = false, relu = false;
};

class Product {
 public:
  virtual ~Product() = default;
  virtual void prepare(const ProductShape& shape) = 0;
  virtual void run(const Tensor& a, const Tensor& b, std::uint64_t b_version, const Tensor* bias, Tensor& out) = 0;
};

// Null if there is no product for this type.
std::unique_ptr<Product> make_product(DType type, ProductTail tail = {});

}  // namespace tenon
