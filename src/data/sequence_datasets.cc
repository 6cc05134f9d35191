#include "data/sequence_datasets.h"

#include <fmt/format.h>

namespace tenon {
namespace {

using IteratorPointer = std::unique_ptr<DatasetIterator>;

// A dataset whose iterator is an Iterator(input datasets, count).
template <typename Iterator>
class CountedDataset final : public Dataset {
 public:
  CountedDataset(ElementSpec spec, std::vector<DatasetPointer> inputs, std::int64_t count)
      : Dataset(std::move(spec)), inputs_(std::move(inputs)), count_(count) {}
  IteratorPointer iterate() const override { return std::make_unique<Iterator>(inputs_, count_); }

 private:
  std::vector<DatasetPointer> inputs_;
  std::int64_t count_;
};

template <typename Iterator>
DatasetPointer make_counted(RunContext& context, std::int64_t count) {
  return std::make_shared<CountedDataset<Iterator>>(element_spec(context.node()),
                                                    std::vector{dataset_input(context, 0)}, count);
}

template <bool drop_remainder>
struct BatchIterator final : DatasetIterator {
  BatchIterator(const std::vector<DatasetPointer>& inputs, std::int64_t size)
      : input(inputs[0]->iterate()), size(size) {}
  bool next(Element& batch) override {
    const std::int64_t got = done ? 0 : input->next_batch(size, batch);
    done = got < size;
    return got > 0 && !(drop_remainder && done);
  }
  IteratorPointer input;
  std::int64_t size;
  bool done = false;
};

// count < 0: for ever, unless the dataset is empty.
struct RepeatIterator final : DatasetIterator {
  RepeatIterator(const std::vector<DatasetPointer>& inputs, std::int64_t count) : dataset(inputs[0]), left(count) {}
  bool next(Element& element) override {
    while (left != 0) {
      const bool fresh = !input;
      if (fresh) input = dataset->iterate();
      if (input->next(element)) return true;
      input.reset();
      if (left > 0) --left;
      else if (fresh) left = 0;
    }
    return false;
  }
  DatasetPointer dataset;
  IteratorPointer input;
  std::int64_t left;
};

// count < 0: all.
struct TakeIterator final : DatasetIterator {
  TakeIterator(const std::vector<DatasetPointer>& inputs, std::int64_t count)
      : input(inputs[0]->iterate()), left(count) {}
  bool next(Element& element) override {
    if (left == 0 || !input->next(element)) return false;
    if (left > 0) --left;
    return true;
  }
  IteratorPointer input;
  std::int64_t left;
};

// count < 0: all.
struct SkipIterator final : DatasetIterator {
  SkipIterator(const std::vector<DatasetPointer>& inputs, std::int64_t count)
      : input(inputs[0]->iterate()), to_skip(count) {}
  bool next(Element& element) override {
    if (to_skip < 0) return false;
    for (; to_skip > 0; --to_skip) {
      if (!input->next(element)) return false;
    }
    return input->next(element);
  }
  IteratorPointer input;
  std::int64_t to_skip;
};

struct ConcatenateIterator final : DatasetIterator {
  ConcatenateIterator(const std::vector<DatasetPointer>& inputs, std::int64_t) : datasets(inputs) {}
  bool next(Element& element) override {
    for (; at < datasets.size(); ++at, input.reset()) {
      if (!input) input = datasets[at]->iterate();
      if (input->next(element)) return true;
    }
    return false;
  }
  std::vector<DatasetPointer> datasets;
  IteratorPointer input;
  std::size_t at = 0;
};

struct ZipIterator final : DatasetIterator {
  ZipIterator(const std::vector<DatasetPointer>& datasets, std::int64_t) {
    for (const DatasetPointer& dataset : datasets) inputs.push_back(dataset->iterate());
  }
  bool next(Element& element) override {
    element.clear();
    for (const IteratorPointer& input : inputs) {
      Element part;
      if (done || !input->next(part)) {
        done = true;
        return false;
      }
      element.insert(element.end(), part.begin(), part.end());
    }
    return !inputs.empty();
  }
  std::vector<IteratorPointer> inputs;
  bool done = false;
};

// Every num_shards-th element, from `index` on.
class ShardDataset final : public Dataset {
 public:
  ShardDataset(ElementSpec spec, DatasetPointer input, std::int64_t num_shards, std::int64_t index)
      : Dataset(std::move(spec)), input_(std::move(input)), num_shards_(num_shards), index_(index) {}
  IteratorPointer iterate() const override {
    struct Iterator final : DatasetIterator {
      Iterator(IteratorPointer input, std::int64_t num_shards, std::int64_t index)
          : input(std::move(input)), num_shards(num_shards), to_skip(index) {}
      bool next(Element& element) override {
        for (; to_skip > 0; --to_skip) {
          if (!input->next(element)) return false;
        }
        to_skip = num_shards - 1;
        return input->next(element);
      }
      IteratorPointer input;
      std::int64_t num_shards, to_skip;
    };
    return std::make_unique<Iterator>(input_->iterate(), num_shards_, index_);
  }

 private:
  DatasetPointer input_;
  std::int64_t num_shards_, index_;
};

std::int64_t batch_size(RunContext& context) {
  const std::int64_t size = int64_input(context, 1);
  context.require(size > 0, "Batch size must be greater than zero.");
  return size;
}

}  // namespace

DatasetPointer make_batch_dataset(RunContext& context) {
  return make_counted<BatchIterator<false>>(context, batch_size(context));
}

DatasetPointer make_batch_dataset_v2(RunContext& context) {
  return context.input(2).scalar<bool>() ? make_counted<BatchIterator<true>>(context, batch_size(context))
                                         : make_counted<BatchIterator<false>>(context, batch_size(context));
}

DatasetPointer make_repeat_dataset(RunContext& context) {
  return make_counted<RepeatIterator>(context, int64_input(context, 1));
}

DatasetPointer make_take_dataset(RunContext& context) {
  return make_counted<TakeIterator>(context, int64_input(context, 1));
}

DatasetPointer make_skip_dataset(RunContext& context) {
  return make_counted<SkipIterator>(context, int64_input(context, 1));
}

DatasetPointer make_concatenate_dataset(RunContext& context) {
  const DatasetPointer first = dataset_input(context, 0), second = dataset_input(context, 1);
  context.require(first->spec().types == second->spec().types,
                  "input dataset and dataset to concatenate have different output_types");
  return std::make_shared<CountedDataset<ConcatenateIterator>>(element_spec(context.node()),
                                                               std::vector{first, second}, 0);
}

DatasetPointer make_zip_dataset(RunContext& context) {
  std::vector<DatasetPointer> inputs;
  for (int i = 0; i < context.num_inputs(); ++i) inputs.push_back(dataset_input(context, i));
  return std::make_shared<CountedDataset<ZipIterator>>(element_spec(context.node()), std::move(inputs), 0);
}

DatasetPointer make_shard_dataset(RunContext& context) {
  const std::int64_t num_shards = int64_input(context, 1), index = int64_input(context, 2);
  context.require(num_shards > 0, fmt::format("Number of shards must be greater than zero (currently num_shards = {}).",
                                              num_shards));
  context.require(index >= 0 && index < num_shards,
                  fmt::format("Index must be between 0 and {} (currently index = {}).", num_shards - 1, index));
  return std::make_shared<ShardDataset>(element_spec(context.node()), dataset_input(context, 0), num_shards, index);
}

DatasetPointer pass_dataset(RunContext& context) { return dataset_input(context, 0); }

}  // namespace tenon
