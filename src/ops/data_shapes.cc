// Shapes of tf.data: a dataset or an iterator is a scalar; what comes out of an iterator says so in its attributes.
#include "ops/shape_inference.h"

namespace tenon {
namespace {

void elements_shape(ShapeContext& c) {
  const std::vector<PartialShape> shapes = c.attr<std::vector<PartialShape>>("output_shapes", {});
  for (int i = 0; i < c.num_outputs() && i < static_cast<int>(shapes.size()); ++i) c.set(i, shapes[i]);
}

constexpr ShapeRow kRows[] = {
    {"AnonymousIteratorV2", scalar_shape},
    {"BatchDataset", scalar_shape},
    {"BatchDatasetV2", scalar_shape},
    {"CacheDataset", scalar_shape},
    {"ConcatenateDataset", scalar_shape},
    {"DatasetCardinality", scalar_shape},
    {"DatasetToSingleElement", elements_shape},
    {"FilterDataset", scalar_shape},
    {"FlatMapDataset", scalar_shape},
    {"InterleaveDataset", scalar_shape},
    {"Iterator", scalar_shape},
    {"IteratorFromStringHandleV2", scalar_shape},
    {"IteratorGetNext", elements_shape},
    {"IteratorGetNextSync", elements_shape},
    {"IteratorToStringHandle", scalar_shape},
    {"IteratorV2", scalar_shape},
    {"MapDataset", scalar_shape},
    {"OneShotIterator", scalar_shape},
    {"PaddedBatchDatasetV2", scalar_shape},
    {"ParallelMapDatasetV2", scalar_shape},
    {"PrefetchDataset", scalar_shape},
    {"RangeDataset", scalar_shape},
    {"RepeatDataset", scalar_shape},
    {"ShuffleAndRepeatDataset", scalar_shape},
    {"ShuffleDataset", scalar_shape},
    {"ShuffleDatasetV2", scalar_shape},
    {"ShuffleDatasetV3", scalar_shape},
    {"SkipDataset", scalar_shape},
    {"TFRecordDataset", scalar_shape},
    {"TakeDataset", scalar_shape},
    {"TensorDataset", scalar_shape},
    {"TensorSliceDataset", scalar_shape},
    {"TextLineDataset", scalar_shape},
    {"WindowDataset", scalar_shape},
    {"ZipDataset", scalar_shape},
};

}  // namespace

std::span<const ShapeRow> data_shapes() { return kRows; }

}  // namespace tenon
