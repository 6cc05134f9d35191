#include "data/source_datasets.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tenon {
namespace {

class TensorDataset final : public Dataset {
 public:
  TensorDataset(ElementSpec spec, Element element) : Dataset(std::move(spec)), element_(std::move(element)) {}

  std::unique_ptr<DatasetIterator> iterate() const override {
    struct Iterator final : DatasetIterator {
      explicit Iterator(Element element) : element(std::move(element)) {}
      bool next(Element& out) override {
        if (done) return false;
        done = true;
        out = std::move(element);
        return true;
      }
      Element element;
      bool done = false;
    };
    return std::make_unique<Iterator>(element_);
  }

 private:
  Element element_;
};

class SliceIterator final : public DatasetIterator {
 public:
  SliceIterator(Element tensors, std::int64_t rows) : tensors_(std::move(tensors)), rows_(rows) {}

  bool next(Element& element) override {
    if (row_ >= rows_) return false;
    element.clear();
    for (const Tensor& tensor : tensors_) {
      const Dims& dims = tensor.shape();
      element.push_back(tensor.slice0(row_, row_ + 1).reshaped(Shape(std::span(dims.begin() + 1, dims.end()))));
    }
    ++row_;
    return true;
  }

  // Rows lie behind each other already: a batch is a view of them.
  std::int64_t next_batch(std::int64_t count, Element& batch) override {
    const std::int64_t got = std::min(count, rows_ - row_);
    batch.clear();
    if (got == 0) return 0;
    for (const Tensor& tensor : tensors_) batch.push_back(tensor.slice0(row_, row_ + got));
    row_ += got;
    return got;
  }

 private:
  Element tensors_;
  std::int64_t rows_;
  std::int64_t row_ = 0;
};

class TensorSliceDataset final : public Dataset {
 public:
  TensorSliceDataset(ElementSpec spec, Element tensors)
      : Dataset(std::move(spec)), tensors_(std::move(tensors)), rows_(tensors_[0].shape()[0]) {}
  std::unique_ptr<DatasetIterator> iterate() const override {
    return std::make_unique<SliceIterator>(tensors_, rows_);
  }

 private:
  Element tensors_;
  std::int64_t rows_;
};

// start, start + step, ... before stop, in the type of output_types[0].
template <typename T>
class RangeDataset final : public Dataset {
 public:
  RangeDataset(ElementSpec spec, std::int64_t start, std::int64_t stop, std::int64_t step)
      : Dataset(std::move(spec)), start_(start), stop_(stop), step_(step) {}

  std::unique_ptr<DatasetIterator> iterate() const override {
    struct Iterator final : DatasetIterator {
      Iterator(std::int64_t at, std::int64_t stop, std::int64_t step) : at(at), stop(stop), step(step) {}
      bool next(Element& element) override {
        if (done || (step > 0 ? at >= stop : at <= stop)) return false;
        element.assign(1, Tensor(static_cast<T>(at)));
        done = __builtin_add_overflow(at, step, &at);
        return true;
      }
      std::int64_t at, stop, step;
      bool done = false;
    };
    return std::make_unique<Iterator>(start_, stop_, step_);
  }

 private:
  std::int64_t start_, stop_, step_;
};

Element all_inputs(RunContext& context) {
  Element inputs;
  for (int i = 0; i < context.num_inputs(); ++i) inputs.push_back(context.input(i));
  return inputs;
}

}  // namespace

DatasetPointer make_tensor_dataset(RunContext& context) {
  return std::make_shared<TensorDataset>(element_spec(context.node(), "Toutput_types"), all_inputs(context));
}

DatasetPointer make_tensor_slice_dataset(RunContext& context) {
  Element tensors = all_inputs(context);
  context.require(!tensors.empty(), "at least one component is needed");
  for (const Tensor& tensor : tensors) {
    context.require(tensor.rank() > 0, "All components must be at least 1-dimensional");
    context.require(tensor.shape()[0] == tensors[0].shape()[0],
                    fmt::format("All components must have the same size in the 0th dimension, found {} and {}",
                                tensors[0].shape()[0], tensor.shape()[0]));
  }
  return std::make_shared<TensorSliceDataset>(element_spec(context.node(), "Toutput_types"), std::move(tensors));
}

DatasetPointer make_range_dataset(RunContext& context) {
  const std::int64_t start = int64_input(context, 0), stop = int64_input(context, 1), step = int64_input(context, 2);
  context.require(step != 0, "step must be a non-zero integer.");
  ElementSpec spec = element_spec(context.node());
  context.require(spec.types.size() == 1, "a range has one component");
  auto make = [&]<typename T>(T) -> DatasetPointer {
    return std::make_shared<RangeDataset<T>>(std::move(spec), start, stop, step);
  };
  switch (spec.types[0]) {
    case DType::Int64: return make(std::int64_t());
    case DType::Int32: return make(std::int32_t());
    case DType::Int16: return make(std::int16_t());
    case DType::Int8: return make(std::int8_t());
    case DType::UInt8: return make(std::uint8_t());
    case DType::UInt16: return make(std::uint16_t());
    case DType::UInt32: return make(std::uint32_t());
    case DType::UInt64: return make(std::uint64_t());
    case DType::Float32: return make(float());
    case DType::Float64: return make(double());
    default: context.fail(Code::Unimplemented, "a range of type " + dtype_name(spec.types[0]));
  }
}

}  // namespace tenon
