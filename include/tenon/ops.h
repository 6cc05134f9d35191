// Operations: functions that add a node to a graph and return its output. Names, defaults and the nodes they make
// are TensorFlow 1's.
//
//   tenon::Graph graph;
//   tenon::Output x = tenon::placeholder(graph, tenon::float32, {-1, 4}, "x");
//   tenon::Variable w = tenon::get_variable(graph, "w", {4, 2});
//   tenon::Output y = tenon::reduce_mean(tenon::square(tenon::matmul(x, w) - 1.f));
//   y.name();                                   // "Mean:0"
//   tenon::Operation step = tenon::assign(w, w * 0.5f).op();
//
// The last argument of each is the node's name; left out, TensorFlow's own ("MatMul", "MatMul_1", ...). A number
// beside an Output becomes a constant of the Output's type ("mul/y"). Everything here throws InvalidArgument for
// inputs of the wrong type or for shapes that cannot fit. C++ evaluates the arguments of a call in no fixed order:
// where the numbers in names matter, give the inner operations variables of their own, one after the other. Building
// one graph from several threads is not safe.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenon/graph.h"
#include "tenon/tensor.h"

namespace tenon {

// A plain number where an Output could be.
class Number {
 public:
  template <typename T>
    requires std::integral<T> || std::floating_point<T>
  Number(T value) {
    if constexpr (std::same_as<T, bool>) kind_ = Kind::Bool;
    else if constexpr (std::integral<T>) kind_ = Kind::Integer;
    integer_ = static_cast<std::int64_t>(value);
    real_ = static_cast<double>(value);
  }
  // As a scalar of that type; throws InvalidArgument for 1.5 as an integer.
  Tensor as(DType type) const;
  Tensor natural() const;  // float32, int32 or bool, as TensorFlow takes Python's numbers
  bool is_whole(std::int64_t value) const { return kind_ == Kind::Integer && integer_ == value; }

 private:
  enum class Kind { Real, Integer, Bool } kind_ = Kind::Real;
  std::int64_t integer_ = 0;
  double real_ = 0;
};

// An Output, a Variable, a number or a Tensor.
class Operand {
 public:
  Operand(const Output& output) : output_(output) {}
  Operand(const Variable& variable) : output_(variable.snapshot) {}
  Operand(const Tensor& tensor) : tensor_(tensor) {}
  Operand(const Number& number) : number_(number) {}
  template <typename T>
    requires std::integral<T> || std::floating_point<T>
  Operand(T value) : number_(value) {}

  const std::optional<Output>& output() const { return output_; }
  bool is_whole(std::int64_t value) const { return number_ && number_->is_whole(value); }
  // The Output itself, or a constant called `name` of type `like` (Invalid: the number's own).
  Output in(GraphImpl& graph, DType like, std::string_view name) const;

 private:
  std::optional<Output> output_;
  std::optional<Number> number_;
  Tensor tensor_;
};

// Integers, known now or computed by the graph: a shape, axes, a permutation.
class Ints {
 public:
  Ints() = default;  // not given
  Ints(int value) : values_{value}, given_(true), scalar_(true) {}
  Ints(std::int64_t value) : values_{value}, given_(true), scalar_(true) {}
  Ints(std::initializer_list<std::int64_t> values) : values_(values), given_(true) {}
  Ints(const std::vector<std::int64_t>& values) : values_(values), given_(true) {}
  Ints(const Shape& shape) : values_(shape.begin(), shape.end()), given_(true) {}
  Ints(const Output& output) : output_(output), given_(true) {}

  bool given() const { return given_; }
  const std::optional<Output>& output() const { return output_; }
  const std::vector<std::int64_t>& values() const { return values_; }
  // The Output itself, or a constant called `name` (a vector, or a scalar if made from one number).
  Output in(GraphImpl& graph, std::string_view name, DType type = DType::Int32) const;

 private:
  std::vector<std::int64_t> values_;
  std::optional<Output> output_;
  bool given_ = false, scalar_ = false;
};

// --- Sources ---------------------------------------------------------------------------------------------------

Output placeholder(GraphImpl& graph, DType dtype, const PartialShape& shape = {}, std::string_view name = {});
Output placeholder_with_default(const Output& input, const PartialShape& shape, std::string_view name = {});
Output constant(GraphImpl& graph, const Tensor& value, std::string_view name = {});
Output zeros(GraphImpl& graph, const Ints& shape, DType dtype = float32, std::string_view name = {});
Output ones(GraphImpl& graph, const Ints& shape, DType dtype = float32, std::string_view name = {});
Output fill(GraphImpl& graph, const Ints& dims, const Operand& value, std::string_view name = {});
Output range(GraphImpl& graph, const Operand& start, const Operand& limit, const Operand& delta = 1,
             std::string_view name = {});
Output random_uniform(GraphImpl& graph, const Ints& shape, const Operand& minval = 0, const Operand& maxval = 1,
                      DType dtype = float32, std::optional<std::int64_t> seed = {}, std::string_view name = {});
Output random_normal(GraphImpl& graph, const Ints& shape, const Operand& mean = 0.f, const Operand& stddev = 1.f,
                     DType dtype = float32, std::optional<std::int64_t> seed = {}, std::string_view name = {});
Output truncated_normal(GraphImpl& graph, const Ints& shape, const Operand& mean = 0.f, const Operand& stddev = 1.f,
                        DType dtype = float32, std::optional<std::int64_t> seed = {}, std::string_view name = {});

// --- Variables -------------------------------------------------------------------------------------------------

// Gives a variable its first value; see initializers.h.
using Initializer = std::function<Output(GraphImpl& graph, const Shape& shape, DType dtype)>;

struct VariableOptions {
  DType dtype = float32;
  Initializer initializer = {};  // left out: Glorot's uniform distribution, zeros for integers
  bool trainable = true;
  std::optional<bool> use_resource = {};  // VarHandleOp instead of VariableV2; left out: as the variable scope says
  // "variables" are the global ones, which a Saver saves; "local_variables"; any other name. Trainable ones are in
  // "trainable_variables" besides.
  std::vector<std::string> collections = {"variables"};
};

// Of a variable whose initial value is given.
struct InitialValueOptions {
  bool trainable = true;
  std::optional<bool> use_resource = {};
  bool validate_shape = true;  // false: the variable takes values of any shape
  std::vector<std::string> collections = {"variables"};
};

// tf.Variable(initial_value, name): name scopes apply, a taken name gets "_1".
Variable variable(const Output& initial_value, std::string_view name = {}, bool trainable = true);
Variable variable(GraphImpl& graph, const Tensor& initial_value, std::string_view name = {}, bool trainable = true);
Variable variable(const Output& initial_value, std::string_view name, const InitialValueOptions& options);
Variable variable(GraphImpl& graph, const Tensor& initial_value, std::string_view name,
                  const InitialValueOptions& options);
// tf.get_variable: variable scopes apply, name scopes do not. Throws InvalidArgument if the variable exists and the
// scope does not reuse, or does not exist and the scope only reuses. For variables in pieces, see
// partitioned_variable.h.
Variable get_variable(GraphImpl& graph, std::string_view name, const Shape& shape, const VariableOptions& options = {});
// tf.Variable with an initial value made by an initializer.
Variable variable(GraphImpl& graph, std::string_view name, const Shape& shape, const VariableOptions& options);
// One operation that runs the initialisers of these.
Operation variables_initializer(GraphImpl& graph, const std::vector<Variable>& variables,
                                std::string_view name = "init");

// tf.variable_scope: the names of variables and operations made while the result lives begin with the scope's.
class [[nodiscard]] VariableScopeGuard {
 public:
  VariableScopeGuard(std::shared_ptr<void> scope, std::string name)
      : scope_(std::move(scope)), name_(std::move(name)) {}
  const std::string& name() const { return name_; }

 private:
  std::shared_ptr<void> scope_;
  std::string name_;
};
struct ReuseOptions {
  bool reuse = false;       // get_variable and layers find variables that exist
  bool auto_reuse = false;  // tf.AUTO_REUSE: find them, or make them
  std::optional<bool> use_resource = {};  // what variables made inside are, unless they say themselves
};
VariableScopeGuard variable_scope(GraphImpl& graph, std::string_view name,
                                  const ReuseOptions& options = {});

// As TensorFlow, assign_add and assign_sub of a resource variable take no notice of the name.
Output assign(const Variable& variable, const Operand& value, std::string_view name = {});
Output assign_add(const Variable& variable, const Operand& value, std::string_view name = {});
Output assign_sub(const Variable& variable, const Operand& value, std::string_view name = {});

// --- Order -----------------------------------------------------------------------------------------------------

Operation no_op(GraphImpl& graph, std::string_view name = {});
// One operation that runs all of these; throws InvalidArgument if there are none.
Operation group(const std::vector<Operation>& operations, std::string_view name = {});
// The outputs again, none of them available before all are.
std::vector<Output> tuple(const std::vector<Output>& outputs, std::string_view name = {});
Output stop_gradient(const Output& x, std::string_view name = {});

// --- Arrays ----------------------------------------------------------------------------------------------------

Output identity(const Output& x, std::string_view name = {});
Output shape(const Output& x, std::string_view name = {});  // a constant where the shape is known
Output size(const Output& x, std::string_view name = {});
Output rank(const Output& x, std::string_view name = {});
Output reshape(const Output& x, const Ints& shape, std::string_view name = {});
Output expand_dims(const Output& x, int axis, std::string_view name = {});
Output squeeze(const Output& x, const std::vector<std::int64_t>& axis = {}, std::string_view name = {});
Output transpose(const Output& x, const Ints& perm = {}, std::string_view name = {});
Output concat(const std::vector<Output>& values, int axis, std::string_view name = {});
Output stack(const std::vector<Output>& values, int axis = 0, std::string_view name = {});
std::vector<Output> unstack(const Output& x, int num, int axis = 0, std::string_view name = {});
std::vector<Output> split(const Output& x, int num, int axis = 0, std::string_view name = {});
Output slice(const Output& x, const Ints& begin, const Ints& size, std::string_view name = {});
Output tile(const Output& x, const Ints& multiples, std::string_view name = {});
Output pad(const Output& x, const Operand& paddings, std::string_view name = {});
Output gather(const Output& params, const Operand& indices, std::string_view name = {});
// The rows of x where the mask, which has the shape of x's first dimensions, is true.
Output boolean_mask(const Output& x, const Output& mask, std::string_view name = {});
Output one_hot(const Output& indices, int depth, std::string_view name = {});
Output zeros_like(const Output& x, std::string_view name = {});
Output ones_like(const Output& x, std::string_view name = {});
Output broadcast_to(const Output& x, const Ints& shape, std::string_view name = {});
Output where(const Output& condition, const Output& x, const Output& y, std::string_view name = {});
Output cast(const Output& x, DType dtype, std::string_view name = {});  // x itself if it has that type

// --- Arithmetic ------------------------------------------------------------------------------------------------

Output operator+(const Output& x, const Operand& y);  // "add"
Output operator-(const Output& x, const Operand& y);  // "sub"
Output operator*(const Output& x, const Operand& y);  // "mul"
Output operator/(const Output& x, const Operand& y);  // "truediv"
Output operator+(const Number& x, const Output& y);
Output operator-(const Number& x, const Output& y);
Output operator*(const Number& x, const Output& y);
Output operator/(const Number& x, const Output& y);
Output operator-(const Output& x);  // "Neg"

Output add(const Operand& x, const Operand& y, std::string_view name = {});
Output subtract(const Operand& x, const Operand& y, std::string_view name = {});
Output multiply(const Operand& x, const Operand& y, std::string_view name = {});
Output truediv(const Operand& x, const Operand& y, std::string_view name = {});
Output div(const Operand& x, const Operand& y, std::string_view name = {});  // whole numbers stay whole
Output floordiv(const Operand& x, const Operand& y, std::string_view name = {});
Output mod(const Operand& x, const Operand& y, std::string_view name = {});  // of the sign of y
Output pow(const Operand& x, const Operand& y, std::string_view name = {});
Output maximum(const Operand& x, const Operand& y, std::string_view name = {});
Output minimum(const Operand& x, const Operand& y, std::string_view name = {});
Output squared_difference(const Operand& x, const Operand& y, std::string_view name = {});
Output add_n(const std::vector<Output>& inputs, std::string_view name = {});

Output negative(const Output& x, std::string_view name = {});
Output abs(const Output& x, std::string_view name = {});
Output sign(const Output& x, std::string_view name = {});
Output square(const Output& x, std::string_view name = {});
Output sqrt(const Output& x, std::string_view name = {});
Output rsqrt(const Output& x, std::string_view name = {});
Output reciprocal(const Output& x, std::string_view name = {});
Output exp(const Output& x, std::string_view name = {});
Output expm1(const Output& x, std::string_view name = {});
Output log(const Output& x, std::string_view name = {});
Output log1p(const Output& x, std::string_view name = {});
Output sin(const Output& x, std::string_view name = {});
Output cos(const Output& x, std::string_view name = {});
Output tanh(const Output& x, std::string_view name = {});
Output sigmoid(const Output& x, std::string_view name = {});
Output erf(const Output& x, std::string_view name = {});
Output floor(const Output& x, std::string_view name = {});
Output ceil(const Output& x, std::string_view name = {});
Output round(const Output& x, std::string_view name = {});

struct MatmulOptions {
  bool transpose_a = false, transpose_b = false;
  std::string_view name = {};
};
Output matmul(const Output& a, const Output& b, const MatmulOptions& options = {});

// --- Comparison ------------------------------------------------------------------------------------------------

Output equal(const Operand& x, const Operand& y, std::string_view name = {});
Output not_equal(const Operand& x, const Operand& y, std::string_view name = {});
Output less(const Operand& x, const Operand& y, std::string_view name = {});
Output less_equal(const Operand& x, const Operand& y, std::string_view name = {});
Output greater(const Operand& x, const Operand& y, std::string_view name = {});
Output greater_equal(const Operand& x, const Operand& y, std::string_view name = {});
Output logical_and(const Output& x, const Output& y, std::string_view name = {});
Output logical_or(const Output& x, const Output& y, std::string_view name = {});
Output logical_not(const Output& x, std::string_view name = {});

// --- Reductions: over all dimensions, or over those given ---------------------------------------------------------

Output reduce_sum(const Output& x, const Ints& axis = {}, bool keepdims = false, std::string_view name = {});
Output reduce_mean(const Output& x, const Ints& axis = {}, bool keepdims = false, std::string_view name = {});
Output reduce_prod(const Output& x, const Ints& axis = {}, bool keepdims = false, std::string_view name = {});
Output reduce_max(const Output& x, const Ints& axis = {}, bool keepdims = false, std::string_view name = {});
Output reduce_min(const Output& x, const Ints& axis = {}, bool keepdims = false, std::string_view name = {});
Output reduce_any(const Output& x, const Ints& axis = {}, bool keepdims = false, std::string_view name = {});
Output reduce_all(const Output& x, const Ints& axis = {}, bool keepdims = false, std::string_view name = {});
Output argmax(const Output& x, int axis = 0, std::string_view name = {});
Output argmin(const Output& x, int axis = 0, std::string_view name = {});

}  // namespace tenon
