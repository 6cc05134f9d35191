// Dataset: a description of a sequence of elements, made by a dataset op and passed around as a variant tensor.
// Iterating it gives the elements; each iteration is independent of the others.
//
//   std::unique_ptr<DatasetIterator> iterator = dataset->iterate();
//   for (Element element; iterator->next(element);) ...
//
// Datasets are immutable and thread-safe, except that each new iteration of a shuffled one advances its seeds.
// An iterator is used by one thread at a time; it keeps alive what it needs of the dataset.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tenon/tensor.h"

namespace tenon {

using Element = std::vector<Tensor>;  // one tensor per component

struct ElementSpec {
  std::vector<DType> types;
  std::vector<PartialShape> shapes;
};

class DatasetIterator {
 public:
  virtual ~DatasetIterator() = default;

  // False at the end, and from then on.
  virtual bool next(Element& element) = 0;

  // The next `count` elements, or what is left of them, with their components stacked along a new first dimension.
  // Returns how many they are. REQUIRES: count > 0.
  virtual std::int64_t next_batch(std::int64_t count, Element& batch);
};

class Dataset : public Object, public std::enable_shared_from_this<Dataset> {
 public:
  explicit Dataset(ElementSpec spec) : spec_(std::move(spec)) {}

  const ElementSpec& spec() const { return spec_; }
  virtual std::unique_ptr<DatasetIterator> iterate() const = 0;
  std::string describe() const override { return "dataset"; }

 private:
  ElementSpec spec_;
};

using DatasetPointer = std::shared_ptr<const Dataset>;

}  // namespace tenon
