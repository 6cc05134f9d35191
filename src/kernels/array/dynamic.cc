// DynamicStitch, DynamicPartition: rows that go where an index says.
#include "kernels/array/index_text.h"
#include "kernels/elements.h"

namespace tenon {
namespace {

// `data` is `index` with more dimensions behind.
bool starts_with(const Shape& data, const Shape& index) {
  if (data.rank() < index.rank()) return false;
  return std::equal(index.begin(), index.end(), data.begin());
}

std::vector<std::int64_t> rest_of(const Shape& data, const Shape& index) {
  return {data.begin() + index.rank(), data.end()};
}

class StitchKernel final : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    const int n = c.num_inputs() / 2;
    for (int i = 0; i < n; ++i) {
      const Shape& index = c.input_shape(i);
      const Shape& data = c.input_shape(n + i);
      if (!starts_with(data, index)) {
        c.fail(fmt::format("data[{}].shape = {} does not start with indices[{}].shape = {}", i, data.to_string(), i,
                           index.to_string()));
      }
      if (rest_of(data, index) != rest_of(c.input_shape(n), c.input_shape(0))) {
        c.fail(
            fmt::format("Need data[0].shape[{}:] = data[{}].shape[{}:], got data[0].shape = {}, data[{}].shape = {}, "
                        "indices[0].shape = {}, indices[{}].shape = {}",
                        c.input_shape(0).rank(), i, index.rank(), c.input_shape(n).to_string(), i, data.to_string(),
                        c.input_shape(0).to_string(), i, index.to_string()));
      }
    }
    c.dynamic_output(0);
  }

  void run(RunContext& c) override {
    const int n = c.num_inputs() / 2;
    std::int64_t largest = -1;
    for (int i = 0; i < n; ++i) {
      for (std::int32_t index : c.input(i).flat<std::int32_t>()) {
        if (index < 0) c.fail(fmt::format("indices[{}] holds {}, which is out of range", i, index));
        largest = std::max<std::int64_t>(largest, index);
      }
    }
    std::vector<std::int64_t> shape = rest_of(c.input(n).shape(), c.input(0).shape());
    const std::int64_t inner = Shape::make(shape).elements();
    shape.insert(shape.begin(), largest + 1);
    Tensor out(c.input(n).dtype(), Shape::make(shape));
    visit_storage(out.dtype(), [&]<typename T>() {
      std::fill_n(storage<T>(out), out.elements(), T{});  // for rows that no index names
      for (int i = 0; i < n; ++i) {
        const std::span<const std::int32_t> indices = c.input(i).flat<std::int32_t>();
        const T* from = storage<T>(c.input(n + i));
        for (std::size_t r = 0; r < indices.size(); ++r, from += inner) {
          copy_elements(from, inner, storage<T>(out) + indices[r] * inner);
        }
      }
    });
    c.set_output(0, std::move(out));
  }
};

class PartitionKernel final : public Kernel {
 public:
  void prepare(PrepareContext& c) override {
    if (!starts_with(c.input_shape(0), c.input_shape(1))) {
      c.fail(fmt::format("data.shape must start with partitions.shape, got data.shape = {}, partitions.shape = {}",
                         c.input_shape(0).to_string(), c.input_shape(1).to_string()));
    }
    for (int i = 0; i < c.num_outputs(); ++i) c.dynamic_output(i);
  }

  void run(RunContext& c) override {
    const Tensor& data = c.input(0);
    const Tensor& partitions = c.input(1);
    const std::span<const std::int32_t> to = partitions.flat<std::int32_t>();
    std::vector<std::int64_t> counts(static_cast<std::size_t>(c.num_outputs()), 0);
    for (std::size_t i = 0; i < to.size(); ++i) {
      if (to[i] < 0 || to[i] >= c.num_outputs()) {
        c.fail(fmt::format("partitions{} = {} is not in [0, {})",
                           index_text(partitions.shape(), static_cast<std::int64_t>(i)), to[i], c.num_outputs()));
      }
      ++counts[static_cast<std::size_t>(to[i])];
    }
    std::vector<std::int64_t> shape = rest_of(data.shape(), partitions.shape());
    const std::int64_t inner = Shape::make(shape).elements();
    shape.insert(shape.begin(), 0);
    std::vector<Tensor> parts;
    for (std::int64_t count : counts) {
      shape[0] = count;
      parts.emplace_back(data.dtype(), Shape::make(shape));
    }
    visit_storage(data.dtype(), [&]<typename T>() {
      std::vector<T*> next;
      for (Tensor& part : parts) next.push_back(storage<T>(part));
      const T* from = storage<T>(data);
      for (std::size_t i = 0; i < to.size(); ++i, from += inner) {
        T*& place = next[static_cast<std::size_t>(to[i])];
        copy_elements(from, inner, place);
        place += inner;
      }
    });
    for (int i = 0; i < c.num_outputs(); ++i) c.set_output(i, std::move(parts[static_cast<std::size_t>(i)]));
  }
};

}  // namespace

KernelMaker make_dynamic_stitch, make_dynamic_partition;

std::unique_ptr<Kernel> make_dynamic_stitch(const KernelSetup&) { return std::make_unique<StitchKernel>(); }
std::unique_ptr<Kernel> make_dynamic_partition(const KernelSetup&) { return std::make_unique<PartitionKernel>(); }

}  // namespace tenon
