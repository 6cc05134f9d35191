#include "tenon/tensor.h"

#include <cstring>

#include <fmt/format.h>

#include "tensor/comparable_object.h"

namespace tenon {
namespace {

std::size_t byte_count(DType type, std::int64_t elements) {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(static_cast<std::size_t>(elements), dtype_size(type), &bytes)) {
    throw Error(Code::ResourceExhausted,
                fmt::format("a {} tensor of {} elements does not fit in memory", dtype_name(type), elements));
  }
  return bytes;
}

bool holds_objects(DType type) { return type == DType::Resource || type == DType::Variant; }

// Bytes that one element takes in the buffer, as opposed to in a file.
std::size_t stride_of(DType type) {
  if (type == DType::String) return sizeof(std::string);
  if (holds_objects(type)) return sizeof(std::shared_ptr<Object>);
  return dtype_size(type);
}

std::shared_ptr<Buffer> new_buffer(DType type, std::int64_t elements) {
  if (type == DType::String) return Buffer::of_strings(static_cast<std::size_t>(elements));
  if (holds_objects(type)) return Buffer::of_objects(static_cast<std::size_t>(elements));
  if (dtype_size(type) == 0 || is_ref(type)) {
    throw Error(Code::InvalidArgument, fmt::format("a tensor cannot have the type {}", dtype_name(type)));
  }
  return Buffer::allocate(byte_count(type, elements));
}

}  // namespace

Tensor::Tensor(DType type, const Shape& shape)
    : type_(type), shape_(shape), elements_(shape.elements()), buffer_(new_buffer(type, elements_)) {}

Tensor::Tensor(DType type, const Shape& shape, std::shared_ptr<Buffer> buffer, std::size_t offset)
    : type_(type), shape_(shape), elements_(shape.elements()), buffer_(std::move(buffer)), offset_(offset) {}

Tensor::Tensor(const Shape& shape, std::initializer_list<const char*> values) : Tensor(DType::String, shape) {
  check_count(values.size());
  std::copy(values.begin(), values.end(), data<std::string>());
}

Tensor Tensor::zeros(DType type, const Shape& shape) {
  Tensor tensor(type, shape);
  if (dtype_size(type) != 0) std::memset(tensor.raw(), 0, tensor.bytes());
  return tensor;
}

Tensor Tensor::object(DType type, std::shared_ptr<Object> object) {
  Tensor tensor(type, Shape{});
  tensor.object_at(0) = std::move(object);
  return tensor;
}

std::shared_ptr<Object>& Tensor::object_at(std::int64_t i) {
  if (!holds_objects(type_)) throw_type(DType::Resource);
  return reinterpret_cast<std::shared_ptr<Object>*>(raw())[i];
}

const std::shared_ptr<Object>& Tensor::object_at(std::int64_t i) const {
  return const_cast<Tensor*>(this)->object_at(i);
}

Tensor Tensor::reshaped(const Shape& shape) const {
  if (shape.elements() != elements_) {
    throw Error(Code::InvalidArgument,
                fmt::format("cannot reshape a tensor of shape {} ({} elements) to {} ({} elements)",
                            shape_.to_string(), elements_, shape.to_string(), shape.elements()));
  }
  Tensor result = *this;
  result.shape_ = shape;
  return result;
}

Tensor Tensor::bitcast(DType type) const {
  if (type != type_ && (dtype_size(type) == 0 || dtype_size(type) != dtype_size(type_))) {
    throw Error(Code::InvalidArgument,
                fmt::format("cannot take the bits of {} as {}: {} and {} bytes per element", dtype_name(type_),
                            dtype_name(type), dtype_size(type_), dtype_size(type)));
  }
  Tensor result = *this;
  result.type_ = type;
  return result;
}

Tensor Tensor::slice0(std::int64_t begin, std::int64_t end) const {
  if (rank() == 0 || begin < 0 || end < begin || end > shape_[0]) {
    throw Error(Code::InvalidArgument,
                fmt::format("rows [{}, {}) of a tensor of shape {}", begin, end, shape_.to_string()));
  }
  Tensor result = *this;
  const std::int64_t row = shape_[0] == 0 ? 0 : elements_ / shape_[0];
  result.shape_[0] = end - begin;
  result.elements_ = row * (end - begin);
  result.offset_ += static_cast<std::size_t>(row * begin) * stride_of(type_);
  return result;
}

Tensor Tensor::clone() const {
  if (!defined()) return {};
  Tensor copy(type_, shape_);
  if (type_ == DType::String) {
    std::copy_n(data<std::string>(), elements_, copy.data<std::string>());
  } else if (holds_objects(type_)) {
    for (std::int64_t i = 0; i < elements_; ++i) copy.object_at(i) = object_at(i);
  } else if (elements_ > 0) {
    std::memcpy(copy.raw(), raw(), bytes());
  }
  return copy;
}

bool Tensor::equals(const Tensor& other) const {
  if (type_ != other.type_ || !(shape_ == other.shape_)) return false;
  if (elements_ == 0) return true;
  if (type_ == DType::String) {
    return std::equal(data<std::string>(), data<std::string>() + elements_, other.data<std::string>());
  }
  if (holds_objects(type_)) {
    for (std::int64_t i = 0; i < elements_; ++i) {
      const Object *a = object_at(i).get(), *b = other.object_at(i).get();
      const auto* comparable = dynamic_cast<const ComparableObject*>(a);
      if (a != b && (comparable == nullptr || b == nullptr || !comparable->same_as(*b))) return false;
    }
    return true;
  }
  return std::memcmp(raw(), other.raw(), bytes()) == 0;
}

void Tensor::throw_type(DType wanted) const {
  if (!defined()) throw Error(Code::InvalidArgument, "the tensor holds no value");
  throw Error(Code::InvalidArgument, fmt::format("the tensor holds {}{}, not {}", dtype_name(type_),
                                                 shape_.to_string(), dtype_name(wanted)));
}

void Tensor::check_one_element() const {
  if (elements_ == 1) return;
  throw Error(Code::InvalidArgument, defined() ? fmt::format("a scalar is wanted; the tensor is {}{}",
                                                             dtype_name(type_), shape_.to_string())
                                               : std::string("the tensor holds no value"));
}

void Tensor::check_count(std::size_t count) const {
  if (count == static_cast<std::size_t>(elements_)) return;
  throw Error(Code::InvalidArgument,
              fmt::format("{} values for shape {}, which has {} elements", count, shape_.to_string(), elements_));
}

}  // namespace tenon
