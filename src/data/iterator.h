// Iterators as the graph sees them: a resource that MakeIterator points at a dataset and IteratorGetNext draws from.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "data/dataset.h"
#include "kernels/kernel.h"

namespace tenon {

// Thread-safe: each call of next() gets an element of its own.
class IteratorResource final : public Object {
 public:
  IteratorResource(std::string name, ElementSpec spec) : name_(std::move(name)), spec_(std::move(spec)) {}

  const std::string& name() const { return name_; }
  // Starts at the first element of the dataset. Throws InvalidArgument if its elements are not what was declared.
  void start(const Dataset& dataset);
  // Throws FailedPrecondition before start(), OutOfRange at the end.
  Element next();
  std::string describe() const override { return "iterator " + name_; }

 private:
  const std::string name_;
  const ElementSpec spec_;
  std::mutex mutex_;
  std::unique_ptr<DatasetIterator> iterator_;
};

std::unique_ptr<Kernel> iterator_kernel(const KernelSetup& setup);              // Iterator, IteratorV2
std::unique_ptr<Kernel> anonymous_iterator_kernel(const KernelSetup& setup);    // AnonymousIterator
std::unique_ptr<Kernel> make_iterator_kernel(const KernelSetup& setup);         // MakeIterator
std::unique_ptr<Kernel> iterator_get_next_kernel(const KernelSetup& setup);     // IteratorGetNext, ...Sync
std::unique_ptr<Kernel> iterator_to_handle_kernel(const KernelSetup& setup);    // IteratorToStringHandle
std::unique_ptr<Kernel> iterator_from_handle_kernel(const KernelSetup& setup);  // IteratorFromStringHandle, ...V2

}  // namespace tenon
