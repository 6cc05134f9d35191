// Builders of datasets and iterators.
#include <fmt/format.h>

#include "ops/builder.h"
#include "tenon/dataset.h"

namespace tenon::data {
namespace {

std::vector<DType> types_of(const std::vector<Output>& tensors) {
  std::vector<DType> types;
  for (const Output& tensor : tensors) types.push_back(tensor.dtype());
  return types;
}

PartialShape without_first(const Output& tensor) {
  const PartialShape shape = tensor.shape();
  if (!shape.known_rank()) return shape;
  if (shape.rank() == 0)
    bad_argument("from_tensor_slices", fmt::format("{} is a scalar; it has no first dimension", tensor.name()));
  return PartialShape(std::span(shape.dims().data() + 1, static_cast<std::size_t>(shape.rank() - 1)));
}

PartialShape with_first(std::int64_t first, const PartialShape& shape) {
  if (!shape.known_rank()) return shape;
  Dims dims{first};
  for (std::int64_t dim : shape.dims()) dims.push_back(dim);
  return PartialShape(std::span<const std::int64_t>(dims));
}

Attrs elements(const std::vector<DType>& types, const std::vector<PartialShape>& shapes) {
  return {{"output_types", types}, {"output_shapes", shapes}};
}

Output int64_scalar(GraphImpl& graph, std::int64_t value, std::string_view name) {
  return scalar(graph, value, DType::Int64, name);
}

// Seeds as inputs: (0, 0) would mean "any", so a pair of zeros that was asked for becomes (0, 2^31 - 1).
std::pair<Output, Output> seed_inputs(GraphImpl& graph, std::optional<std::int64_t> seed) {
  const auto [first, second] = graph.op_seeds(seed);
  Output seed1 = int64_scalar(graph, first, "seed");
  if (first == 0 && second == 0) return {seed1, int64_scalar(graph, 0, "seed2")};
  Scope scope = graph.name_scope("seed2");
  Output seed2 = int64_scalar(graph, second, "Const");
  Output first_is_zero = equal(seed1, 0);
  Output none = logical_and(first_is_zero, equal(seed2, 0));
  Output other = int64_scalar(graph, 2147483647, "Const");
  return {seed1, add_op("SelectV2", scope.name(), {none, other, seed2})};
}

}  // namespace

Dataset Dataset::from_tensor_slices(const std::vector<Output>& tensors) {
  if (tensors.empty()) bad_argument("from_tensor_slices", "no tensors were given");
  std::vector<PartialShape> shapes;
  for (const Output& tensor : tensors) shapes.push_back(without_first(tensor));
  Output variant = add_op("TensorSliceDataset", {}, tensors,
                          {{"Toutput_types", types_of(tensors)}, {"output_shapes", shapes}});
  return Dataset(variant, types_of(tensors), std::move(shapes));
}

Dataset Dataset::from_tensors(const std::vector<Output>& tensors) {
  if (tensors.empty()) bad_argument("from_tensors", "no tensors were given");
  std::vector<PartialShape> shapes;
  for (const Output& tensor : tensors) shapes.push_back(tensor.shape());
  Output variant =
      add_op("TensorDataset", {}, tensors, {{"Toutput_types", types_of(tensors)}, {"output_shapes", shapes}});
  return Dataset(variant, types_of(tensors), std::move(shapes));
}

Dataset Dataset::batch(std::int64_t size, bool drop_remainder) const {
  if (size <= 0) bad_argument("batch", fmt::format("the batch size must be positive, but is {}", size));
  GraphImpl& graph = variant_.graph();
  Output batch_size = int64_scalar(graph, size, "batch_size");
  Output drop = constant(graph, Tensor(drop_remainder), "drop_remainder");
  std::vector<PartialShape> shapes;
  for (const PartialShape& shape : shapes_) shapes.push_back(with_first(drop_remainder ? size : -1, shape));
  return Dataset(add_op("BatchDatasetV2", {}, {variant_, batch_size, drop}, elements(types_, shapes)), types_, shapes);
}

Dataset Dataset::shuffle(std::int64_t buffer_size, std::optional<std::int64_t> seed,
                         bool reshuffle_each_iteration) const {
  if (buffer_size <= 0)
    bad_argument("shuffle", fmt::format("the buffer size must be positive, but is {}", buffer_size));
  Output buffer = int64_scalar(variant_.graph(), buffer_size, "buffer_size");
  const auto [seed1, seed2] = seed_inputs(variant_.graph(), seed);
  Attrs attrs = elements(types_, shapes_);
  attrs.push_back({"reshuffle_each_iteration", reshuffle_each_iteration});
  return Dataset(add_op("ShuffleDataset", {}, {variant_, buffer, seed1, seed2}, attrs), types_, shapes_);
}

Dataset Dataset::counted(std::string_view type, std::int64_t count) const {
  Output number = int64_scalar(variant_.graph(), count, "count");
  return Dataset(add_op(type, {}, {variant_, number}, elements(types_, shapes_)), types_, shapes_);
}

Dataset Dataset::repeat(std::int64_t count) const { return counted("RepeatDataset", count); }
Dataset Dataset::take(std::int64_t count) const { return counted("TakeDataset", count); }
Dataset Dataset::skip(std::int64_t count) const { return counted("SkipDataset", count); }

Dataset Dataset::prefetch(std::int64_t buffer_size) const {
  Output buffer = int64_scalar(variant_.graph(), buffer_size, "buffer_size");
  Scope beside = variant_.graph().colocate_with(variant_.op().node());
  Attrs attrs = elements(types_, shapes_);
  attrs.push_back({"legacy_autotune", false});
  return Dataset(add_op("PrefetchDataset", {}, {variant_, buffer}, attrs), types_, shapes_);
}

Iterator Iterator::from_structure(GraphImpl& graph, const std::vector<DType>& types,
                                  const std::vector<PartialShape>& shapes) {
  if (types.size() != shapes.size())
    bad_argument("from_structure", fmt::format("{} types but {} shapes", types.size(), shapes.size()));
  Iterator iterator;
  Attrs attrs = elements(types, shapes);
  attrs.push_back({"container", std::string()});
  attrs.push_back({"shared_name", std::string()});
  iterator.resource_ = add_op(graph, "IteratorV2", {}, {}, attrs);
  iterator.types_ = types;
  iterator.shapes_ = shapes;
  add_op("IteratorToStringHandle", {}, {iterator.resource_});
  add_to_collection(graph, "iterators", iterator.resource_.name());
  return iterator;
}

Iterator Iterator::from_structure(const Dataset& like) {
  return from_structure(like.variant().graph(), like.output_types(), like.output_shapes());
}

std::vector<Output> Iterator::get_next(std::string_view name) const {
  GraphImpl& graph = resource_.graph();
  Scope beside = graph.colocate_with(resource_.op().node());
  return outputs_of(add_node(graph, "IteratorGetNext", name, {resource_}, elements(types_, shapes_)));
}

Operation Iterator::make_initializer(const Dataset& dataset, std::string_view name) const {
  if (dataset.output_types() != types_)
    bad_argument("make_initializer", "the dataset's elements are of other types than the iterator's");
  for (std::size_t i = 0; i < shapes_.size(); ++i)
    if (!shapes_[i].compatible_with(dataset.output_shapes()[i]))
      bad_argument("make_initializer",
                   fmt::format("component {} of the dataset's elements has shape {}, the iterator's "
                               "has {}",
                               i, dataset.output_shapes()[i].to_string(), shapes_[i].to_string()));
  GraphImpl& graph = resource_.graph();
  Scope scope = op_scope(graph, name, "make_initializer");
  Scope beside = graph.colocate_with(resource_.op().node());
  return to_operation(add_node(graph, "MakeIterator", scope.name(), {dataset.variant(), resource_}));
}

Iterator make_initializable_iterator(const Dataset& dataset) {
  GraphImpl& graph = dataset.variant().graph();
  Iterator iterator;
  {
    Scope beside = graph.colocate_with(dataset.variant().op().node());
    Attrs attrs = elements(dataset.output_types(), dataset.output_shapes());
    attrs.push_back({"container", std::string()});
    attrs.push_back({"shared_name", std::string()});
    iterator.resource_ = add_op(graph, "IteratorV2", {}, {}, attrs);
    iterator.initializer_ =
        to_operation(add_node(graph, "MakeIterator", {}, {dataset.variant(), iterator.resource_}));
    add_op("IteratorToStringHandle", {}, {iterator.resource_});
  }
  iterator.types_ = dataset.output_types();
  iterator.shapes_ = dataset.output_shapes();
  add_to_collection(graph, "iterators", iterator.resource_.name());
  return iterator;
}

}  // namespace tenon::data
