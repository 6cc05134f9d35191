#include "data/data_kernels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/iterator.h"
#include "kernels/kernel_test_harness.h"
#include "tenon/error.h"
#include "testing/errors.h"

namespace tenon {
namespace {

using testing::ElementsAre;
using Types = std::vector<DType>;
using Shapes = std::vector<PartialShape>;
using Numbers = std::vector<std::int64_t>;

const Types kInt64{int64};
const Shapes kScalars{PartialShape::scalar()};
const Shapes kVectors{PartialShape{-1}};

Tensor number(std::int64_t value) { return Tensor(value); }

Tensor dataset(const std::string& op, const std::vector<Tensor>& inputs, KernelRun::Attrs attrs) {
  KernelRun run(data_kernels(), op, std::move(attrs));
  for (const Tensor& input : inputs) run.input(input);
  return run.run().at(0);
}

Tensor dataset(const std::string& op, const std::vector<Tensor>& inputs, const Shapes& shapes = kScalars,
               const Types& types = kInt64) {
  return dataset(op, inputs, {{"output_types", types}, {"output_shapes", shapes}});
}

Tensor slices(const std::vector<Tensor>& tensors, const Types& types, const Shapes& shapes) {
  return dataset("TensorSliceDataset", tensors, {{"Toutput_types", types}, {"output_shapes", shapes}});
}

Tensor range(std::int64_t stop) { return dataset("RangeDataset", {number(0), number(stop), number(1)}); }
Tensor repeat(const Tensor& input, std::int64_t count) { return dataset("RepeatDataset", {input, number(count)}); }
Tensor batch(const Tensor& input, std::int64_t size, bool drop = false) {
  return dataset("BatchDatasetV2", {input, number(size), Tensor(drop)}, kVectors);
}
Tensor shuffle(const Tensor& input, std::int64_t buffer, std::int64_t seed2, bool reshuffle = true) {
  return dataset("ShuffleDataset", {input, number(buffer), number(87654321), number(seed2)},
                 {{"output_types", kInt64}, {"output_shapes", kScalars}, {"reshuffle_each_iteration", reshuffle}});
}

std::vector<Element> all(const Tensor& variant, std::size_t at_most = 1000) {
  const auto made = std::dynamic_pointer_cast<Dataset>(variant.object_at(0));
  const auto iterator = made->iterate();
  std::vector<Element> elements;
  for (Element element; elements.size() < at_most && iterator->next(element); element = {}) elements.push_back(element);
  return elements;
}

Numbers numbers(const Tensor& variant, std::size_t at_most = 1000) {
  Numbers result;
  for (const Element& element : all(variant, at_most)) {
    for (const std::int64_t value : element.at(0).flat<std::int64_t>()) result.push_back(value);
  }
  return result;
}

TEST(Datasets, RangeCountsUpAndDown) {
  EXPECT_THAT(numbers(range(4)), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(numbers(dataset("RangeDataset", {number(5), number(0), number(-2)})), ElementsAre(5, 3, 1));
  expect_says(error_of([] { dataset("RangeDataset", {number(0), number(1), number(0)}); }), Code::InvalidArgument,
              "step must be a non-zero integer.");
}

TEST(Datasets, RangeStopsWhereIntegersDo) {
  EXPECT_EQ(numbers(dataset("RangeDataset", {number(INT64_MAX - 1), number(INT64_MAX), number(INT64_MAX)})).size(), 1u);
}

TEST(Datasets, SlicesComeWithoutTheirFirstDimension) {
  const Tensor variant = slices({Tensor({2, 2}, {1.f, 2.f, 3.f, 4.f}), Tensor({2}, {"a", "b"})}, {float32, string},
                                {PartialShape{2}, PartialShape::scalar()});
  const auto elements = all(variant);
  ASSERT_EQ(elements.size(), 2u);
  EXPECT_TRUE(elements[1][0].equals(Tensor({2}, {3.f, 4.f})));
  EXPECT_EQ(elements[1][1].scalar<std::string>(), "b");
}

TEST(Datasets, SlicesOfDifferentLengthsAreAnError) {
  const std::vector<PartialShape> scalars(2, PartialShape::scalar());
  expect_says(error_of([&] { slices({Tensor({2}, {1, 2}), Tensor({1}, {1})}, {int32, int32}, scalars); }),
              Code::InvalidArgument, "All components must have the same size in the 0th dimension");
  expect_says(error_of([] { slices({Tensor(1)}, {int32}, kScalars); }), Code::InvalidArgument,
              "All components must be at least 1-dimensional");
}

TEST(Datasets, BatchesOfSlicesAreViewsOfTheTensor) {
  const Tensor rows({5, 2}, {0.f, 1.f, 2.f, 3.f, 4.f, 5.f, 6.f, 7.f, 8.f, 9.f});
  const auto batches = all(batch(slices({rows}, {float32}, {PartialShape{2}}), 2));
  ASSERT_EQ(batches.size(), 3u);
  EXPECT_EQ(batches[1][0].raw(), rows.raw() + 2 * 2 * sizeof(float));
  EXPECT_TRUE(batches[2][0].equals(Tensor({1, 2}, {8.f, 9.f})));
}

TEST(Datasets, BatchesOfAnythingElseAreStacked) {
  const auto batches = all(batch(repeat(range(3), 2), 4));
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_TRUE(batches[0][0].equals(Tensor({4}, Numbers{0, 1, 2, 0})));
  EXPECT_TRUE(batches[1][0].equals(Tensor({2}, Numbers{1, 2})));
  EXPECT_EQ(all(batch(repeat(range(3), 2), 4, true)).size(), 1u);
  const Tensor texts = slices({Tensor({3}, {"a", "b", "c"})}, {string}, kScalars);
  EXPECT_TRUE(all(batch(dataset("SkipDataset", {texts, number(1)}, kScalars, {string}), 2))[0][0].equals(
      Tensor({2}, {"b", "c"})));
}

TEST(Datasets, BatchesOfDifferentShapesAreAnError) {
  auto one = [](const Tensor& tensor) {
    return dataset("TensorDataset", {tensor}, {{"Toutput_types", Types{float32}}, {"output_shapes", kVectors}});
  };
  const Tensor both = dataset("ConcatenateDataset", {one(Tensor({2}, {1.f, 2.f})), one(Tensor({3}, {1.f, 2.f, 3.f}))},
                              kVectors, {float32});
  expect_says(error_of([&] { all(batch(both, 2)); }), Code::InvalidArgument,
              "Cannot batch tensors with different shapes in component 0. First element had shape [2] and "
              "element 1 had shape [3].");
  expect_says(error_of([&] { batch(both, 0); }), Code::InvalidArgument, "Batch size must be greater than zero.");
}

TEST(Datasets, RepeatTakeSkipConcatenateZipAndShard) {
  EXPECT_THAT(numbers(repeat(range(2), 2)), ElementsAre(0, 1, 0, 1));
  EXPECT_THAT(numbers(repeat(range(2), 0)), ElementsAre());
  EXPECT_EQ(numbers(repeat(range(2), -1), 7).size(), 7u);
  EXPECT_THAT(numbers(repeat(range(0), -1)), ElementsAre());
  EXPECT_THAT(numbers(dataset("TakeDataset", {range(5), number(2)})), ElementsAre(0, 1));
  EXPECT_EQ(numbers(dataset("TakeDataset", {range(5), number(-1)})).size(), 5u);
  EXPECT_THAT(numbers(dataset("SkipDataset", {range(5), number(3)})), ElementsAre(3, 4));
  EXPECT_THAT(numbers(dataset("SkipDataset", {range(5), number(-1)})), ElementsAre());
  EXPECT_THAT(numbers(dataset("ConcatenateDataset", {range(2), range(3)})), ElementsAre(0, 1, 0, 1, 2));
  EXPECT_THAT(numbers(dataset("PrefetchDataset", {range(2), number(1)})), ElementsAre(0, 1));
  EXPECT_THAT(numbers(dataset("ShardDataset", {range(7), number(3), number(1)})), ElementsAre(1, 4));
  const auto pairs = all(dataset("ZipDataset", {range(2), range(3)}, {PartialShape::scalar(), PartialShape::scalar()},
                                 {int64, int64}));
  ASSERT_EQ(pairs.size(), 2u);
  EXPECT_EQ(pairs[1][1].scalar<std::int64_t>(), 1);
}

// The numbers below are TensorFlow 2.21's, for shuffle(..., seed=seed2) after set_random_seed(None).
TEST(Shuffle, GivesTensorFlowsOrder) {
  EXPECT_THAT(numbers(shuffle(range(20), 20, 5)),
              ElementsAre(5, 2, 7, 6, 17, 16, 19, 11, 4, 10, 8, 3, 13, 15, 0, 9, 14, 1, 18, 12));
  EXPECT_THAT(numbers(shuffle(range(20), 7, 5)),
              ElementsAre(2, 6, 5, 0, 4, 10, 12, 13, 14, 3, 1, 8, 15, 9, 16, 17, 11, 19, 18, 7));
  EXPECT_THAT(numbers(shuffle(repeat(range(10), 2), 15, 3)),
              ElementsAre(9, 1, 4, 0, 7, 8, 6, 4, 6, 8, 2, 3, 9, 1, 0, 3, 7, 5, 5, 2));
  EXPECT_EQ(numbers(shuffle(range(20), -1, 5)), numbers(shuffle(range(20), 20, 5)));
}

TEST(Shuffle, ReshufflesEachIterationAsTensorFlow) {
  EXPECT_THAT(numbers(repeat(shuffle(range(10), 100, 3), 3)),
              ElementsAre(4, 7, 2, 6, 8, 0, 3, 1, 5, 9, 8, 6, 4, 1, 7, 9, 3, 0, 5, 2, 8, 4, 9, 2, 5, 6, 7, 3, 1, 0));
  const Numbers once{3, 4, 2, 0, 7, 5, 6, 8, 9, 1};
  const Tensor fixed = shuffle(range(10), 4, 3, false);
  EXPECT_EQ(numbers(fixed), once);
  EXPECT_EQ(numbers(fixed), once);
}

TEST(Shuffle, ZeroSeedsAreRandom) {
  auto shuffled = [] {
    return numbers(
        dataset("ShuffleDataset", {range(100), number(100), number(0), number(0)},
                {{"output_types", kInt64}, {"output_shapes", kScalars}, {"reshuffle_each_iteration", true}}));
  };
  EXPECT_NE(shuffled(), shuffled());
  Numbers sorted = shuffled();
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(sorted, numbers(range(100)));
}

TEST(Shuffle, EmptyBufferIsAnError) {
  expect_says(error_of([] { shuffle(range(3), 0, 1); }), Code::InvalidArgument,
              "buffer_size must be greater than zero or UNKNOWN_CARDINALITY");
}

class Iterators : public testing::Test {
 protected:
  Tensor iterator(const Types& types = kInt64, const Shapes& shapes = kScalars) {
    KernelRun run(data_kernels(), "AnonymousIterator", {{"output_types", types}, {"output_shapes", shapes}});
    return run.run().at(0);
  }
  void start(const Tensor& variant, const Tensor& handle) {
    KernelRun(data_kernels(), "MakeIterator").input(variant).input(handle).run();
  }
  Tensor next(const Tensor& handle) {
    KernelRun run(data_kernels(), "IteratorGetNext", {{"output_types", kInt64}, {"output_shapes", kScalars}});
    return run.input(handle).run().at(0);
  }
};

TEST_F(Iterators, GiveTheElementsAndThenSayThatTheSequenceEnds) {
  const Tensor handle = iterator();
  for (int epoch = 0; epoch < 2; ++epoch) {
    start(range(2), handle);
    EXPECT_EQ(next(handle).scalar<std::int64_t>(), 0);
    EXPECT_EQ(next(handle).scalar<std::int64_t>(), 1);
    for (int i = 0; i < 2; ++i) {
      expect_says(error_of([&] { next(handle); }), Code::OutOfRange, "End of sequence");
    }
  }
}

TEST_F(Iterators, MustBeInitialisedFirst) {
  expect_says(error_of([&] { next(iterator()); }), Code::FailedPrecondition,
              "GetNext() failed because the iterator has not been initialized.");
}

TEST_F(Iterators, TakeOnlyDatasetsOfTheirElements) {
  expect_says(error_of([&] { start(range(2), iterator({float32})); }), Code::InvalidArgument,
              "Data type mismatch at component 0: expected float32 but got int64.");
  expect_says(error_of([&] { start(range(2), iterator({int64}, {PartialShape{2}})); }), Code::InvalidArgument,
              "Incompatible shapes at component 0: expected [2] but got [].");
  expect_says(error_of([&] { start(range(2), iterator({int64, int64}, {{}, {}})); }), Code::InvalidArgument,
              "Number of components does not match: expected 2 types but got 1.");
}

TEST_F(Iterators, OfOneNameAreOneInASession) {
  KernelRun made(data_kernels(), "IteratorV2",
                 {{"output_types", kInt64}, {"output_shapes", kScalars}, {"shared_name", "shared"}, {"container", ""}});
  const Tensor handle = made.run().at(0);
  EXPECT_EQ(made.run().at(0).object_at(0), handle.object_at(0));
  const Tensor text = KernelRun(data_kernels(), "IteratorToStringHandle").input(handle).run().at(0);
  EXPECT_EQ(text.scalar<std::string>(), "iterator/shared");
  expect_says(error_of([&] { KernelRun(data_kernels(), "IteratorFromStringHandle").input(text).run(); }),
              Code::NotFound, "no iterator with the handle");
}

}  // namespace
}  // namespace tenon
