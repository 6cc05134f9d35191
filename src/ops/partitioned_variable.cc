#include "tenon/partitioned_variable.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "graph/variable_scope.h"
#include "ops/builder.h"
#include "ops/variables.h"

namespace tenon {
namespace {

struct Request {
  std::string name;       // in the variable scope; "": the scope's own name
  std::string full_name;  // "scope/table"
  Shape shape;
  DType dtype;
  std::vector<std::int64_t> partitions;
  VariableOptions options;
  std::optional<Output> initial_value;  // of the whole, instead of an initializer that is called for each piece
};

std::vector<std::int64_t> checked(std::vector<std::int64_t> partitions, const Shape& shape) {
  const auto fail = [](const std::string& message) { bad_argument("get_variable", message); };
  if (shape.rank() < 1) {
    fail(fmt::format("A partitioned Variable must have rank at least 1, shape: {}", shape.to_string()));
  }
  if (partitions.size() != static_cast<std::size_t>(shape.rank())) {
    fail(fmt::format("Partitioner returned a partition list that does not match the Variable's rank: {} vs. {}",
                     partitions, shape.to_string()));
  }
  if (std::any_of(partitions.begin(), partitions.end(), [](std::int64_t count) { return count < 1; })) {
    fail(fmt::format("Partitioner returned zero partitions for some axes: {}", partitions));
  }
  if (std::count_if(partitions.begin(), partitions.end(), [](std::int64_t count) { return count > 1; }) > 1) {
    fail(fmt::format("Can only slice a variable along one dimension: shape: {}, partitioning: {}", shape.to_string(),
                     partitions));
  }
  return partitions;
}

int cut_axis(const std::vector<std::int64_t>& partitions) {
  const auto found = std::find_if(partitions.begin(), partitions.end(), [](std::int64_t count) { return count > 1; });
  return found == partitions.end() ? 0 : static_cast<int>(found - partitions.begin());
}

// The pieces, the first ones longer by one where the length does not divide.
std::vector<SaveSliceInfo> slices(const Request& request) {
  const int axis = cut_axis(request.partitions);
  const std::int64_t count = request.partitions[static_cast<std::size_t>(axis)];
  const std::int64_t length = request.shape[axis] / count, longer = request.shape[axis] % count;
  SaveSliceInfo slice{.full_name = request.full_name,
                      .full_shape = request.shape,
                      .var_offset = std::vector<std::int64_t>(request.partitions.size(), 0),
                      .var_shape = {request.shape.begin(), request.shape.end()}};
  std::vector<SaveSliceInfo> result;
  for (std::int64_t i = 0; i < count; ++i) {
    slice.var_shape[static_cast<std::size_t>(axis)] = length + (i < longer);
    result.push_back(slice);
    slice.var_offset[static_cast<std::size_t>(axis)] += slice.var_shape[static_cast<std::size_t>(axis)];
  }
  return result;
}

// REQUIRES: the name scope is the root's.
Variable make_piece(GraphImpl& graph, const Request& request, const SaveSliceInfo& slice, int number) {
  const std::string part = fmt::format("part_{}", number), full_name = fmt::format("{}/{}", request.full_name, part);
  const Shape shape(std::span<const std::int64_t>(slice.var_shape));
  std::optional<Output> own_value;
  {
    const Scope scope = graph.name_scope(full_name + "/PartitionedInitializer");
    if (request.initial_value) {
      const Output begin = int_vector(graph, slice.var_offset, "Slice/begin");
      const Output size = int_vector(graph, slice.var_shape, "Slice/size");
      own_value = add_op("Slice", "Slice", {*request.initial_value, begin, size}, {});
    }
  }
  const auto make = [&](const std::string& name) {
    if (!own_value) return initialized_variable(graph, name, shape, request.options);
    return variable(*own_value, name,
                    InitialValueOptions{.trainable = request.options.trainable,
                                        .use_resource = request.options.use_resource,
                                        .collections = request.options.collections});
  };
  const std::string name = request.name.empty() ? part : fmt::format("{}/{}", request.name, part);
  Variable piece = get_or_make_variable(graph, name, shape, request.dtype, make);
  set_save_slice_info(piece, slice);
  return piece;
}

// What a scope that reuses has under the name; nothing if it is to be made.
const std::vector<Variable>* find_shared(GraphImpl& graph, const Request& request) {
  const auto& scopes = graph.variable_scopes();
  const auto fail = [](const std::string& message) { bad_argument("get_variable", message); };
  if (scopes.shared.contains(request.full_name)) {
    fail(
        fmt::format("A partitioner was provided, but an unpartitioned version of the variable was found: {}. Perhaps a "
                    "variable of the same name was already created without partitioning?",
                    request.full_name));
  }
  const auto found = scopes.partitioned.find(request.full_name);
  if (found == scopes.partitioned.end()) {
    if (scopes.current.reuse != Reuse::Reuse) return nullptr;
    fail(
        fmt::format("PartitionedVariable {} does not exist, or was not created with tf.get_variable(). Did you mean to "
                    "set reuse=False or reuse=tf.AUTO_REUSE in VarScope?",
                    request.full_name));
  }
  if (scopes.current.reuse == Reuse::Inherit) {
    fail(fmt::format("Partitioned variable with name {} already exists. Did you mean to set reuse=True or "
                     "reuse=tf.AUTO_REUSE in VarScope?",
                     request.full_name));
  }
  const PartitionedVariable existing(found->second);
  const auto differs = [&](const char* what, const std::string& specified, const std::string& is) {
    fail(fmt::format("Trying to reuse partitioned variable {}, but specified {} {} and found {} {}.", request.full_name,
                     what, specified, what, is));
  };
  if (!(existing.shape() == request.shape)) differs("shape", request.shape.to_string(), existing.shape().to_string());
  if (existing.dtype() != request.dtype) differs("dtype", dtype_name(request.dtype), dtype_name(existing.dtype()));
  if (existing.partitions() != request.partitions) {
    differs("partitions", fmt::format("{}", request.partitions), fmt::format("{}", existing.partitions()));
  }
  return &found->second;
}

PartitionedVariable get_or_make(GraphImpl& graph, Request request) {
  const std::string& scope = graph.variable_scopes().current.name;
  request.full_name = request.name.empty() ? scope : variable_scope_name(graph, request.name);
  if (const std::vector<Variable>* shared = find_shared(graph, request)) return PartitionedVariable(*shared);
  const Scope root = graph.name_scope("");
  // Distributions scale by the sizes of the whole variable.
  const Scope whole = whole_shape_scope(graph, request.shape);
  std::vector<Variable> pieces;
  for (const SaveSliceInfo& slice : slices(request)) {
    pieces.push_back(make_piece(graph, request, slice, static_cast<int>(pieces.size())));
  }
  return PartitionedVariable(graph.variable_scopes().partitioned[request.full_name] = std::move(pieces));
}

Shape known_shape(const Output& value) {
  if (const auto shape = value.shape().try_shape()) return *shape;
  bad_argument("get_variable",
               fmt::format("Shape of a new partitioned variable must be fully defined, but instead was {}",
                           value.shape().to_string()));
}

VariableScope piece_scope(GraphImpl& graph, std::string_view name) {
  return enter_variable_scope(graph, {.name = std::string(name), .default_name = "PartitionedVariable"});
}

using Piece = std::pair<SaveSliceInfo, Variable>;

// How often each dimension is cut, from where the pieces lie.
std::vector<std::int64_t> partitions_of(const std::vector<Piece>& pieces) {
  std::vector<std::int64_t> partitions;
  for (std::size_t axis = 0; axis < pieces[0].first.var_offset.size(); ++axis) {
    std::set<std::int64_t> offsets;
    for (const auto& [slice, piece] : pieces) offsets.insert(slice.var_offset[axis]);
    partitions.push_back(static_cast<std::int64_t>(offsets.size()));
  }
  // Of one dimension, there may be pieces of no length besides.
  const auto cut = std::count_if(partitions.begin(), partitions.end(), [](std::int64_t count) { return count > 1; });
  if (cut <= 1) partitions[static_cast<std::size_t>(cut_axis(partitions))] = static_cast<std::int64_t>(pieces.size());
  return partitions;
}

using Change = Output (*)(const Variable&, const Operand&, std::string_view);

// Variable.assign, unlike tf.assign, does not lock.
Output assign_piece(const Variable& variable, const Operand& value, std::string_view) {
  if (variable.is_resource) return assign(variable, value);
  return add_op("Assign", "Assign", {variable.handle, *value.output()}, {{"use_locking", false}});
}

std::vector<Output> change_each(Change change, const PartitionedVariable& variable, const std::vector<Output>& values) {
  if (values.size() != variable.pieces().size()) {
    bad_argument("assign", fmt::format("{} values for {}, which has {} pieces", values.size(), variable.name(),
                                       variable.pieces().size()));
  }
  std::vector<Output> results;
  for (std::size_t i = 0; i < values.size(); ++i) results.push_back(change(variable.pieces()[i], values[i], {}));
  return results;
}

std::vector<Output> change_all(Change change, const PartitionedVariable& variable, const Output& value) {
  GraphImpl& graph = value.graph();
  const int axis = cut_axis(variable.partitions());
  std::vector<std::int64_t> sizes;
  for (const Variable& piece : variable.pieces()) sizes.push_back(piece.shape()[axis]);
  const Output size_splits = int_vector(graph, sizes);
  std::vector<Output> parts;
  {
    const Scope scope = graph.name_scope("split");
    const Output dim = scalar(graph, axis, DType::Int32, "split_dim");
    parts = outputs_of(add_node(graph, "SplitV", scope.name(), {value, size_splits, dim},
                                {{"num_split", static_cast<std::int64_t>(sizes.size())}}));
  }
  return change_each(change, variable, parts);
}

}  // namespace

PartitionedVariable::PartitionedVariable(std::vector<Variable> pieces) {
  if (pieces.empty()) bad_argument("PartitionedVariable", "variable_list may not be empty");
  std::vector<Piece> sorted;
  for (const Variable& piece : pieces) {
    auto slice = save_slice_info(piece);
    if (!slice) {
      bad_argument("PartitionedVariable",
                   fmt::format("All variables must have a save_slice_info available: {} has none", piece.name()));
    }
    if (!sorted.empty() &&
        (slice->full_name != sorted[0].first.full_name || !(slice->full_shape == sorted[0].first.full_shape))) {
      bad_argument(
          "PartitionedVariable",
          fmt::format("Slices must all be from the same tensor: {} is of {} {}, {} of {} {}", sorted[0].second.name(),
                      sorted[0].first.full_name, sorted[0].first.full_shape.to_string(), piece.name(), slice->full_name,
                      slice->full_shape.to_string()));
    }
    sorted.emplace_back(std::move(*slice), piece);
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Piece& a, const Piece& b) { return a.first.var_offset < b.first.var_offset; });
  name_ = sorted[0].first.full_name;
  shape_ = sorted[0].first.full_shape;
  dtype_ = sorted[0].second.dtype();
  partitions_ = partitions_of(sorted);
  for (auto& [slice, piece] : sorted) pieces_.push_back(std::move(piece));
}

Output PartitionedVariable::as_tensor() const {
  if (pieces_.empty()) bad_argument("PartitionedVariable", "it has no pieces");
  GraphImpl& graph = pieces_[0].handle.graph();
  const Scope unconditional = graph.control_dependencies({});
  if (pieces_.size() == 1) {
    const Scope root = graph.name_scope("");
    return identity(pieces_[0], name_);
  }
  if (std::count_if(partitions_.begin(), partitions_.end(), [](std::int64_t count) { return count > 1; }) > 1) {
    throw Error(Code::Unimplemented, fmt::format("Cannot concatenate along more than one dimension: {} is cut into {}. "
                                                 "Multi-axis partition concat is not supported",
                                                 name_, partitions_));
  }
  Output whole;
  {
    const Scope parts = graph.name_scope(name_ + "/ConcatPartitions/");
    const Scope scope = graph.name_scope("concat");
    std::vector<Output> values;
    for (const Variable& piece : pieces_) {
      values.push_back(piece.is_resource
                           ? add_op("ReadVariableOp", "ReadVariableOp", {piece.handle}, {{"dtype", dtype_}})
                           : piece.snapshot);
    }
    values.push_back(scalar(graph, cut_axis(partitions_), DType::Int32, "axis"));
    whole = add_op("ConcatV2", scope.name(), values);
  }
  const Scope root = graph.name_scope("");
  return identity(whole, name_);
}

PartitionedVariable get_variable(GraphImpl& graph, std::string_view name, const Shape& shape,
                                 const Partitioner& partitioner, const VariableOptions& options) {
  if (shape.rank() < 1) checked({}, shape);
  return get_or_make(graph, {.name = std::string(name),
                             .shape = shape,
                             .dtype = options.dtype,
                             .partitions = checked(partitioner(shape, options.dtype), shape),
                             .options = options});
}

PartitionedVariable get_variable(std::string_view name, const Output& initial_value, const Partitioner& partitioner,
                                 const VariableOptions& options) {
  const Shape shape = known_shape(initial_value);
  if (shape.rank() < 1) checked({}, shape);
  return get_or_make(initial_value.graph(), {.name = std::string(name),
                                             .shape = shape,
                                             .dtype = initial_value.dtype(),
                                             .partitions = checked(partitioner(shape, initial_value.dtype()), shape),
                                             .options = options,
                                             .initial_value = initial_value});
}

PartitionedVariable create_partitioned_variables(GraphImpl& graph, const Shape& shape,
                                                 const std::vector<std::int64_t>& slicing,
                                                 const VariableOptions& options, std::string_view name) {
  const VariableScope scope = piece_scope(graph, name);
  return get_variable(graph, "", shape, [&](const Shape&, DType) { return slicing; }, options);
}

PartitionedVariable create_partitioned_variables(const std::vector<std::int64_t>& slicing, const Output& initial_value,
                                                 const VariableOptions& options, std::string_view name) {
  const VariableScope scope = piece_scope(initial_value.graph(), name);
  return get_variable("", initial_value, [&](const Shape&, DType) { return slicing; }, options);
}

std::vector<Output> assign(const PartitionedVariable& variable, const Output& value) {
  return change_all(&assign_piece, variable, value);
}
std::vector<Output> assign_add(const PartitionedVariable& variable, const Output& value) {
  return change_all(&assign_add, variable, value);
}
std::vector<Output> assign_sub(const PartitionedVariable& variable, const Output& value) {
  return change_all(&assign_sub, variable, value);
}
std::vector<Output> assign(const PartitionedVariable& variable, const std::vector<Output>& values) {
  return change_each(&assign_piece, variable, values);
}
std::vector<Output> assign_add(const PartitionedVariable& variable, const std::vector<Output>& values) {
  return change_each(&assign_add, variable, values);
}
std::vector<Output> assign_sub(const PartitionedVariable& variable, const std::vector<Output>& values) {
  return change_each(&assign_sub, variable, values);
}

}  // namespace tenon
