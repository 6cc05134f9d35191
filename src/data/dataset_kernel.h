// What the dataset ops have in common: from the values of the inputs, a function makes a Dataset, which goes out as
// a variant.
#pragma once

#include <functional>
#include <memory>

#include "data/dataset.h"
#include "kernels/kernel.h"

namespace tenon {

using MakeDataset = DatasetPointer(RunContext& context);

// The output_types and output_shapes attributes of a dataset or iterator op.
ElementSpec element_spec(const Node& node, std::string_view types = "output_types");

// Input i as a dataset; InvalidArgument if it is none.
DatasetPointer dataset_input(RunContext& context, int i);

// Input i as an int64 scalar.
std::int64_t int64_input(RunContext& context, int i);

class DatasetKernel final : public Kernel {
 public:
  explicit DatasetKernel(MakeDataset* make) : make_(make) {}
  void prepare(PrepareContext& context) override { context.provide_output(0, Shape{}); }
  void run(RunContext& context) override;

 private:
  MakeDataset* make_;
};

template <MakeDataset make>
std::unique_ptr<Kernel> dataset_kernel(const KernelSetup&) {
  return std::make_unique<DatasetKernel>(make);
}

}  // namespace tenon
