#include "tenon/layers.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "graph/variable_scope.h"
#include "ops/builder.h"

namespace tenon::layers {
namespace {

// A layer's variables live in a variable scope of its own; its operations in the name scope opened with it.
class Layer {
 public:
  Layer(GraphImpl& graph, std::string_view name, std::string_view base_name)
      : graph_(graph), info_(opened(graph, name, base_name)),
        variables_(enter_variable_scope(graph, {.auxiliary_name_scope = false, .scope = &info_})),
        names_(graph.name_scope(info_.original_name_scope)) {}

  Variable weight(std::string_view name, const Shape& shape, const Output& like, const Initializer& initializer,
                  bool trainable) {
    return get_variable(graph_, name, shape,
                        {.dtype = like.dtype(), .initializer = initializer, .trainable = trainable});
  }

 private:
  static VariableScopeInfo opened(GraphImpl& graph, std::string_view name, std::string_view base_name) {
    return enter_variable_scope(graph, {.name = std::string(name), .default_name = std::string(base_name)}).info();
  }

  GraphImpl& graph_;
  VariableScopeInfo info_;
  VariableScope variables_;
  Scope names_;
};

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

// The size of a dimension that a kernel's shape depends on.
std::int64_t known_dim(const Output& x, int rank, int dim, std::string_view layer) {
  const PartialShape shape = x.shape();
  if (shape.rank() != rank || shape[dim] < 0)
    bad_argument(layer, fmt::format("the input must have rank {} and a known size of dimension {}, but {} has shape {}",
                                    rank, dim, x.name(), shape.to_string()));
  return shape[dim];
}

std::vector<std::int64_t> nhwc(const Size2D& size) { return {1, size.height, size.width, 1}; }

Output pool(std::string_view type, std::string_view base_name, const Output& x, const Size2D& size,
            const Size2D& strides, const PoolOptions& options) {
  Layer layer(x.graph(), options.name, base_name);
  return add_op(type, {}, {x},
                {{"ksize", nhwc(size)}, {"strides", nhwc(strides)}, {"padding", upper(options.padding)}});
}

}  // namespace

Output conv2d(const Output& x, int filters, const Size2D& kernel_size, const Conv2DOptions& options) {
  const std::int64_t channels = known_dim(x, 4, 3, "conv2d");
  if (filters <= 0) bad_argument("conv2d", fmt::format("filters must be positive, but is {}", filters));
  Layer layer(x.graph(), options.name, "conv2d");
  Variable kernel = layer.weight("kernel", Shape{kernel_size.height, kernel_size.width, channels, filters}, x,
                                 options.kernel_initializer, options.trainable);
  std::optional<Variable> bias;
  if (options.use_bias) bias = layer.weight("bias", Shape{filters}, x, options.bias_initializer, options.trainable);
  Output y = add_op("Conv2D", {}, {x, kernel},
                    {{"strides", nhwc(options.strides)},
                     {"padding", upper(options.padding)},
                     {"dilations", nhwc(options.dilation_rate)}});
  if (bias) y = nn::bias_add(y, *bias);
  return options.activation(y);
}

Output max_pooling2d(const Output& x, const Size2D& pool_size, const Size2D& strides, const PoolOptions& options) {
  return pool("MaxPool", "max_pooling2d", x, pool_size, strides, options);
}

Output average_pooling2d(const Output& x, const Size2D& pool_size, const Size2D& strides,
                         const PoolOptions& options) {
  return pool("AvgPool", "average_pooling2d", x, pool_size, strides, options);
}

Output dense(const Output& x, int units, const DenseOptions& options) {
  const std::int64_t features = known_dim(x, 2, 1, "dense");
  if (units <= 0) bad_argument("dense", fmt::format("units must be positive, but is {}", units));
  Layer layer(x.graph(), options.name, "dense");
  Variable kernel =
      layer.weight("kernel", Shape{features, units}, x, options.kernel_initializer, options.trainable);
  std::optional<Variable> bias;
  if (options.use_bias) bias = layer.weight("bias", Shape{units}, x, options.bias_initializer, options.trainable);
  Output y = matmul(x, kernel);
  if (bias) y = nn::bias_add(y, *bias);
  return options.activation(y);
}

Output dropout(const Output& x, float rate, const DropoutOptions& options) {
  Layer layer(x.graph(), options.name, "dropout");
  return options.training ? nn::dropout(x, rate, options.seed) : identity(x);
}

Output flatten(const Output& x, std::string_view name) {
  Layer layer(x.graph(), name, "flatten");
  const PartialShape shape = x.shape();
  if (shape.rank() == 1) return expand_dims(x, 1);
  if (shape.known_rank() && shape.rank() > 1) {
    const PartialShape rest(std::span(shape.dims().data() + 1, static_cast<std::size_t>(shape.rank() - 1)));
    if (rest.fully_defined()) return reshape(x, int_vector(x.graph(), {-1, rest.elements()}));
    if (shape[0] >= 0) return reshape(x, int_vector(x.graph(), {shape[0], -1}));
  }
  bad_argument("flatten", fmt::format("{} has shape {}: all dimensions but one must be known", x.name(),
                                      shape.to_string()));
}

}  // namespace tenon::layers

namespace tenon {

VariableScopeGuard variable_scope(GraphImpl& graph, std::string_view name, const ReuseOptions& options) {
  const Reuse reuse = options.auto_reuse ? Reuse::Auto : options.reuse ? Reuse::Reuse : Reuse::Inherit;
  auto scope = std::make_shared<VariableScope>(
      enter_variable_scope(graph, {.name = std::string(name), .reuse = reuse, .use_resource = options.use_resource}));
  std::string full = scope->name();
  return VariableScopeGuard(std::move(scope), std::move(full));
}

}  // namespace tenon
