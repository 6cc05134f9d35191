// Layers: functions that make variables and operations together, as tf.layers.
//
//   namespace layers = tenon::layers;
//   tenon::Output h = layers::conv2d(x, 32, 5, {.padding = "same", .activation = nn::relu});
//   h = layers::max_pooling2d(h, 2, 2);
//   h = layers::dense(layers::flatten(h), 10);
//   h.name();                                   // "dense/BiasAdd:0"; the kernel is "dense/kernel:0"
//
// Each call is a new layer with variables of its own ("conv2d", "conv2d_1", ...), unless its name is that of an
// earlier one in a variable scope that reuses. Throws InvalidArgument for inputs that cannot be used.
#pragma once

#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "tenon/initializers.h"
#include "tenon/nn.h"
#include "tenon/ops.h"

namespace tenon::layers {

// nn::relu and its like, or any callable of an Output; nothing by default.
class Activation {
 public:
  Activation() = default;
  Activation(Output (*function)(const Output&, std::string_view))
      : function_([function](const Output& x) { return function(x, {}); }) {}
  Activation(Output (*function)(const Output&, float, std::string_view))
      : function_([function](const Output& x) { return function(x, 0.2f, {}); }) {}
  template <std::invocable<const Output&> F>
  Activation(F function) : function_(std::move(function)) {}
  Output operator()(const Output& x) const { return function_ ? function_(x) : x; }

 private:
  std::function<Output(const Output&)> function_;
};

// One size for height and width, or both.
struct Size2D {
  int height, width;
  Size2D(int both) : height(both), width(both) {}
  Size2D(int h, int w) : height(h), width(w) {}
};

struct Conv2DOptions {
  Size2D strides = 1;
  std::string padding = "valid";  // or "same"
  Size2D dilation_rate = 1;
  Activation activation = {};
  bool use_bias = true;
  Initializer kernel_initializer = {};  // left out: Glorot's uniform distribution
  Initializer bias_initializer = zeros_initializer();
  bool trainable = true;
  std::string name = {};
};
// x is [batch, height, width, channels].
Output conv2d(const Output& x, int filters, const Size2D& kernel_size, const Conv2DOptions& options = {});

struct PoolOptions {
  std::string padding = "valid";
  std::string name = {};
};
Output max_pooling2d(const Output& x, const Size2D& pool_size, const Size2D& strides, const PoolOptions& options = {});
Output average_pooling2d(const Output& x, const Size2D& pool_size, const Size2D& strides,
                         const PoolOptions& options = {});

struct DenseOptions {
  Activation activation = {};
  bool use_bias = true;
  Initializer kernel_initializer = {};
  Initializer bias_initializer = zeros_initializer();
  bool trainable = true;
  std::string name = {};
};
// x is [batch, features].
Output dense(const Output& x, int units, const DenseOptions& options = {});

struct DropoutOptions {
  bool training = false;  // false: the layer passes its input on
  std::optional<std::int64_t> seed = {};
  std::string name = {};
};
Output dropout(const Output& x, float rate = 0.5f, const DropoutOptions& options = {});

// [batch, all the rest].
Output flatten(const Output& x, std::string_view name = {});

}  // namespace tenon::layers
