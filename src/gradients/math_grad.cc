// Gradients of element-wise functions of one value, of casts, sums of many and matrix products.
#include <cmath>
#include <numbers>

#include "gradients/gradient_ops.h"

namespace tenon {
namespace {

// `with control_dependencies([grad])`: what is made does not run before the gradient exists.
Scope after(const Output& grad) { return grad.graph().control_dependencies({grad.op().node()}); }

Gradients none(GradientContext& c, const Gradients&) { return Gradients(static_cast<std::size_t>(c.num_inputs())); }

Gradients neg(GradientContext&, const Gradients& grads) { return {negative(dense(grads[0]))}; }

Gradients abs_grad(GradientContext& c, const Gradients& grads) {
  Output grad = dense(grads[0]);
  return {grad * sign(c.input(0))};
}

Gradients square_grad(GradientContext& c, const Gradients& grads) {
  Output grad = dense(grads[0]);
  Scope scope = after(grad);
  Output two = scalar(c.graph(), 2.0, c.input(0).dtype());
  Output twice = multiply(c.input(0), two);
  return {multiply(grad, twice)};
}

// Ops of (y, dy), made by TensorFlow for this purpose.
Gradients from_output(GradientContext& c, const Gradients& grads, std::string_view type) {
  return {add_op(type, {}, {c.output(0), dense(grads[0])})};
}
Gradients sqrt_grad(GradientContext& c, const Gradients& grads) { return from_output(c, grads, "SqrtGrad"); }
Gradients rsqrt_grad(GradientContext& c, const Gradients& grads) { return from_output(c, grads, "RsqrtGrad"); }
Gradients reciprocal_grad(GradientContext& c, const Gradients& grads) {
  return from_output(c, grads, "ReciprocalGrad");
}
Gradients tanh_grad(GradientContext& c, const Gradients& grads) {
  Scope scope = after(dense(grads[0]));
  return from_output(c, grads, "TanhGrad");
}
Gradients sigmoid_grad(GradientContext& c, const Gradients& grads) {
  Scope scope = after(dense(grads[0]));
  return from_output(c, grads, "SigmoidGrad");
}

Gradients exp_grad(GradientContext& c, const Gradients& grads) {
  Output grad = dense(grads[0]);
  Scope scope = after(grad);
  return {grad * c.output(0)};
}

Gradients expm1_grad(GradientContext& c, const Gradients& grads) {
  Output grad = dense(grads[0]);
  Scope scope = after(grad);
  return {grad * exp(c.input(0))};
}

Gradients log_grad(GradientContext& c, const Gradients& grads) {
  Output grad = dense(grads[0]);
  Scope scope = after(grad);
  return {grad * reciprocal(c.input(0))};
}

Gradients log1p_grad(GradientContext& c, const Gradients& grads) {
  Output grad = dense(grads[0]);
  Scope scope = after(grad);
  Output more = Number(1) + c.input(0);
  return {grad * reciprocal(more)};
}

Gradients erf_grad(GradientContext& c, const Gradients& grads) {
  Output grad = dense(grads[0]);
  Output factor = scalar(c.graph(), 2 / std::sqrt(std::numbers::pi), grad.dtype());
  Scope scope = after(grad);
  Output scaled = grad * factor;
  Output minus_square = negative(square(c.input(0)));
  return {scaled * exp(minus_square)};
}

Gradients sign_grad(GradientContext& c, const Gradients&) { return {zeros_like(c.input(0))}; }

Gradients sin_grad(GradientContext& c, const Gradients& grads) {
  Output grad = dense(grads[0]);
  Scope scope = after(grad);
  return {grad * cos(c.input(0))};
}

Gradients cos_grad(GradientContext& c, const Gradients& grads) {
  Output grad = dense(grads[0]);
  Scope scope = after(grad);
  Output minus = negative(grad);
  return {minus * sin(c.input(0))};
}

Gradients cast_grad(GradientContext& c, const Gradients& grads) {
  const DType from = c.input(0).dtype(), to = grads[0].values->dtype();
  const bool differentiable = (is_floating(from) || is_complex(from)) && (is_floating(to) || is_complex(to));
  return {differentiable ? Gradient(cast(dense(grads[0]), from)) : Gradient()};
}

Gradients add_n_grad(GradientContext& c, const Gradients& grads) {
  return Gradients(static_cast<std::size_t>(c.num_inputs()), grads[0]);
}

struct Product {
  bool transpose_a = false, transpose_b = false;
};

Output product(const Output& a, const Output& b, const Product& p, bool grad_a) {
  return add_op(
      "MatMul", {}, {a, b},
      {{"transpose_a", p.transpose_a}, {"transpose_b", p.transpose_b}, {"grad_a", grad_a}, {"grad_b", !grad_a}});
}

Gradients matmul_grad(GradientContext& c, const Gradients& grads) {
  const bool ta = c.attr<bool>("transpose_a"), tb = c.attr<bool>("transpose_b");
  const Output a = c.input(0), b = c.input(1), grad = dense(grads[0]);
  Output da = ta ? product(b, grad, {tb, true}, true) : product(grad, b, {false, !tb}, true);
  Output db = tb ? product(grad, a, {true, ta}, false) : product(a, grad, {!ta, false}, false);
  return {da, db};
}

Output batch_product(const Output& a, const Output& b, const Product& p, bool grad_a, bool marked) {
  Scope scope = a.graph().name_scope("MatMul");
  const auto matrix = [](const Output& x) { return x.shape().rank() == 2; };
  if (matrix(a) && matrix(b))
    return add_op("MatMul", scope.name(), {a, b},
                  {{"transpose_a", p.transpose_a},
                   {"transpose_b", p.transpose_b},
                   {"grad_a", marked && grad_a},
                   {"grad_b", marked && !grad_a}});
  return add_op("BatchMatMulV2", scope.name(), {a, b},
                {{"adj_x", p.transpose_a},
                 {"adj_y", p.transpose_b},
                 {"grad_x", marked && grad_a},
                 {"grad_y", marked && !grad_a}});
}

std::pair<Output, Output> batch_products(GradientContext& c, const Output& grad, bool marked) {
  const bool ta = c.attr<bool>("adj_x"), tb = c.attr<bool>("adj_y");
  const Output x = c.input(0), y = c.input(1);
  Output dx =
      ta ? batch_product(y, grad, {tb, true}, true, marked) : batch_product(grad, y, {false, !tb}, true, marked);
  Output dy =
      tb ? batch_product(grad, x, {true, ta}, false, marked) : batch_product(x, grad, {!ta, false}, false, marked);
  return {dx, dy};
}

Gradients batch_matmul_grad(GradientContext& c, const Gradients& grads) {
  const auto [dx, dy] = batch_products(c, dense(grads[0]), false);
  return {dx, dy};
}

PartialShape batch_shape(const Output& x) {
  const PartialShape shape = x.shape();
  if (shape.rank() < 2) return PartialShape::unknown();
  return PartialShape(std::span(shape.dims().data(), static_cast<std::size_t>(shape.rank() - 2)));
}

Gradients batch_matmul_v2_grad(GradientContext& c, const Gradients& grads) {
  const auto [dx, dy] = batch_products(c, dense(grads[0]), true);
  const Output x = c.input(0), y = c.input(1);
  const PartialShape bx = batch_shape(x), by = batch_shape(y);
  const bool plain = x.shape().rank() == 2 && y.shape().rank() == 2;
  if (plain || (bx.fully_defined() && bx == by)) return {dx, dy};
  Output sx = shape(x), sy = shape(y);
  Output hx = head(sx, -2), hy = head(sy, -2);
  std::vector<Output> axes = outputs_of(add_node(c.graph(), "BroadcastGradientArgs", {}, {hx, hy}));
  Output rx = reshape(reduce_sum(dx, axes[0]), sx);
  Output ry = reshape(reduce_sum(dy, axes[1]), sy);
  return {rx, ry};
}

Gradients cumsum_grad(GradientContext& c, const Gradients& grads) {
  Output grad = dense(grads[0]);
  Scope scope = c.graph().name_scope("Cumsum");
  return {add_op("Cumsum", scope.name(), {grad, c.input(1)},
                 {{"exclusive", c.attr<bool>("exclusive")}, {"reverse", !c.attr<bool>("reverse")}}),
          {}};
}

constexpr GradientRow kRows[] = {
    {"Abs", abs_grad},
    {"AddN", add_n_grad},
    {"ArgMax", none},
    {"ArgMin", none},
    {"BatchMatMul", batch_matmul_grad},
    {"BatchMatMulV2", batch_matmul_v2_grad},
    {"BatchMatMulV3", batch_matmul_v2_grad},
    {"Cast", cast_grad},
    {"Ceil", none},
    {"Cos", cos_grad},
    {"Cumsum", cumsum_grad},
    {"Equal", nullptr},
    {"Erf", erf_grad},
    {"Exp", exp_grad},
    {"Expm1", expm1_grad},
    {"Floor", none},
    {"FloorDiv", none},
    {"Greater", nullptr},
    {"GreaterEqual", nullptr},
    {"Inv", reciprocal_grad},
    {"Less", nullptr},
    {"LessEqual", nullptr},
    {"Log", log_grad},
    {"Log1p", log1p_grad},
    {"LogicalAnd", nullptr},
    {"LogicalNot", nullptr},
    {"LogicalOr", nullptr},
    {"MatMul", matmul_grad},
    {"Multinomial", nullptr},
    {"Neg", neg},
    {"NotEqual", nullptr},
    {"RandomStandardNormal", nullptr},
    {"RandomUniform", nullptr},
    {"Range", none},
    {"Reciprocal", reciprocal_grad},
    {"Round", none},
    {"Rsqrt", rsqrt_grad},
    {"Sigmoid", sigmoid_grad},
    {"Sign", sign_grad},
    {"Sin", sin_grad},
    {"Sqrt", sqrt_grad},
    {"Square", square_grad},
    {"Tanh", tanh_grad},
    {"TruncatedNormal", nullptr},
};

}  // namespace

std::span<const GradientRow> math_gradients() { return kRows; }

}  // namespace tenon
