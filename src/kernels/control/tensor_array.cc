#include "kernels/control/tensor_array.h"

#include <utility>

#include <fmt/format.h>

namespace tenon {
namespace {

// A write far beyond the end is a mistake, not a reason to take all memory.
constexpr std::int64_t kMaxElements = 1 << 24;

template <typename T>
Tensor sum_of(const Tensor& a, const Tensor& b) {
  Tensor sum(a.dtype(), a.shape());
  for (std::int64_t i = 0; i < a.elements(); ++i) {
    if constexpr (std::is_class_v<T> && !std::is_same_v<T, std::complex<float>> &&
                  !std::is_same_v<T, std::complex<double>>) {
      sum.data<T>()[i] = T(static_cast<float>(a.data<T>()[i]) + static_cast<float>(b.data<T>()[i]));
    } else {
      sum.data<T>()[i] = static_cast<T>(a.data<T>()[i] + b.data<T>()[i]);
    }
  }
  return sum;
}

Tensor add(const Tensor& a, const Tensor& b) {
  switch (a.dtype()) {
    case DType::Float32: return sum_of<float>(a, b);
    case DType::Float64: return sum_of<double>(a, b);
    case DType::Float16: return sum_of<Half>(a, b);
    case DType::BFloat16: return sum_of<BFloat16>(a, b);
    case DType::Int32: return sum_of<std::int32_t>(a, b);
    case DType::Int64: return sum_of<std::int64_t>(a, b);
    case DType::Complex64: return sum_of<std::complex<float>>(a, b);
    case DType::Complex128: return sum_of<std::complex<double>>(a, b);
    default:
      throw Error(Code::Unimplemented, fmt::format("a TensorArray cannot add up {} values", dtype_name(a.dtype())));
  }
}

}  // namespace

void TensorArray::fail(const std::string& message) const {
  throw Error(Code::InvalidArgument, fmt::format("TensorArray {}: {}", options_.name, message));
}

TensorArray::Element& TensorArray::element(std::int64_t index, bool for_writing) {
  if (index >= size() && for_writing && options_.dynamic_size && index < kMaxElements) elements_.resize(index + 1);
  if (index < 0 || index >= size()) {
    fail(fmt::format("Tried to {} index {} but array size is: {}{}", for_writing ? "write to" : "read from", index,
                     size(), for_writing && !options_.dynamic_size ? " (and it is not resizeable)" : ""));
  }
  return elements_[index];
}

void TensorArray::check_value(std::int64_t index, const Element& element, const Tensor& value) const {
  if (value.dtype() != type()) {
    fail(fmt::format("Could not write to index {} because the value dtype is {} but TensorArray dtype is {}", index,
                     dtype_name(value.dtype()), dtype_name(type())));
  }
  if (!options_.element_shape.compatible_with(value.shape())) {
    fail(fmt::format("Could not write to index {} because the value shape is {} which is incompatible with the "
                     "TensorArray's element shape {}",
                     index, value.shape().to_string(), options_.element_shape.to_string()));
  }
  if (element.value.defined() && options_.accumulate && element.value.shape() != value.shape()) {
    fail(fmt::format("Could not aggregate to index {} because the existing shape is {} but the new input shape is {}",
                     index, element.value.shape().to_string(), value.shape().to_string()));
  }
}

void TensorArray::write(std::int64_t index, Tensor value) {
  Element& at = element(index, true);
  check_value(index, at, value);
  if (at.cleared) fail(fmt::format("Could not write to index {} because it has already been read", index));
  if (at.value.defined()) {
    if (!options_.accumulate)
      fail(fmt::format("Could not write to index {} because it has already been written to", index));
    value = add(at.value, value);
  }
  at.shape = value.shape();
  at.value = std::move(value);
}

Tensor TensorArray::read(std::int64_t index) {
  Element& at = element(index, false);
  if (at.cleared) {
    fail(fmt::format("Could not read index {} twice because it was cleared after a previous read (perhaps try setting "
                     "clear_after_read = false?)",
                     index));
  }
  if (!at.value.defined()) {
    if (!at.shape) at.shape = options_.element_shape.try_shape();
    if (!at.shape) {
      fail(fmt::format("Could not read from index {}: nothing was written there, and the element shape {} is not fully "
                       "defined, so zeros cannot stand for it",
                       index, options_.element_shape.to_string()));
    }
    return Tensor::zeros(type(), *at.shape);
  }
  if (!options_.clear_after_read) return at.value;
  at.cleared = true;
  return std::exchange(at.value, Tensor());
}

std::shared_ptr<TensorArray> TensorArray::gradient(const std::string& source) {
  std::shared_ptr<TensorArray>& array = gradients_[source];
  if (!array) {
    Options options = options_;
    options.name += "@" + source;
    options.dynamic_size = false;
    options.clear_after_read = false;
    options.accumulate = true;
    array = std::make_shared<TensorArray>(std::move(options), size());
    for (std::int64_t i = 0; i < size(); ++i) array->elements_[i].shape = elements_[i].shape;
  }
  return array;
}

}  // namespace tenon
