#include "data/data_kernels.h"

#include "data/iterator.h"
#include "data/sequence_datasets.h"
#include "data/shuffle_dataset.h"
#include "data/source_datasets.h"

namespace tenon {

std::span<const KernelRow> data_kernels() {
  static const KernelRow rows[] = {
      {"AnonymousIterator", anonymous_iterator_kernel},
      {"AnonymousRandomSeedGenerator", anonymous_seed_generator},
      {"AnonymousSeedGenerator", anonymous_seed_generator},
      {"BatchDataset", dataset_kernel<make_batch_dataset>},
      {"BatchDatasetV2", dataset_kernel<make_batch_dataset_v2>},
      {"ConcatenateDataset", dataset_kernel<make_concatenate_dataset>},
      {"DummySeedGenerator", dummy_seed_generator},
      {"Iterator", iterator_kernel},
      {"IteratorFromStringHandle", iterator_from_handle_kernel},
      {"IteratorFromStringHandleV2", iterator_from_handle_kernel},
      {"IteratorGetNext", iterator_get_next_kernel},
      {"IteratorGetNextSync", iterator_get_next_kernel},
      {"IteratorToStringHandle", iterator_to_handle_kernel},
      {"IteratorV2", iterator_kernel},
      {"MakeIterator", make_iterator_kernel},
      {"ModelDataset", dataset_kernel<pass_dataset>},
      {"OptionsDataset", dataset_kernel<pass_dataset>},
      {"PrefetchDataset", dataset_kernel<pass_dataset>},
      {"RangeDataset", dataset_kernel<make_range_dataset>},
      {"RepeatDataset", dataset_kernel<make_repeat_dataset>},
      {"ShardDataset", dataset_kernel<make_shard_dataset>},
      {"ShuffleDataset", dataset_kernel<make_shuffle_dataset>},
      {"ShuffleDatasetV2", dataset_kernel<make_shuffle_dataset_v2>},
      {"ShuffleDatasetV3", dataset_kernel<make_shuffle_dataset_v3>},
      {"SkipDataset", dataset_kernel<make_skip_dataset>},
      {"TakeDataset", dataset_kernel<make_take_dataset>},
      {"TensorDataset", dataset_kernel<make_tensor_dataset>},
      {"TensorSliceDataset", dataset_kernel<make_tensor_slice_dataset>},
      {"ZipDataset", dataset_kernel<make_zip_dataset>},
  };
  return rows;
}

}  // namespace tenon
