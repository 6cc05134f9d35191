#include "kernels/nn/matmul.h"

#include <fmt/format.h>

#include "kernels/broadcast.h"
#include "kernels/elements.h"

namespace tenon {
namespace {

std::unique_ptr<Product> product_of(const KernelSetup& setup) {
  const DType type = type_attr(setup, "T");
  auto product = make_product(type);
  if (!product) throw_no_kernel(setup.node, type);
  return product;
}

class MatMul final : public Kernel {
 public:
  explicit MatMul(const KernelSetup& setup)
      : product_(product_of(setup)),
        transpose_a_(setup.node.attr_or<bool>("transpose_a", false)),
        transpose_b_(setup.node.attr_or<bool>("transpose_b", false)) {}

  void prepare(PrepareContext& c) override {
    const ProductShape shape = matmul_shape(c, transpose_a_, transpose_b_);
    product_->prepare(shape);
    c.set_output(0, {shape.m, shape.n});
    empty_ = shape.k == 0;
  }

  void run(RunContext& c) override {
    Tensor& out = c.output(0);
    if (empty_) {
      if (out.bytes() > 0) std::memset(out.raw(), 0, out.bytes());
      return;
    }
    product_->run(c.input(0), c.input(1), c.input_version(1), nullptr, out);
  }

 private:
  const std::unique_ptr<Product> product_;
  const bool transpose_a_, transpose_b_;
  bool empty_ = false;
};

// The batch dimensions of an operand.
Shape batch_of(const Shape& shape) { return Shape(std::span(shape.data(), shape.rank() - 2)); }

// For each element of the result's batch, the number of the operand's matrix.
std::vector<std::int64_t> matrix_indices(const Broadcast& plan, int operand) {
  std::vector<std::int64_t> indices;
  const std::int64_t stride = plan.inner_stride(operand);
  for_each_row(plan, 0, plan.elements, [&](const auto& offsets, std::int64_t, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) indices.push_back(offsets[operand] + i * stride);
  });
  return indices;
}

class BatchMatMul final : public Kernel {
 public:
  explicit BatchMatMul(const KernelSetup& setup)
      : product_(product_of(setup)),
        adjoint_x_(setup.node.attr_or<bool>("adj_x", false)),
        adjoint_y_(setup.node.attr_or<bool>("adj_y", false)) {}

  void prepare(PrepareContext& c) override {
    const Shape &x = c.input_shape(0), &y = c.input_shape(1);
    const auto misfit = [&](const char* why) {
      return fmt::format("{}: x has shape {}, y has shape {}", why, x.to_string(), y.to_string());
    };
    c.require(x.rank() >= 2 && y.rank() >= 2, misfit("both inputs must have at least 2 dimensions"));
    const auto plan = broadcast(batch_of(x), batch_of(y));
    c.require(plan.has_value(), misfit("the batch dimensions must be equal or broadcast"));
    const int xr = x.rank(), yr = y.rank();
    ProductShape s;
    s.m = x[adjoint_x_ ? xr - 1 : xr - 2];
    s.k = x[adjoint_x_ ? xr - 2 : xr - 1];
    s.n = y[adjoint_y_ ? yr - 2 : yr - 1];
    c.require(s.k == y[adjoint_y_ ? yr - 1 : yr - 2], misfit("the inner dimensions must be equal"));
    s.transpose_a = s.conjugate_a = adjoint_x_;
    s.transpose_b = s.conjugate_b = adjoint_y_;
    Shape out = plan->out;
    out.push_back(s.m);
    out.push_back(s.n);
    c.set_output(0, out);
    empty_ = s.k == 0 || out.elements() == 0;
    if (empty_) return;
    s.index_a = matrix_indices(*plan, 0);
    s.index_b = matrix_indices(*plan, 1);
    product_->prepare(s);
  }

  void run(RunContext& c) override {
    Tensor& out = c.output(0);
    if (empty_) {
      if (out.bytes() > 0) std::memset(out.raw(), 0, out.bytes());
      return;
    }
    product_->run(c.input(0), c.input(1), c.input_version(1), nullptr, out);
  }

 private:
  const std::unique_ptr<Product> product_;
  const bool adjoint_x_, adjoint_y_;
  bool empty_ = false;
};

}  // namespace

ProductShape matmul_shape(const PrepareContext& c, bool transpose_a, bool transpose_b) {
  const Shape &a = c.input_shape(0), &b = c.input_shape(1);
  c.require(a.rank() == 2, fmt::format("In[0] is not a matrix. Instead it has shape {}", a.to_string()));
  c.require(b.rank() == 2, fmt::format("In[1] is not a matrix. Instead it has shape {}", b.to_string()));
  ProductShape s;
  s.m = a[transpose_a ? 1 : 0];
  s.k = a[transpose_a ? 0 : 1];
  s.n = b[transpose_b ? 0 : 1];
  s.transpose_a = transpose_a;
  s.transpose_b = transpose_b;
  c.require(s.k == b[transpose_b ? 1 : 0],
            fmt::format("Matrix size-incompatible: In[0]: {}{}, In[1]: {}{}", a.to_string(),
                        transpose_a ? " (transposed)" : "", b.to_string(), transpose_b ? " (transposed)" : ""));
  return s;
}

std::unique_ptr<Kernel> make_matmul(const KernelSetup& setup) { return std::make_unique<MatMul>(setup); }
std::unique_ptr<Kernel> make_batch_matmul(const KernelSetup& setup) { return std::make_unique<BatchMatMul>(setup); }

}  // namespace tenon
