// Gradients of element-wise functions of two values, with broadcasting.
#include "gradients/gradient_ops.h"

namespace tenon {
namespace {

Gradients add_grad(GradientContext& c, const Gradients& grads) {
  const Output x = c.input(0), y = c.input(1);
  if (!grads[0].sparse() && same_known_shapes(x, y, *grads[0].values)) return {grads[0], grads[0]};
  return reduce_gradient_args(x, y, grads[0], grads[0]);
}

Gradients sub_grad(GradientContext& c, const Gradients& grads) {
  const Output x = c.input(0), y = c.input(1);
  Output grad = dense(grads[0]);
  Output minus = negative(grad);
  if (same_known_shapes(x, y, grad)) return {grad, minus};
  return reduce_gradient_args(x, y, grad, minus);
}

Gradients mul_grad(GradientContext& c, const Gradients& grads) {
  const Output x = c.input(0), y = c.input(1), grad = dense(grads[0]);
  Output gx = multiply(grad, y);
  const bool quick = same_known_shapes(x, y, grad) && (grad.dtype() == DType::Int32 || grad.dtype() == DType::Float32);
  if (quick) return {gx, multiply(grad, x)};
  return reduce_gradient_args(x, y, gx, multiply(x, grad));
}

Output real_div(const Output& x, const Output& y) { return add_op("RealDiv", {}, {x, y}); }

Gradients real_div_grad(GradientContext& c, const Gradients& grads) {
  const Output x = c.input(0), y = c.input(1), grad = dense(grads[0]);
  Output gx = real_div(grad, y);
  Output quotient = real_div(real_div(negative(x), y), y);
  return reduce_gradient_args(x, y, gx, grad * quotient);
}

Gradients div_grad(GradientContext& c, const Gradients& grads) {
  const Output x = c.input(0), y = c.input(1), grad = dense(grads[0]);
  Output gx = grad / y;
  Output quotient = negative(x) / y / y;
  return reduce_gradient_args(x, y, gx, grad * quotient);
}

Output div_no_nan(const Output& x, const Output& y) {
  Scope scope = x.graph().name_scope("div_no_nan");
  return add_op("DivNoNan", scope.name(), {x, y});
}

Gradients div_no_nan_grad(GradientContext& c, const Gradients& grads) {
  const Output x = c.input(0), y = c.input(1), grad = dense(grads[0]);
  Output gx = div_no_nan(grad, y);
  Output quotient = div_no_nan(div_no_nan(negative(x), y), y);
  return reduce_gradient_args(x, y, gx, grad * quotient);
}

Gradients floor_mod_grad(GradientContext& c, const Gradients& grads) {
  const Output x = c.input(0), y = c.input(1), grad = dense(grads[0]);
  Output floors = add_op("FloorDiv", {}, {x, y});
  Output gy = grad * negative(floors);
  return reduce_gradient_args(x, y, grad, gy);
}

Gradients pow_grad(GradientContext& c, const Gradients& grads) {
  const Output x = c.input(0), y = c.input(1), grad = dense(grads[0]);
  Output scaled = grad * y;
  Output less = y - 1;
  Output gx = scaled * pow(x, less);
  Output mask = is_complex(x.dtype()) ? not_equal(x, 0) : greater(x, 0);
  Output one = ones_like(x);
  Output safe = where(mask, x, one);
  Output logarithm = log(safe);
  Output zero = zeros_like(x);
  Output log_x = where(mask, logarithm, zero);
  Output gy = grad * c.output(0) * log_x;
  return reduce_gradient_args(x, y, gx, gy);
}

Output select(const Output& condition, const Output& x, const Output& y) {
  return add_op("SelectV2", {}, {condition, x, y});
}

Gradients extreme_grad(GradientContext& c, const Gradients& grads, std::string_view selector) {
  const Output x = c.input(0), y = c.input(1), grad = dense(grads[0]);
  Output zero = zeros_like(grad);
  Output mask = add_op(selector, {}, {x, y});
  Output gx = select(mask, grad, zero);
  return reduce_gradient_args(x, y, gx, select(mask, zero, grad));
}
Gradients maximum_grad(GradientContext& c, const Gradients& grads) { return extreme_grad(c, grads, "GreaterEqual"); }
Gradients minimum_grad(GradientContext& c, const Gradients& grads) { return extreme_grad(c, grads, "LessEqual"); }

Gradients squared_difference_grad(GradientContext& c, const Gradients& grads) {
  const Output x = c.input(0), y = c.input(1), grad = dense(grads[0]);
  Output gx;
  {
    Scope after = c.graph().control_dependencies({grad.op().node()});
    Output two = scalar(c.graph(), 2.0, grad.dtype(), "scalar");
    Output twice = multiply(two, grad);
    gx = twice * (x - y);
  }
  Output gy = negative(gx);
  if (same_known_shapes(x, y, grad)) return {gx, gy};
  return reduce_gradient_args(x, y, gx, gy);
}

Gradients select_grad(GradientContext& c, const Gradients& grads) {
  const Output condition = c.input(0), grad = dense(grads[0]);
  Output zero = zeros_like(c.input(1));
  Output gx = where(condition, grad, zero);
  return {{}, gx, where(condition, zero, grad)};
}

Gradients select_v2_grad(GradientContext& c, const Gradients& grads) {
  const Output condition = c.input(0), grad = dense(grads[0]);
  Output zero = zeros(c.graph(), Shape{}, grad.dtype());
  Output gx = select(condition, grad, zero);
  Output gy = select(condition, zero, grad);
  Gradient rx = reduce_gradient_args(c.input(1), c.output(0), gx, {})[0];
  return {{}, rx, reduce_gradient_args(c.input(2), c.output(0), gy, {})[0]};
}

constexpr GradientRow kRows[] = {
    {"Add", add_grad},
    {"AddV2", add_grad},
    {"Div", div_grad},
    {"DivNoNan", div_no_nan_grad},
    {"FloorMod", floor_mod_grad},
    {"Maximum", maximum_grad},
    {"Minimum", minimum_grad},
    {"Mul", mul_grad},
    {"Pow", pow_grad},
    {"RealDiv", real_div_grad},
    {"Select", select_grad},
    {"SelectV2", select_v2_grad},
    {"SquaredDifference", squared_difference_grad},
    {"Sub", sub_grad},
};

}  // namespace

std::span<const GradientRow> binary_gradients() { return kRows; }

}  // namespace tenon
