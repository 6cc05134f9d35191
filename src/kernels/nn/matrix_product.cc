#include "kernels/nn/matrix_product.h"

#include <algorithm>
#include <cstring>

#include <Eigen/Core>

#include "base/parallel_for.h"
#include "kernels/dnnl/matmul.h"
#include "kernels/elements.h"

namespace tenon {
namespace {

bool is_empty(const ProductShape& s) { return s.batch() == 0 || s.m == 0 || s.n == 0; }

// 0, 1, 2, ... : the batch of this operand is the batch of the result.
bool in_order(const std::vector<std::int64_t>& index) {
  for (std::size_t i = 0; i < index.size(); ++i) {
    if (index[i] != static_cast<std::int64_t>(i)) return false;
  }
  return true;
}

class FloatProduct final : public Product {
 public:
  explicit FloatProduct(ProductTail tail) : tail_(tail) {}

  void prepare(const ProductShape& shape) override {
    shape_ = shape;
    if (is_empty(shape) || shape.k == 0) return;
    onednn::MatMulShape whole{{}, {}, {}, shape.m, shape.k, shape.n, shape.transpose_a, shape.transpose_b};
    const bool a_in_order = in_order(shape.index_a), b_in_order = in_order(shape.index_b);
    const bool b_same = std::all_of(shape.index_b.begin(), shape.index_b.end(), [](std::int64_t i) { return i == 0; });
    at_once_ = true;
    if (a_in_order && b_same && !shape.transpose_a) {
      whole.m *= shape.batch();  // one tall product
    } else if (a_in_order && b_in_order) {
      whole.batch_a = whole.batch_b = whole.batch_out = {shape.batch()};
    } else {
      at_once_ = false;
    }
    product_ = onednn::MatMul(whole, tail_.bias, tail_.relu);
  }

  void run(const Tensor& a, const Tensor& b, std::uint64_t b_version, const Tensor* bias, Tensor& out) override {
    if (is_empty(shape_)) return;
    const float* bias_data = bias ? bias->data<float>() : nullptr;
    if (shape_.k == 0) return without_terms(bias_data, out);
    const float *a_data = a.data<float>(), *b_data = b.data<float>();
    float* out_data = out.data<float>();
    if (at_once_) return product_.run(a_data, b_data, b_version, bias_data, out_data);
    for (std::int64_t i = 0; i < shape_.batch(); ++i) {
      product_.run(a_data + shape_.index_a[i] * shape_.m * shape_.k, b_data + shape_.index_b[i] * shape_.k * shape_.n,
                   0, bias_data, out_data + i * shape_.m * shape_.n);
    }
  }

 private:
  void without_terms(const float* bias, Tensor& out) const {
    float* y = out.data<float>();
    for (std::int64_t i = 0; i < out.elements(); ++i) {
      const float value = bias ? bias[i % shape_.n] : 0.0f;
      y[i] = tail_.relu && value < 0 ? 0.0f : value;
    }
  }

  const ProductTail tail_;
  ProductShape shape_;
  bool at_once_ = true;
  onednn::MatMul product_;
};

template <typename T>
class EigenProduct final : public Product {
 public:
  void prepare(const ProductShape& shape) override { shape_ = shape; }

  void run(const Tensor& a, const Tensor& b, std::uint64_t, const Tensor*, Tensor& out) override {
    if (is_empty(shape_)) return;
    const T *a_data = a.data<T>(), *b_data = b.data<T>();
    T* out_data = out.data<T>();
    for (std::int64_t i = 0; i < shape_.batch(); ++i) {
      one(a_data + shape_.index_a[i] * shape_.m * shape_.k, b_data + shape_.index_b[i] * shape_.k * shape_.n,
          out_data + i * shape_.m * shape_.n);
    }
  }

 private:
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using View = Eigen::Map<const Matrix>;

  void one(const T* a, const T* b, T* out) const {
    const ProductShape& s = shape_;
    const View left(a, s.transpose_a ? s.k : s.m, s.transpose_a ? s.m : s.k);
    const View right(b, s.transpose_b ? s.n : s.k, s.transpose_b ? s.k : s.n);
    Eigen::Map<Matrix> result(out, s.m, s.n);
    if (s.transpose_a || s.transpose_b || s.conjugate_a || s.conjugate_b) {
      result.noalias() = operand(left, s.transpose_a, s.conjugate_a) * operand(right, s.transpose_b, s.conjugate_b);
    } else {
      result.noalias() = left * right;
    }
  }
  static Matrix operand(const View& view, bool transpose, bool conjugate) {
    Matrix matrix = transpose ? Matrix(view.transpose()) : Matrix(view);
    if (conjugate) matrix = matrix.conjugate().eval();
    return matrix;
  }

  ProductShape shape_;
};

// Half and bfloat16: products of floats, rounded once.
template <typename T>
class SmallFloatProduct final : public Product {
 public:
  void prepare(const ProductShape& shape) override { product_.prepare(shape); }

  void run(const Tensor& a, const Tensor& b, std::uint64_t, const Tensor*, Tensor& out) override {
    Tensor wide_out(DType::Float32, out.shape());
    product_.run(widen(a), widen(b), 0, nullptr, wide_out);
    const float* from = wide_out.data<float>();
    std::transform(from, from + out.elements(), out.data<T>(), [](float value) { return T(value); });
  }

 private:
  static Tensor widen(const Tensor& tensor) {
    Tensor wide(DType::Float32, tensor.shape());
    const T* from = tensor.data<T>();
    std::transform(from, from + tensor.elements(), wide.data<float>(),
                   [](T value) { return static_cast<float>(value); });
    return wide;
  }

  FloatProduct product_{ProductTail{}};
};

using EigenTypes = Types<double, std::int16_t, std::int32_t, std::int64_t, std::complex<float>, std::complex<double>>;

}  // namespace

std::unique_ptr<Product> make_product(DType type, ProductTail tail) {
  if (type == DType::Float32) return std::make_unique<FloatProduct>(tail);
  if (tail.bias || tail.relu) return nullptr;
  std::unique_ptr<Product> made;
  visit<EigenTypes>(type, [&]<typename T>() { made = std::make_unique<EigenProduct<T>>(); });
  visit<Types<Half, BFloat16>>(type, [&]<typename T>() { made = std::make_unique<SmallFloatProduct<T>>(); });
  return made;
}

}  // namespace tenon
