// Builders of arithmetic.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "ops/builder.h"

namespace tenon {
namespace {

Output divide(const Operand& x, const Operand& y, std::string_view name) {
  GraphImpl& graph = (x.output() ? *x.output() : *y.output()).graph();
  const DType like = (x.output() ? *x.output() : *y.output()).dtype();
  Scope scope = op_scope(graph, name, "truediv");
  Output left = x.in(graph, like, "x"), right = y.in(graph, like, "y");
  // Whole numbers are divided as real ones.
  if (is_integer(like)) {
    const DType real = dtype_size(like) < 4 ? DType::Float32 : DType::Float64;
    left = cast(left, real);
    right = cast(right, real);
  }
  return add_op("RealDiv", scope.name(), {left, right});
}

void need_output(const Operand& x, const Operand& y, std::string_view function) {
  if (!x.output() && !y.output()) bad_argument(function, "one of the two operands must be an Output");
}

// The axes to reduce: all of them are a constant beside the operation, where the rank is known.
Output reduction_axes(const Output& x, const Ints& axis) {
  if (axis.given()) return axis.in(x.graph(), "reduction_indices");
  if (x.shape().rank() > 0) {
    std::vector<std::int64_t> all;
    for (int i = 0; i < x.shape().rank(); ++i) all.push_back(i);
    return int_vector(x.graph(), all);
  }
  Output end = rank(x);
  return range(x.graph(), 0, end);
}

Output reduce(std::string_view type, const Output& x, const Ints& axis, bool keepdims, std::string_view name) {
  std::optional<Output> all;
  if (!axis.given()) all = reduction_axes(x, axis);
  Scope scope = op_scope(x.graph(), name, type);
  Output axes = all ? *all : reduction_axes(x, axis);
  Output result = add_op(type, scope.name(), {x, axes}, {{"keep_dims", keepdims}});
  if (!axis.given() && !keepdims && !result.shape().fully_defined()) set_shape(result, PartialShape::scalar());
  return result;
}

Output arg(std::string_view type, const Output& x, int axis, std::string_view name) {
  Scope scope = op_scope(x.graph(), name, type);
  return add_op(type, scope.name(), {x, scalar(x.graph(), axis, DType::Int32, "dimension")},
                {{"output_type", DType::Int64}});
}

}  // namespace

Output operator+(const Output& x, const Operand& y) {
  return binary(x.dtype() == DType::String ? "Add" : "AddV2", x, y, {}, "add");
}
Output operator-(const Output& x, const Operand& y) { return binary("Sub", x, y, {}, "sub"); }
Output operator*(const Output& x, const Operand& y) { return binary("Mul", x, y, {}, "mul"); }
Output operator/(const Output& x, const Operand& y) { return divide(x, y, {}); }
namespace {
// The number as a constant of the other side's type, made inside the operator's scope.
Output with_number(std::string_view type, const Number& x, const Output& y, std::string_view name) {
  Scope scope = op_scope(y.graph(), {}, name);
  Output left = scalar(y.graph(), x, y.dtype(), "x");
  return add_op(type, scope.name(), {left, y});
}
}  // namespace
Output operator+(const Number& x, const Output& y) { return with_number("AddV2", x, y, "add"); }
Output operator-(const Number& x, const Output& y) { return with_number("Sub", x, y, "sub"); }
Output operator*(const Number& x, const Output& y) { return with_number("Mul", x, y, "mul"); }
Output operator/(const Number& x, const Output& y) {
  if (is_integer(y.dtype())) return divide(x.as(y.dtype()), y, {});
  return with_number("RealDiv", x, y, "truediv");
}
Output operator-(const Output& x) { return negative(x); }

Output add(const Operand& x, const Operand& y, std::string_view name) { return binary("AddV2", x, y, name, "Add"); }
Output subtract(const Operand& x, const Operand& y, std::string_view name) { return binary("Sub", x, y, name); }
Output multiply(const Operand& x, const Operand& y, std::string_view name) { return binary("Mul", x, y, name); }
Output truediv(const Operand& x, const Operand& y, std::string_view name) {
  need_output(x, y, "truediv");
  return divide(x, y, name);
}
Output div(const Operand& x, const Operand& y, std::string_view name) {
  need_output(x, y, "div");
  const DType type = (x.output() ? *x.output() : *y.output()).dtype();
  return binary(is_integer(type) ? "FloorDiv" : "RealDiv", x, y, name, "div");
}
Output floordiv(const Operand& x, const Operand& y, std::string_view name) {
  return binary("FloorDiv", x, y, name, "floordiv");
}
Output mod(const Operand& x, const Operand& y, std::string_view name) { return binary("FloorMod", x, y, name); }
Output pow(const Operand& x, const Operand& y, std::string_view name) { return binary("Pow", x, y, name); }
Output maximum(const Operand& x, const Operand& y, std::string_view name) { return binary("Maximum", x, y, name); }
Output minimum(const Operand& x, const Operand& y, std::string_view name) { return binary("Minimum", x, y, name); }
Output squared_difference(const Operand& x, const Operand& y, std::string_view name) {
  return binary("SquaredDifference", x, y, name);
}

Output add_n(const std::vector<Output>& inputs, std::string_view name) {
  if (inputs.empty()) bad_argument("add_n", "no inputs were given");
  if (inputs.size() == 1) return name.empty() ? inputs[0] : identity(inputs[0], name);
  return add_op("AddN", name, inputs);
}

Output negative(const Output& x, std::string_view name) { return unary("Neg", x, name); }
Output abs(const Output& x, std::string_view name) {
  return unary(is_complex(x.dtype()) ? "ComplexAbs" : "Abs", x, name, "Abs");
}
Output sign(const Output& x, std::string_view name) { return unary("Sign", x, name); }
Output square(const Output& x, std::string_view name) { return unary("Square", x, name); }
Output sqrt(const Output& x, std::string_view name) { return unary("Sqrt", x, name); }
Output rsqrt(const Output& x, std::string_view name) { return unary("Rsqrt", x, name); }
Output reciprocal(const Output& x, std::string_view name) { return unary("Reciprocal", x, name); }
Output exp(const Output& x, std::string_view name) { return unary("Exp", x, name); }
Output expm1(const Output& x, std::string_view name) { return unary("Expm1", x, name); }
Output log(const Output& x, std::string_view name) { return unary("Log", x, name); }
Output log1p(const Output& x, std::string_view name) { return unary("Log1p", x, name); }
Output sin(const Output& x, std::string_view name) { return unary("Sin", x, name); }
Output cos(const Output& x, std::string_view name) { return unary("Cos", x, name); }
Output tanh(const Output& x, std::string_view name) { return unary("Tanh", x, name); }
Output sigmoid(const Output& x, std::string_view name) { return unary("Sigmoid", x, name); }
Output erf(const Output& x, std::string_view name) { return unary("Erf", x, name); }
Output floor(const Output& x, std::string_view name) { return unary("Floor", x, name); }
Output ceil(const Output& x, std::string_view name) { return unary("Ceil", x, name); }
Output round(const Output& x, std::string_view name) {
  return is_integer(x.dtype()) ? x : unary("Round", x, name);
}

Output matmul(const Output& a, const Output& b, const MatmulOptions& options) {
  Scope scope = op_scope(a.graph(), options.name, "MatMul");
  const auto many = [](const Output& x) { return !x.shape().known_rank() || x.shape().rank() > 2; };
  if (many(a) && many(b))
    return add_op("BatchMatMulV2", scope.name(), {a, b},
                  {{"adj_x", options.transpose_a}, {"adj_y", options.transpose_b}});
  return add_op("MatMul", scope.name(), {a, b},
                {{"transpose_a", options.transpose_a}, {"transpose_b", options.transpose_b}});
}

Output equal(const Operand& x, const Operand& y, std::string_view name) { return binary("Equal", x, y, name); }
Output not_equal(const Operand& x, const Operand& y, std::string_view name) { return binary("NotEqual", x, y, name); }
Output less(const Operand& x, const Operand& y, std::string_view name) { return binary("Less", x, y, name); }
Output less_equal(const Operand& x, const Operand& y, std::string_view name) { return binary("LessEqual", x, y, name); }
Output greater(const Operand& x, const Operand& y, std::string_view name) { return binary("Greater", x, y, name); }
Output greater_equal(const Operand& x, const Operand& y, std::string_view name) {
  return binary("GreaterEqual", x, y, name);
}
Output logical_and(const Output& x, const Output& y, std::string_view name) { return binary("LogicalAnd", x, y, name); }
Output logical_or(const Output& x, const Output& y, std::string_view name) { return binary("LogicalOr", x, y, name); }
Output logical_not(const Output& x, std::string_view name) { return unary("LogicalNot", x, name); }

Output reduce_sum(const Output& x, const Ints& axis, bool keepdims, std::string_view name) {
  return reduce("Sum", x, axis, keepdims, name);
}
Output reduce_mean(const Output& x, const Ints& axis, bool keepdims, std::string_view name) {
  return reduce("Mean", x, axis, keepdims, name);
}
Output reduce_prod(const Output& x, const Ints& axis, bool keepdims, std::string_view name) {
  return reduce("Prod", x, axis, keepdims, name);
}
Output reduce_max(const Output& x, const Ints& axis, bool keepdims, std::string_view name) {
  return reduce("Max", x, axis, keepdims, name);
}
Output reduce_min(const Output& x, const Ints& axis, bool keepdims, std::string_view name) {
  return reduce("Min", x, axis, keepdims, name);
}
Output reduce_any(const Output& x, const Ints& axis, bool keepdims, std::string_view name) {
  return reduce("Any", x, axis, keepdims, name);
}
Output reduce_all(const Output& x, const Ints& axis, bool keepdims, std::string_view name) {
  return reduce("All", x, axis, keepdims, name);
}

Output argmax(const Output& x, int axis, std::string_view name) { return arg("ArgMax", x, axis, name); }
Output argmin(const Output& x, int axis, std::string_view name) { return arg("ArgMin", x, axis, name); }

Output cast(const Output& x, DType dtype, std::string_view name) {
  if (x.dtype() == dtype) return x;
  Scope scope = op_scope(x.graph(), name, "Cast");
  return add_op("Cast", scope.name(), {x}, {{"DstT", dtype}});
}

Output range(GraphImpl& graph, const Operand& start, const Operand& limit, const Operand& delta,
             std::string_view name) {
  Scope scope = op_scope(graph, name, "range");
  std::vector<Output> inputs = {start.in(graph, DType::Invalid, "start"), limit.in(graph, DType::Invalid, "limit"),
                                delta.in(graph, DType::Invalid, "delta")};
  static constexpr std::array<DType, 4> kOrder = {DType::Int32, DType::Int64, DType::Float32, DType::Float64};
  auto widest = kOrder.begin();
  for (const Output& input : inputs) widest = std::max(widest, std::find(kOrder.begin(), kOrder.end(), input.dtype()));
  if (widest == kOrder.end()) bad_argument("range", "start, limit and delta must be int32, int64, float32 or float64");
  for (Output& input : inputs) input = cast(input, *widest);
  return add_op("Range", scope.name(), inputs);
}

}  // namespace tenon
