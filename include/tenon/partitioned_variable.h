// Variables in pieces: tf.get_variable(..., partitioner=...).
//
//   tenon::PartitionedVariable table =
//       tenon::get_variable(graph, "table", {1000, 64}, tenon::fixed_size_partitioner(4));
//   table.pieces()[0].name();                       // "table/part_0:0", of shape [250,64]
//   tenon::Output rows = tenon::gather(table, ids); // as an Output: the pieces put together
//   tenon::Saver saver(graph);                      // one tensor "table" in the checkpoint, in four slices
//
// A checkpoint does not bind to the pieces: one that was saved in four can be restored into three, or as a whole, and
// the other way round. The pieces are ordinary variables of the graph, and their names TensorFlow's. Like Variable, a
// PartitionedVariable is a small handle into its graph, which must outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenon/ops.h"

namespace tenon {

// Into how many pieces each dimension of a variable is cut; at most one of the numbers may be greater than 1.
using Partitioner = std::function<std::vector<std::int64_t>(const Shape& shape, DType dtype)>;

// That many pieces, or fewer if the dimension is shorter.
Partitioner fixed_size_partitioner(std::int64_t num_shards, int axis = 0);

struct AxisSizeOptions {
  int axis = 0;
  std::int64_t bytes_per_string_element = 16;
  std::int64_t max_shards = 0;  // 0: any number
};
// Pieces of at most so many bytes, as far as cutting one dimension allows. Throws InvalidArgument for a size below 1.
Partitioner variable_axis_size_partitioner(std::int64_t max_shard_bytes, const AxisSizeOptions& options = {});

struct MinMaxOptions {
  int axis = 0;
  std::int64_t min_slice_size = 256 << 10;  // bytes
  std::int64_t bytes_per_string_element = 16;
};
// At most so many pieces, each of at least min_slice_size bytes.
Partitioner min_max_variable_partitioner(std::int64_t max_partitions, const MinMaxOptions& options = {});

class PartitionedVariable {
 public:
  PartitionedVariable() = default;
  // From variables that have a SaveSliceInfo of the same name and shape; they are sorted by where they lie. Throws
  // InvalidArgument if there are none, or they do not belong together.
  explicit PartitionedVariable(std::vector<Variable> pieces);

  const std::string& name() const { return name_; }  // "table"
  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  const std::vector<std::int64_t>& partitions() const { return partitions_; }  // {4, 1}
  const std::vector<Variable>& pieces() const { return pieces_; }

  // Adds nodes that put the pieces together. Throws Unimplemented if several dimensions are cut.
  Output as_tensor() const;
  operator Output() const { return as_tensor(); }

 private:
  std::string name_;
  DType dtype_ = DType::Invalid;
  Shape shape_;
  std::vector<std::int64_t> partitions_;
  std::vector<Variable> pieces_;
};

// Throws InvalidArgument as get_variable without a partitioner does, for scalars, for a partitioner that cuts several
// dimensions, and if the scope reuses a variable of this name with another partitioning.
PartitionedVariable get_variable(GraphImpl& graph, std::string_view name, const Shape& shape,
                                 const Partitioner& partitioner, const VariableOptions& options = {});
// The same from one value, of which each piece takes its part. `options.dtype` and `initializer` do not count.
PartitionedVariable get_variable(std::string_view name, const Output& initial_value, const Partitioner& partitioner,
                                 const VariableOptions& options = {});

// tf.create_partitioned_variables: `slicing` is what a partitioner returns. The name is made unique; left out, it is
// "PartitionedVariable".
PartitionedVariable create_partitioned_variables(GraphImpl& graph, const Shape& shape,
                                                 const std::vector<std::int64_t>& slicing,
                                                 const VariableOptions& options = {}, std::string_view name = {});
PartitionedVariable create_partitioned_variables(const std::vector<std::int64_t>& slicing, const Output& initial_value,
                                                 const VariableOptions& options = {}, std::string_view name = {});

// One operation for each piece; the value is cut as the variable is.
std::vector<Output> assign(const PartitionedVariable& variable, const Output& value);
std::vector<Output> assign_add(const PartitionedVariable& variable, const Output& value);
std::vector<Output> assign_sub(const PartitionedVariable& variable, const Output& value);
// One value for each piece. Throws InvalidArgument if there are more or fewer.
std::vector<Output> assign(const PartitionedVariable& variable, const std::vector<Output>& values);
std::vector<Output> assign_add(const PartitionedVariable& variable, const std::vector<Output>& values);
std::vector<Output> assign_sub(const PartitionedVariable& variable, const std::vector<Output>& values);

// Which part of a greater tensor a variable is: what makes a Saver store it as a slice.
struct SaveSliceInfo {
  std::string full_name;                 // "table"
  Shape full_shape;                      // [1000,64]
  std::vector<std::int64_t> var_offset;  // {250, 0}
  std::vector<std::int64_t> var_shape;   // {250, 64}
  std::string spec() const;              // "1000 64 250,250:0,64", what SaveV2 and RestoreV2 take
};
std::optional<SaveSliceInfo> save_slice_info(const Variable& variable);
// Makes a variable a piece of a greater one. Throws InvalidArgument if the numbers do not fit the shapes.
void set_save_slice_info(const Variable& variable, const SaveSliceInfo& info);

}  // namespace tenon
