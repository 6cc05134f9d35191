// Datasets that hand on the elements of others: some of them, several times, one after the other, side by side.
#pragma once

#include "data/dataset_kernel.h"

namespace tenon {

DatasetPointer make_batch_dataset(RunContext& context);     // BatchDataset: the last batch may be smaller
DatasetPointer make_batch_dataset_v2(RunContext& context);  // with drop_remainder
DatasetPointer make_repeat_dataset(RunContext& context);
DatasetPointer make_take_dataset(RunContext& context);
DatasetPointer make_skip_dataset(RunContext& context);
DatasetPointer make_concatenate_dataset(RunContext& context);
DatasetPointer make_zip_dataset(RunContext& context);
DatasetPointer make_shard_dataset(RunContext& context);
// Those that only change how fast TensorFlow delivers: PrefetchDataset, OptionsDataset, ModelDataset.
DatasetPointer pass_dataset(RunContext& context);

}  // namespace tenon
