// Input pipelines, as tf.data: datasets, iterators, and the files that images come in.
//
//   namespace data = tenon::data;
//   auto train = data::Dataset::from_tensor_slices({x, y}).batch(64).shuffle(10000).repeat();
//   auto iterator = data::Iterator::from_structure(train);
//   auto next = iterator.get_next("iter_next");                   // {"iter_next:0", "iter_next:1"}
//   tenon::Operation start = iterator.make_initializer(train);    // run it to begin with the first element
//
// Each call adds operations to the graph that the tensors belong to; nothing runs before a session does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenon/graph.h"
#include "tenon/tensor.h"

namespace tenon {

// The array in a file of MNIST's own format (idx), plain or gzipped. Throws NotFound, or DataLoss with the file and
// byte where it is damaged.
Tensor read_idx(const std::string& path);
// The same for images: bytes 0..255 become float32 0..1. Throws InvalidArgument if the file holds no bytes.
Tensor read_images(const std::string& path);

}  // namespace tenon

namespace tenon::data {

class Dataset {
 public:
  // One element for each index of the first dimension, which all tensors have in common.
  static Dataset from_tensor_slices(const std::vector<Output>& tensors);
  // A single element.
  static Dataset from_tensors(const std::vector<Output>& tensors);

  Dataset batch(std::int64_t size, bool drop_remainder = false) const;
  Dataset shuffle(std::int64_t buffer_size, std::optional<std::int64_t> seed = {},
                  bool reshuffle_each_iteration = true) const;
  Dataset repeat(std::int64_t count = -1) const;  // -1: for ever
  Dataset take(std::int64_t count) const;
  Dataset skip(std::int64_t count) const;
  Dataset prefetch(std::int64_t buffer_size) const;

  const Output& variant() const { return variant_; }  // the dataset itself, as the graph passes it on
  const std::vector<DType>& output_types() const { return types_; }
  const std::vector<PartialShape>& output_shapes() const { return shapes_; }

 private:
  Dataset(Output variant, std::vector<DType> types, std::vector<PartialShape> shapes)
      : variant_(std::move(variant)), types_(std::move(types)), shapes_(std::move(shapes)) {}
  Dataset counted(std::string_view type, std::int64_t count) const;
  Output variant_;
  std::vector<DType> types_;
  std::vector<PartialShape> shapes_;
};

class Iterator {
 public:
  // An iterator that any dataset of these types and shapes can start.
  static Iterator from_structure(GraphImpl& graph, const std::vector<DType>& types,
                                 const std::vector<PartialShape>& shapes);
  static Iterator from_structure(const Dataset& like);

  // The next element, one output per component. Running it after the last throws OutOfRange.
  std::vector<Output> get_next(std::string_view name = {}) const;
  // Starts the iterator over `dataset`. Throws InvalidArgument if its elements are of other types or shapes.
  Operation make_initializer(const Dataset& dataset, std::string_view name = {}) const;

  const Output& resource() const { return resource_; }
  const Operation& initializer() const { return initializer_; }  // unbound if made by from_structure

 private:
  friend Iterator make_initializable_iterator(const Dataset& dataset);
  Output resource_;
  Operation initializer_;
  std::vector<DType> types_;
  std::vector<PartialShape> shapes_;
};

// tf.data.make_initializable_iterator: run its initializer() before the first element.
Iterator make_initializable_iterator(const Dataset& dataset);

}  // namespace tenon::data
