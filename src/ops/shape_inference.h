// Shape inference: what is known of the shapes of an operation's outputs before anything runs.
//
// Each family has a table of rows {op, function}; an op without a row has outputs of unknown shape. Results are kept
// in Node::output_shapes. They follow TensorFlow's C++ shape functions, together with what a file
// recorded of them (_output_shapes).
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "graph/graph_impl.h"
#include "ops/constant_value.h"
#include "tenon/shape.h"

namespace tenon {

// What a shape function works on.
class ShapeContext {
 public:
  ShapeContext(const Node& node, PartialShapes& outputs) : node_(node), outputs_(outputs) {}

  const Node& node() const { return node_; }
  int num_inputs() const { return static_cast<int>(node_.inputs.size()); }
  int num_outputs() const { return static_cast<int>(outputs_.size()); }
  const PartialShape& input(int i) const { return shape_of(node_.inputs[i]); }
  // Value of an input, if the graph alone determines it.
  std::optional<IntArray> value(int i) const { return evaluate_ints(node_.inputs[i]); }
  // An input that holds a shape: what is known of it, -1 where a size is not.
  PartialShape shape_value(int i) const { return evaluate_shape(node_.inputs[i]); }
  // For an axis: a scalar or a vector of one.
  std::optional<std::int64_t> scalar_value(int i) const;

  void set(int i, PartialShape shape) { outputs_[i] = std::move(shape); }
  void set_all(const PartialShape& shape) { for (PartialShape& output : outputs_) output = shape; }
  template <typename T>
  T attr(std::string_view name) const { return node_.attr<T>(name); }
  template <typename T>
  T attr(std::string_view name, T otherwise) const { return node_.attr_or<T>(name, otherwise); }

  // The input with its rank checked (or filled in, if unknown).
  PartialShape with_rank(int i, int rank) const;
  PartialShape with_rank_at_least(int i, int rank) const;
  // Throws InvalidArgument unless the sizes are equal or one is unknown.
  std::int64_t merge_dim(std::int64_t a, std::int64_t b) const;
  PartialShape merge(const PartialShape& a, const PartialShape& b) const;
  // Axis in [0, rank), from one that may count from the end.
  int axis(std::int64_t axis, int rank) const;
  [[noreturn]] void fail(const std::string& message) const;

 private:
  const Node& node_;
  PartialShapes& outputs_;
};

using ShapeFn = void(ShapeContext&);

struct ShapeRow {
  std::string_view op;
  ShapeFn* infer;
};

// The rows of all families; made once.
ShapeFn* find_shape_function(std::string_view op);

// Shapes are inferred when nodes are added and only read from then on: threads that share a graph need no lock.

// Fills output_shapes of a node that a builder makes. Throws InvalidArgument where shapes cannot fit.
void infer_shapes(Node& node);

// The same for all nodes of a file. An operation whose shapes contradict each other has outputs of unknown shape; what
// comes back to a loop through NextIteration is unknown. Throws InvalidArgument where the file says of a shape what
// contradicts it.
void infer_imported_shapes(std::span<Node> nodes);

// The shape functions that several families share.
void unchanged_shape(ShapeContext& c);       // output 0 is as input 0
void scalar_shape(ShapeContext& c);          // every output is a scalar
void no_outputs(ShapeContext& c);
void merged_shape(ShapeContext& c);          // inputs 0 and 1 are alike, and so is output 0
void broadcast_shape(ShapeContext& c);       // inputs 0 and 1 under the rules of broadcasting
PartialShape broadcast(const ShapeContext& c, const PartialShape& x, const PartialShape& y);
// Sizes come from files: -1 where one is unknown, negative, or the result does not fit.
std::int64_t sum_of(std::int64_t a, std::int64_t b);
std::int64_t product_of(std::int64_t a, std::int64_t b);
PartialShape with_dim(const PartialShape& shape, int index, std::int64_t dim);
PartialShape concatenated(const PartialShape& a, const PartialShape& b);
PartialShape sub_shape(const PartialShape& shape, int begin, int end);  // REQUIRES: known rank

// The families.
std::span<const ShapeRow> array_shapes();
std::span<const ShapeRow> reshaping_shapes();
std::span<const ShapeRow> math_shapes();
std::span<const ShapeRow> unary_shapes();
std::span<const ShapeRow> nn_shapes();
std::span<const ShapeRow> state_shapes();
std::span<const ShapeRow> data_shapes();
std::span<const ShapeRow> control_shapes();
std::span<const ShapeRow> io_shapes();

}  // namespace tenon
