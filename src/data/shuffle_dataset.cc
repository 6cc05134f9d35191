#include "data/shuffle_dataset.h"

#include <algorithm>
#include <mutex>
#include <random>

#include "data/philox_stream.h"

namespace tenon {
namespace {

using Seeds = std::pair<std::uint64_t, std::uint64_t>;

Seeds random_if_zero(std::int64_t seed, std::int64_t seed2) {
  if (seed != 0 || seed2 != 0) return {static_cast<std::uint64_t>(seed), static_cast<std::uint64_t>(seed2)};
  std::random_device device;
  auto draw = [&] { return (std::uint64_t{device()} << 32) | device(); };
  const std::uint64_t first = draw();
  return {first, draw()};
}

// Gives each iteration its seeds.
class SeedGenerator final : public Object {
 public:
  SeedGenerator(Seeds seeds, bool reshuffle)
      : seeds_(seeds), reshuffle_(reshuffle), stream_(seeds.first, seeds.second) {}

  Seeds next() {
    if (!reshuffle_) return seeds_;
    std::lock_guard lock(mutex_);
    const std::uint64_t first = stream_.next();
    return {first, stream_.next()};
  }
  std::string describe() const override { return "seed generator"; }

 private:
  const Seeds seeds_;
  const bool reshuffle_;
  std::mutex mutex_;
  PhiloxStream stream_;
};

class DummySeedGenerator final : public Object {
 public:
  std::string describe() const override { return "dummy seed generator"; }
};

// The buffer is a ring: the elements held are those at start_ .. end_ - 1, modulo its capacity.
class ShuffleIterator final : public DatasetIterator {
 public:
  ShuffleIterator(std::unique_ptr<DatasetIterator> input, std::int64_t capacity, Seeds seeds)
      : input_(std::move(input)), capacity_(capacity), stream_(seeds.first, seeds.second) {}

  bool next(Element& element) override {
    fill();
    if (start_ == end_) return false;
    const std::int64_t held = end_ - start_;
    Element& chosen = at(start_ + static_cast<std::int64_t>(stream_.next() % static_cast<std::uint64_t>(held)));
    std::swap(chosen, at(start_));
    element = std::move(at(start_++));
    return true;
  }

 private:
  Element& at(std::int64_t i) {
    return buffer_[static_cast<std::size_t>(capacity_ < 0 ? i : i % capacity_)];
  }

  void fill() {
    Element element;
    while (input_ && (capacity_ < 0 || end_ - start_ < capacity_)) {
      if (!input_->next(element)) {
        input_.reset();
      } else if (static_cast<std::int64_t>(buffer_.size()) <= end_ &&
                 (capacity_ < 0 || static_cast<std::int64_t>(buffer_.size()) < capacity_)) {
        buffer_.push_back(std::move(element));
        ++end_;
      } else {
        at(end_++) = std::move(element);
      }
    }
  }

  std::unique_ptr<DatasetIterator> input_;
  const std::int64_t capacity_;  // -1: as many as there are
  PhiloxStream stream_;
  std::vector<Element> buffer_;
  std::int64_t start_ = 0, end_ = 0;
};

class ShuffleDataset final : public Dataset {
 public:
  ShuffleDataset(ElementSpec spec, DatasetPointer input, std::int64_t capacity, std::shared_ptr<SeedGenerator> seeds)
      : Dataset(std::move(spec)), input_(std::move(input)), capacity_(capacity), seeds_(std::move(seeds)) {}
  std::unique_ptr<DatasetIterator> iterate() const override {
    const Seeds seeds = seeds_->next();
    return std::make_unique<ShuffleIterator>(input_->iterate(), capacity_, seeds);
  }

 private:
  DatasetPointer input_;
  std::int64_t capacity_;
  std::shared_ptr<SeedGenerator> seeds_;
};

DatasetPointer make_shuffled(RunContext& context, std::shared_ptr<SeedGenerator> seeds) {
  const std::int64_t capacity = int64_input(context, 1);
  context.require(capacity > 0 || capacity == -1, "buffer_size must be greater than zero or UNKNOWN_CARDINALITY");
  return std::make_shared<ShuffleDataset>(element_spec(context.node()), dataset_input(context, 0), capacity,
                                          std::move(seeds));
}

std::shared_ptr<SeedGenerator> seeds_of_inputs(RunContext& context) {
  return std::make_shared<SeedGenerator>(random_if_zero(int64_input(context, 2), int64_input(context, 3)),
                                         context.node().attr_or<bool>("reshuffle_each_iteration", true));
}

std::shared_ptr<SeedGenerator> generator_input(RunContext& context, int i) {
  const Tensor& handle = context.input(i);
  return handle.elements() == 1 ? std::dynamic_pointer_cast<SeedGenerator>(handle.object_at(0)) : nullptr;
}

// Outputs: the generator, and a variant that would delete it.
class AnonymousSeedGeneratorKernel final : public Kernel {
 public:
  explicit AnonymousSeedGeneratorKernel(const KernelSetup& setup)
      : reshuffles_by_input_(setup.node.type == "AnonymousSeedGenerator") {}
  void prepare(PrepareContext& context) override {
    for (int i = 0; i < context.num_outputs(); ++i) context.provide_output(i, Shape{});
  }
  void run(RunContext& context) override {
    const bool reshuffle = !reshuffles_by_input_ || context.input(2).scalar<bool>();
    auto generator =
        std::make_shared<SeedGenerator>(random_if_zero(int64_input(context, 0), int64_input(context, 1)), reshuffle);
    context.set_output(0, Tensor::object(DType::Resource, generator));
    context.set_output(1, Tensor::object(DType::Variant, generator));
  }

 private:
  bool reshuffles_by_input_;
};

class DummySeedGeneratorKernel final : public Kernel {
 public:
  void prepare(PrepareContext& context) override { context.provide_output(0, Shape{}); }
  void run(RunContext& context) override {
    context.set_output(0, Tensor::object(DType::Resource, std::make_shared<DummySeedGenerator>()));
  }
};

}  // namespace

DatasetPointer make_shuffle_dataset(RunContext& context) { return make_shuffled(context, seeds_of_inputs(context)); }

DatasetPointer make_shuffle_dataset_v2(RunContext& context) {
  std::shared_ptr<SeedGenerator> generator = generator_input(context, 2);
  context.require(generator != nullptr, "input 2 is not a seed generator");
  return make_shuffled(context, std::move(generator));
}

DatasetPointer make_shuffle_dataset_v3(RunContext& context) {
  std::shared_ptr<SeedGenerator> generator = generator_input(context, 4);
  return make_shuffled(context, generator ? std::move(generator) : seeds_of_inputs(context));
}

std::unique_ptr<Kernel> anonymous_seed_generator(const KernelSetup& setup) {
  return std::make_unique<AnonymousSeedGeneratorKernel>(setup);
}

std::unique_ptr<Kernel> dummy_seed_generator(const KernelSetup&) {
  return std::make_unique<DummySeedGeneratorKernel>();
}

}  // namespace tenon
