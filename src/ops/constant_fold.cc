#include "ops/constant_fold.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace tenon {
namespace {

using Inputs = std::vector<IntArray>;
using Folded = std::optional<IntArray>;

Folded same(const Node&, int, const Inputs& in) { return in[0]; }

Folded of_value(const Inputs& in, std::int64_t value) {
  return IntArray{in[0].shape, std::vector<std::int64_t>(in[0].values.size(), value)};
}

Folded fill(const Node&, int, const Inputs& in) {
  if (in[1].values.size() != 1) return std::nullopt;
  Shape shape = Shape::make(in[0].values);
  if (shape.elements() > 1024) return std::nullopt;
  return IntArray{shape, std::vector<std::int64_t>(static_cast<std::size_t>(shape.elements()), in[1].values[0])};
}

// Operands of one shape, or one of them with a single element.
template <typename F>
Folded elementwise(const Inputs& in, F f) {
  const IntArray &x = in[0], &y = in[1];
  const bool x_one = x.values.size() == 1, y_one = y.values.size() == 1;
  if (!(x.shape == y.shape) && !x_one && !y_one) return std::nullopt;
  const IntArray& like = x.shape.rank() >= y.shape.rank() && !(x_one && !y_one) ? x : y;
  IntArray result{like.shape, std::vector<std::int64_t>(like.values.size())};
  for (std::size_t i = 0; i < result.values.size(); ++i) {
    std::optional<std::int64_t> value = f(x.values[x_one ? 0 : i], y.values[y_one ? 0 : i]);
    if (!value) return std::nullopt;
    result.values[i] = *value;
  }
  return result;
}

using Int = std::int64_t;
using Value = std::optional<std::int64_t>;

Value floor_div(Int a, Int b) {
  if (b == 0 || b == -1) return b == 0 ? Value() : Value(0 - static_cast<std::uint64_t>(a));
  return a / b - ((a % b != 0) && ((a < 0) != (b < 0)));
}
Value floor_mod(Int a, Int b) {
  if (b == 0) return std::nullopt;
  if (b == -1) return 0;
  const Int r = a % b;
  return r != 0 && ((r < 0) != (b < 0)) ? r + b : r;
}
// Wraps as the machine does instead of overflowing.
Int wrap(std::uint64_t value) { return static_cast<Int>(value); }

Folded add(const Node&, int, const Inputs& in) {
  return elementwise(in, [](std::uint64_t a, std::uint64_t b) { return Value(wrap(a + b)); });
}
Folded sub(const Node&, int, const Inputs& in) {
  return elementwise(in, [](std::uint64_t a, std::uint64_t b) { return Value(wrap(a - b)); });
}
Folded mul(const Node&, int, const Inputs& in) {
  return elementwise(in, [](std::uint64_t a, std::uint64_t b) { return Value(wrap(a * b)); });
}
Folded fold_floor_div(const Node&, int, const Inputs& in) { return elementwise(in, floor_div); }
Folded fold_floor_mod(const Node&, int, const Inputs& in) { return elementwise(in, floor_mod); }
Folded maximum(const Node&, int, const Inputs& in) {
  return elementwise(in, [](Int a, Int b) { return Value(std::max(a, b)); });
}
Folded minimum(const Node&, int, const Inputs& in) {
  return elementwise(in, [](Int a, Int b) { return Value(std::min(a, b)); });
}
Folded equal(const Node&, int, const Inputs& in) {
  return elementwise(in, [](Int a, Int b) { return Value(a == b); });
}
Folded not_equal(const Node&, int, const Inputs& in) {
  return elementwise(in, [](Int a, Int b) { return Value(a != b); });
}
Folded neg(const Node&, int, const Inputs& in) {
  IntArray result = in[0];
  for (Int& value : result.values) value = wrap(0 - static_cast<std::uint64_t>(value));
  return result;
}

Folded pack(const Node& node, int, const Inputs& in) {
  if (in.empty() || node.attr_or<Int>("axis", 0) != 0) return std::nullopt;
  IntArray result;
  result.shape = Shape{static_cast<Int>(in.size())};
  for (const IntArray& x : in) {
    if (x.shape.rank() != in[0].shape.rank() || x.values.size() != in[0].values.size()) return std::nullopt;
    result.values.insert(result.values.end(), x.values.begin(), x.values.end());
  }
  for (Int dim : in[0].shape) result.shape.push_back(dim);
  return result;
}

Folded unpack(const Node& node, int index, const Inputs& in) {
  if (node.attr_or<Int>("axis", 0) != 0 || in[0].shape.rank() != 1) return std::nullopt;
  if (index >= static_cast<int>(in[0].values.size())) return std::nullopt;
  return IntArray{Shape{}, {in[0].values[index]}};
}

Folded join_vectors(const Inputs& in, std::size_t begin, std::size_t end) {
  IntArray result;
  for (std::size_t i = begin; i < end; ++i) {
    if (in[i].shape.rank() != 1) return std::nullopt;
    result.values.insert(result.values.end(), in[i].values.begin(), in[i].values.end());
  }
  result.shape = Shape{static_cast<Int>(result.values.size())};
  return result;
}
Folded concat_v2(const Node&, int, const Inputs& in) { return join_vectors(in, 0, in.size() - 1); }
Folded concat(const Node&, int, const Inputs& in) { return join_vectors(in, 1, in.size()); }

Folded slice(const Node&, int, const Inputs& in) {
  if (in[0].shape.rank() != 1 || in[1].values.size() != 1 || in[2].values.size() != 1) return std::nullopt;
  const Int length = static_cast<Int>(in[0].values.size()), begin = in[1].values[0];
  if (begin < 0) return std::nullopt;
  const Int size = in[2].values[0] == -1 ? length - begin : in[2].values[0];
  if (size < 0 || begin > length || size > length - begin) return std::nullopt;
  return IntArray{Shape{size}, {in[0].values.begin() + begin, in[0].values.begin() + begin + size}};
}

Folded fold_strided_slice(const Node& node, int, const Inputs& in) {
  return strided_slice(node, in[0], in[1].values, in[2].values, in[3].values);
}

Folded gather(const Node&, int, const Inputs& in) {
  if (in[0].shape.rank() != 1 || (in.size() > 2 && in[2].values != std::vector<Int>{0})) return std::nullopt;
  IntArray result{in[1].shape, {}};
  for (Int index : in[1].values) {
    if (index < 0 || index >= static_cast<Int>(in[0].values.size())) return std::nullopt;
    result.values.push_back(in[0].values[index]);
  }
  return result;
}

constexpr std::uint64_t kMaxInRange = std::uint64_t{1} << 40;
std::uint64_t magnitude(Int value) {
  return value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
}

Folded range(const Node&, int, const Inputs& in) {
  if (in[0].values.size() != 1 || in[1].values.size() != 1 || in[2].values.size() != 1) return std::nullopt;
  const Int start = in[0].values[0], limit = in[1].values[0], delta = in[2].values[0];
  if (delta == 0 || std::max({magnitude(start), magnitude(limit), magnitude(delta)}) > kMaxInRange) return std::nullopt;
  if ((limit - start) / delta > 1024) return std::nullopt;
  IntArray result;
  for (Int i = start; delta > 0 ? i < limit : i > limit; i += delta) result.values.push_back(i);
  result.shape = Shape{static_cast<Int>(result.values.size())};
  return result;
}

// All elements of a vector (or a scalar).
template <typename F>
Folded reduced(const Node& node, const Inputs& in, Int start, F f) {
  if (in[0].shape.rank() > 1 || (in[0].shape.rank() == 1 && in[1].values.size() != 1)) return std::nullopt;
  if (in[0].shape.rank() == 0) return in[0];
  IntArray result{node.attr_or<bool>("keep_dims", false) ? Shape{1} : Shape{}, {start}};
  for (Int value : in[0].values) result.values[0] = f(result.values[0], value);
  return result;
}
Folded prod(const Node& node, int, const Inputs& in) {
  return reduced(node, in, 1, [](std::uint64_t a, std::uint64_t b) { return wrap(a * b); });
}
Folded sum(const Node& node, int, const Inputs& in) {
  return reduced(node, in, 0, [](std::uint64_t a, std::uint64_t b) { return wrap(a + b); });
}

Folded reshape(const Node&, int, const Inputs& in) {
  Int known = 1, unknown = -1;
  std::vector<Int> dims = in[1].values;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == -1) unknown = static_cast<Int>(i);
    else if (dims[i] < 0 || dims[i] > 1024) return std::nullopt;
    else known *= std::max<Int>(dims[i], 0);
    if (known > 4096) return std::nullopt;
  }
  if (unknown >= 0 && known > 0) dims[unknown] = static_cast<Int>(in[0].values.size()) / known;
  Shape shape = Shape::make(dims);
  if (shape.elements() != static_cast<Int>(in[0].values.size())) return std::nullopt;
  return IntArray{shape, in[0].values};
}

Folded expand_dims(const Node&, int, const Inputs& in) {
  if (in[0].shape.rank() != 0) return std::nullopt;
  return IntArray{Shape{1}, in[0].values};
}
Folded squeeze(const Node&, int, const Inputs& in) {
  if (in[0].values.size() != 1) return std::nullopt;
  return IntArray{Shape{}, in[0].values};
}

Folded dynamic_stitch(const Node&, int, const Inputs& in) {
  const std::size_t n = in.size() / 2;
  IntArray result;
  for (std::size_t i = 0; i < n; ++i) {
    if (in[i].values.size() != in[n + i].values.size()) return std::nullopt;
    for (std::size_t j = 0; j < in[i].values.size(); ++j) {
      const Int at = in[i].values[j];
      if (at < 0 || at > 1024) return std::nullopt;
      if (at >= static_cast<Int>(result.values.size())) result.values.resize(static_cast<std::size_t>(at) + 1);
      result.values[at] = in[n + i].values[j];
    }
  }
  result.shape = Shape{static_cast<Int>(result.values.size())};
  return result;
}

// The axes of either operand that broadcasting repeats.
Folded broadcast_gradient_args(const Node&, int index, const Inputs& in) {
  if (in[0].shape.rank() != 1 || in[1].shape.rank() != 1) return std::nullopt;
  const Int n = static_cast<Int>(in[0].values.size()), m = static_cast<Int>(in[1].values.size()), rank = std::max(n, m);
  IntArray result;
  for (Int i = 0; i < rank; ++i) {
    const Int a = i < rank - n ? 1 : in[0].values[i - (rank - n)], b = i < rank - m ? 1 : in[1].values[i - (rank - m)];
    const Int own = index == 0 ? a : b;
    if (a != b && a != 1 && b != 1) return std::nullopt;
    // Where both are 1, reducing changes nothing; TensorFlow lists these axes too.
    if (own == 1) result.values.push_back(i);
  }
  result.shape = Shape{static_cast<Int>(result.values.size())};
  return result;
}

Folded transpose(const Node&, int, const Inputs& in) {
  if (in[0].shape.rank() != 2 || in[1].values != std::vector<Int>{1, 0}) return std::nullopt;
  const Int rows = in[0].shape[0], columns = in[0].shape[1];
  IntArray result{Shape{columns, rows}, {}};
  for (Int column = 0; column < columns; ++column)
    for (Int row = 0; row < rows; ++row) result.values.push_back(in[0].values[row * columns + column]);
  return result;
}

Folded zeros_like(const Node&, int, const Inputs& in) { return of_value(in, 0); }
Folded ones_like(const Node&, int, const Inputs& in) { return of_value(in, 1); }

const std::unordered_map<std::string_view, FoldFn*>& table() {
  static const std::unordered_map<std::string_view, FoldFn*> rows = {
      {"Add", add},
      {"AddV2", add},
      {"BroadcastGradientArgs", broadcast_gradient_args},
      {"Cast", same},
      {"Concat", concat},
      {"ConcatV2", concat_v2},
      {"DynamicStitch", dynamic_stitch},
      {"Equal", equal},
      {"ExpandDims", expand_dims},
      {"Fill", fill},
      {"FloorDiv", fold_floor_div},
      {"FloorMod", fold_floor_mod},
      {"GatherV2", gather},
      {"Identity", same},
      {"Maximum", maximum},
      {"Minimum", minimum},
      {"Mul", mul},
      {"Neg", neg},
      {"NotEqual", not_equal},
      {"OnesLike", ones_like},
      {"Pack", pack},
      {"Prod", prod},
      {"Range", range},
      {"Reshape", reshape},
      {"Slice", slice},
      {"Squeeze", squeeze},
      {"StopGradient", same},
      {"StridedSlice", fold_strided_slice},
      {"Sub", sub},
      {"Sum", sum},
      {"Transpose", transpose},
      {"Unpack", unpack},
      {"ZerosLike", zeros_like},
  };
  return rows;
}

}  // namespace

FoldFn* find_fold_function(std::string_view op) {
  auto found = table().find(op);
  return found == table().end() ? nullptr : found->second;
}

std::optional<IntArray> strided_slice(const Node& node, const IntArray& x, const std::vector<std::int64_t>& begins,
                                      const std::vector<std::int64_t>& ends,
                                      const std::vector<std::int64_t>& strides) {
  if (x.shape.rank() != 1 || begins.size() != 1 || ends.size() != 1 || strides.size() != 1) return std::nullopt;
  if (node.attr_or<Int>("ellipsis_mask", 0) != 0 || node.attr_or<Int>("new_axis_mask", 0) != 0) return std::nullopt;
  const Int length = static_cast<Int>(x.values.size()), stride = strides[0];
  if (magnitude(stride) > kMaxInRange) return std::nullopt;
  if (stride == 0 || length == 0) return length == 0 && stride != 0 ? std::optional(x) : std::nullopt;
  const Int low = stride > 0 ? 0 : -1, high = stride > 0 ? length : length - 1;
  auto clamp = [&](Int i) { return std::clamp(i < 0 ? i + length : i, low, high); };
  if (node.attr_or<Int>("shrink_axis_mask", 0) & 1) {
    const Int at = begins[0] < 0 ? begins[0] + length : begins[0];
    if (at < 0 || at >= length) return std::nullopt;
    return IntArray{Shape{}, {x.values[at]}};
  }
  const Int begin = node.attr_or<Int>("begin_mask", 0) & 1 ? (stride > 0 ? low : high) : clamp(begins[0]);
  const Int end = node.attr_or<Int>("end_mask", 0) & 1 ? (stride > 0 ? high : low) : clamp(ends[0]);
  IntArray result;
  for (Int i = begin; stride > 0 ? i < end : i > end; i += stride) result.values.push_back(x.values[i]);
  result.shape = Shape{static_cast<Int>(result.values.size())};
  return result;
}

}  // namespace tenon
