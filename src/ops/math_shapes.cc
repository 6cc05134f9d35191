// Shapes of arithmetic: element-wise, reductions, matrix products, ranges, random numbers.
#include <cmath>

#include <fmt/format.h>

#include "ops/shape_inference.h"

namespace tenon {
namespace {

void reduction_shape(ShapeContext& c) {
  const bool keep = c.attr<bool>("keep_dims", false);
  const PartialShape& x = c.input(0);
  std::optional<IntArray> axes = c.value(1);
  if (!x.known_rank()) {
    if (!keep && axes && axes->values.empty()) c.set(0, x);
    return;
  }
  if (!axes) {
    // All that is known: with keep_dims the rank stays.
    if (keep) c.set(0, PartialShape::unknown_of_rank(x.rank()));
    return;
  }
  std::vector<bool> reduced(static_cast<std::size_t>(x.rank()));
  for (std::int64_t axis : axes->values) reduced[c.axis(axis, x.rank())] = true;
  Dims dims;
  for (int i = 0; i < x.rank(); ++i) {
    if (!reduced[i]) dims.push_back(x[i]);
    else if (keep) dims.push_back(1);
  }
  c.set(0, PartialShape(std::span<const std::int64_t>(dims)));
}

void arg_shape(ShapeContext& c) {
  const PartialShape& x = c.input(0);
  if (!x.known_rank()) return;
  std::optional<std::int64_t> value = c.scalar_value(1);
  if (!value) return c.set(0, PartialShape::unknown_of_rank(std::max(0, x.rank() - 1)));
  if (x.rank() <= 1) return c.set(0, PartialShape::scalar());
  const int axis = c.axis(*value, x.rank());
  c.set(0, concatenated(sub_shape(x, 0, axis), sub_shape(x, axis + 1, x.rank())));
}

void matmul_shape(ShapeContext& c) {
  const PartialShape a = c.with_rank(0, 2), b = c.with_rank(1, 2);
  const bool ta = c.attr<bool>("transpose_a", false), tb = c.attr<bool>("transpose_b", false);
  const std::int64_t inner_a = a[ta ? 0 : 1], inner_b = b[tb ? 1 : 0];
  if (inner_a >= 0 && inner_b >= 0 && inner_a != inner_b)
    c.fail(fmt::format("inner dimensions must be equal, but are {} and {} ({} and {})", inner_a, inner_b,
                       a.to_string(), b.to_string()));
  c.set(0, PartialShape{a[ta ? 1 : 0], b[tb ? 0 : 1]});
}

void batch_matmul_shape(ShapeContext& c) {
  const PartialShape a = c.with_rank_at_least(0, 2), b = c.with_rank_at_least(1, 2);
  if (!a.known_rank() || !b.known_rank()) return;
  const bool ta = c.attr<bool>("adj_x", false), tb = c.attr<bool>("adj_y", false);
  const int ra = a.rank(), rb = b.rank();
  c.merge_dim(a[ta ? ra - 2 : ra - 1], b[tb ? rb - 1 : rb - 2]);
  const PartialShape batch = broadcast(c, sub_shape(a, 0, ra - 2), sub_shape(b, 0, rb - 2));
  c.set(0, concatenated(batch, PartialShape{a[ta ? ra - 1 : ra - 2], b[tb ? rb - 2 : rb - 1]}));
}

void add_n_shape(ShapeContext& c) {
  PartialShape all = c.input(0);
  for (int i = 1; i < c.num_inputs(); ++i) all = c.merge(all, c.input(i));
  c.set(0, all);
}

// A scalar constant of any numeric type, also behind a Cast.
std::optional<double> real_value(const ShapeContext& c, int i) {
  const Node* node = c.node().inputs[i].node;
  if (node->type == "Cast") node = node->inputs[0].node;
  if (node->type != "Const" || !is_floating(node->output_types[0])) {
    const std::optional<std::int64_t> integer = c.scalar_value(i);
    return integer ? std::optional(static_cast<double>(*integer)) : std::nullopt;
  }
  const Tensor value = node->attr<Tensor>("value");
  if (value.elements() != 1) return std::nullopt;
  if (value.dtype() == DType::Float32) return value.at<float>(0);
  if (value.dtype() == DType::Float64) return value.at<double>(0);
  return std::nullopt;
}

void range_shape(ShapeContext& c) {
  std::int64_t size = -1;
  if (is_integer(base_dtype(c.node().output_types[0]))) {
    std::optional<std::int64_t> start = c.scalar_value(0), limit = c.scalar_value(1), delta = c.scalar_value(2);
    if (start && limit && delta && *delta != 0) {
      using Wide = __int128;
      const Wide span = *delta > 0 ? Wide(*limit) - *start : Wide(*start) - *limit;
      const Wide step = *delta > 0 ? Wide(*delta) : -Wide(*delta);
      const Wide count = span <= 0 ? 0 : (span + step - 1) / step;
      if (count < (Wide(1) << 62)) size = static_cast<std::int64_t>(count);
    }
  } else {
    std::optional<double> start = real_value(c, 0), limit = real_value(c, 1), delta = real_value(c, 2);
    if (start && limit && delta && *delta != 0) {
      const double count = std::max(0.0, std::ceil((*limit - *start) / *delta));
      if (count < 9e15) size = static_cast<std::int64_t>(count);
    }
  }
  c.set(0, PartialShape{size});
}

void linspace_shape(ShapeContext& c) {
  std::optional<std::int64_t> num = c.scalar_value(2);
  c.set(0, PartialShape{num && *num > 0 ? *num : -1});
}

void random_shape(ShapeContext& c) { c.set(0, c.shape_value(0)); }

void multinomial_shape(ShapeContext& c) {
  const PartialShape logits = c.with_rank(0, 2);
  std::optional<std::int64_t> samples = c.scalar_value(1);
  c.set(0, PartialShape{logits[0], samples && *samples >= 0 ? *samples : -1});
}

void top_k_shape(ShapeContext& c) {
  const PartialShape x = c.with_rank_at_least(0, 1);
  if (!x.known_rank()) return;
  std::optional<std::int64_t> k =
      c.num_inputs() > 1 ? c.scalar_value(1) : std::optional(c.attr<std::int64_t>("k"));
  c.set_all(with_dim(x, x.rank() - 1, k && *k >= 0 ? *k : -1));
}

void l2_loss_shape(ShapeContext& c) { c.set(0, PartialShape::scalar()); }

constexpr ShapeRow kUnary[] = {
    {"Abs", unchanged_shape},       {"Acos", unchanged_shape},      {"Acosh", unchanged_shape},
    {"Angle", unchanged_shape},     {"Asin", unchanged_shape},      {"Asinh", unchanged_shape},
    {"Atan", unchanged_shape},      {"Atanh", unchanged_shape},     {"BesselI1e", unchanged_shape},
    {"Cast", unchanged_shape},      {"Ceil", unchanged_shape},      {"ClipByValue", unchanged_shape},
    {"ComplexAbs", unchanged_shape}, {"Conj", unchanged_shape},     {"Cos", unchanged_shape},
    {"Cosh", unchanged_shape},      {"Cumprod", unchanged_shape},   {"Cumsum", unchanged_shape},
    {"Digamma", unchanged_shape},   {"Erf", unchanged_shape},       {"Erfc", unchanged_shape},
    {"Erfinv", unchanged_shape},    {"Exp", unchanged_shape},       {"Expm1", unchanged_shape},
    {"Floor", unchanged_shape},     {"Imag", unchanged_shape},      {"Inv", unchanged_shape},
    {"Invert", unchanged_shape},    {"IsFinite", unchanged_shape},  {"IsInf", unchanged_shape},
    {"IsNan", unchanged_shape},     {"Lgamma", unchanged_shape},    {"Log", unchanged_shape},
    {"Log1p", unchanged_shape},     {"LogicalNot", unchanged_shape}, {"MatrixBandPart", unchanged_shape},
    {"Ndtri", unchanged_shape},     {"Neg", unchanged_shape},       {"Real", unchanged_shape},
    {"Reciprocal", unchanged_shape}, {"Rint", unchanged_shape},     {"Round", unchanged_shape},
    {"Rsqrt", unchanged_shape},     {"Sigmoid", unchanged_shape},   {"Sign", unchanged_shape},
    {"Sin", unchanged_shape},       {"Sinh", unchanged_shape},      {"Sqrt", unchanged_shape},
    {"Square", unchanged_shape},    {"Tan", unchanged_shape},       {"Tanh", unchanged_shape},
    {"RandomShuffle", unchanged_shape},
};

constexpr ShapeRow kRows[] = {
    {"Add", broadcast_shape},
    {"AddN", add_n_shape},
    {"AddV2", broadcast_shape},
    {"All", reduction_shape},
    {"Any", reduction_shape},
    {"ArgMax", arg_shape},
    {"ArgMin", arg_shape},
    {"Atan2", broadcast_shape},
    {"BatchMatMul", batch_matmul_shape},
    {"BatchMatMulV2", batch_matmul_shape},
    {"BatchMatMulV3", batch_matmul_shape},
    {"BitwiseAnd", broadcast_shape},
    {"BitwiseOr", broadcast_shape},
    {"BitwiseXor", broadcast_shape},
    {"Complex", broadcast_shape},
    {"Div", broadcast_shape},
    {"DivNoNan", broadcast_shape},
    {"Equal", broadcast_shape},
    {"EuclideanNorm", reduction_shape},
    {"FloorDiv", broadcast_shape},
    {"FloorMod", broadcast_shape},
    {"Greater", broadcast_shape},
    {"GreaterEqual", broadcast_shape},
    {"L2Loss", l2_loss_shape},
    {"Less", broadcast_shape},
    {"LessEqual", broadcast_shape},
    {"LinSpace", linspace_shape},
    {"LogicalAnd", broadcast_shape},
    {"LogicalOr", broadcast_shape},
    {"MatMul", matmul_shape},
    {"Max", reduction_shape},
    {"Maximum", broadcast_shape},
    {"Mean", reduction_shape},
    {"Min", reduction_shape},
    {"Minimum", broadcast_shape},
    {"Mod", broadcast_shape},
    {"Mul", broadcast_shape},
    {"MulNoNan", broadcast_shape},
    {"Multinomial", multinomial_shape},
    {"NotEqual", broadcast_shape},
    {"Pow", broadcast_shape},
    {"Prod", reduction_shape},
    {"RandomStandardNormal", random_shape},
    {"RandomUniform", random_shape},
    {"RandomUniformInt", random_shape},
    {"Range", range_shape},
    {"RealDiv", broadcast_shape},
    {"ReciprocalGrad", merged_shape},
    {"RsqrtGrad", merged_shape},
    {"SigmoidGrad", merged_shape},
    {"SqrtGrad", merged_shape},
    {"SquaredDifference", broadcast_shape},
    {"Sub", broadcast_shape},
    {"Sum", reduction_shape},
    {"TanhGrad", merged_shape},
    {"TopK", top_k_shape},
    {"TopKV2", top_k_shape},
    {"TruncateDiv", broadcast_shape},
    {"TruncateMod", broadcast_shape},
    {"TruncatedNormal", random_shape},
    {"Xdivy", broadcast_shape},
    {"Xlogy", broadcast_shape},
};

}  // namespace

std::span<const ShapeRow> math_shapes() { return kRows; }
std::span<const ShapeRow> unary_shapes() { return kUnary; }

}  // namespace tenon
