// Gradients: the derivative of each operation, as more graph.
//
// A family's table has a row {op, function} for each op; the function gets the operation and the gradients of its
// outputs, and returns those of its inputs. The walker (gradients.cc) calls them in TensorFlow's order, inside the
// name scope "NAME_grad". A row without a function: the op is a constant to gradients.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "graph/graph_impl.h"
#include "tenon/ops.h"

namespace tenon {

// None, a value, or TensorFlow's IndexedSlices: `values` for the rows `indices` of a tensor of shape `dense_shape`.
struct Gradient {
  std::optional<Output> values;
  std::optional<Output> indices, dense_shape;

  Gradient() = default;
  Gradient(const Output& output) : values(output) {}
  Gradient(const Output& v, const Output& i, const Output& shape) : values(v), indices(i), dense_shape(shape) {}
  explicit operator bool() const { return values.has_value(); }
  bool sparse() const { return indices.has_value(); }
};

using Gradients = std::vector<Gradient>;

class GradientContext {
 public:
  explicit GradientContext(Node* node) : node_(*node) {}
  Node& node() const { return node_; }
  GraphImpl& graph() const { return node_.graph(); }
  int num_inputs() const { return static_cast<int>(node_.inputs.size()); }
  Output input(int i) const { return to_output(node_.inputs[i]); }
  Output output(int i) const { return Output(const_cast<Node*>(&node_), i); }
  template <typename T>
  T attr(std::string_view name) const { return node_.attr<T>(name); }

 private:
  Node& node_;
};

using GradientFn = Gradients(GradientContext& c, const Gradients& grads);

struct GradientRow {
  std::string_view op;
  GradientFn* gradient;
};

class GradientRegistry {
 public:
  void add(std::span<const GradientRow> rows);  // a later row for an op replaces an earlier one
  const GradientRow* find(std::string_view op) const;
  std::vector<std::string> ops() const;  // sorted

 private:
  std::vector<GradientRow> rows_;
};

// All families of this room; made once.
const GradientRegistry& gradient_registry();

std::span<const GradientRow> array_gradients();
std::span<const GradientRow> slicing_gradients();
std::span<const GradientRow> math_gradients();
std::span<const GradientRow> binary_gradients();
std::span<const GradientRow> reduction_gradients();
std::span<const GradientRow> nn_gradients();

}  // namespace tenon
