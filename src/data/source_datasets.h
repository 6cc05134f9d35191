// Datasets that have no other dataset as input.
#pragma once

#include "data/dataset_kernel.h"

namespace tenon {

DatasetPointer make_tensor_dataset(RunContext& context);        // one element: all of the tensors
DatasetPointer make_tensor_slice_dataset(RunContext& context);  // one element per row of the tensors
DatasetPointer make_range_dataset(RunContext& context);

}  // namespace tenon
