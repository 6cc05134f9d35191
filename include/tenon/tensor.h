// Tensor: a typed array of values in row-major order, as TensorFlow holds it.
//
//   tenon::Tensor a({2, 3}, {1.f, 2.f, 3.f, 4.f, 5.f, 6.f});   // float32 [2,3]
//   a.data<float>()[4];                                        // 5
//   tenon::Tensor s(7);                                        // int32 scalar
//   s.scalar<int>();                                           // 7
//   tenon::Tensor b = a.reshaped({3, 2});                      // shares a's memory
//
// A Tensor is a handle: copies share the buffer, and the last one frees it. Reading one buffer from many
// threads is safe; writing (data<T>() on a non-const Tensor) while others read is not. `clone()` gives
// memory of one's own. Numeric buffers are aligned to 64 bytes; they may live in a mapped file.
#pragma once

#include <algorithm>
#include <iosfwd>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tenon/dtype.h"
#include "tenon/error.h"
#include "tenon/shape.h"

namespace tenon {

// Something that lives longer than one step and is passed around as a tensor of type resource or variant:
// a variable, an iterator, a stack, a dataset.
class Object {
 public:
  virtual ~Object() = default;
  virtual std::string describe() const = 0;  // "variable conv2d/kernel", for error messages
};

// The memory behind tensors. Made by Tensor; only code that brings its own memory makes one itself.
class Buffer {
  enum class Kind { Owned, Wrapped, Strings, Objects };

 public:
  // Zero bytes are fine. Numeric memory is not cleared.
  static std::shared_ptr<Buffer> allocate(std::size_t bytes);
  // Memory owned by `owner` (a mapping, an arena, a caller's vector), which the buffer keeps alive.
  // `borrowed`: the owner will write other things there later, so nobody may keep a tensor that lies in it.
  static std::shared_ptr<Buffer> wrap(void* data, std::size_t bytes, std::shared_ptr<void> owner,
                                      bool borrowed = false);
  static std::shared_ptr<Buffer> of_strings(std::size_t count);
  static std::shared_ptr<Buffer> of_objects(std::size_t count);
  Buffer(Kind kind, std::byte* data, std::size_t bytes, std::shared_ptr<void> owner);  // only the functions above can
  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  std::byte* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }
  bool borrowed() const { return borrowed_; }

 private:
  std::byte* data_;
  std::size_t bytes_;
  Kind kind_;
  std::shared_ptr<void> owner_;
  bool borrowed_ = false;
};

class Tensor {
 public:
  Tensor() = default;  // no value: defined() is false

  // Numeric memory is not cleared; strings are empty; objects are null.
  Tensor(DType type, const Shape& shape);
  // A view of `buffer` from `offset` bytes on. REQUIRES: the buffer is long enough.
  Tensor(DType type, const Shape& shape, std::shared_ptr<Buffer> buffer, std::size_t offset = 0);

  // Scalars: float, double, the integers, bool, complex.
  template <typename T>
    requires(dtype_of<T>() != DType::Invalid)
  Tensor(const T& value) : Tensor(dtype_of<T>(), Shape{}) { *data<T>() = value; }
  Tensor(const char* value) : Tensor(std::string(value)) {}

  // From a list in row-major order; throws InvalidArgument unless shape has exactly that many elements.
  template <typename T>
  Tensor(const Shape& shape, std::initializer_list<T> values)
      : Tensor(from_range<T>(shape, std::span<const T>(values.begin(), values.size()))) {}
  Tensor(const Shape& shape, std::initializer_list<const char*> values);
  // Copies a vector: a 1-D tensor, or of the given shape. (Not vector<bool>.)
  template <typename T>
  Tensor(const std::vector<T>& values)
      : Tensor(from_range<T>(Shape{static_cast<std::int64_t>(values.size())}, std::span<const T>(values))) {}
  template <typename T>
  Tensor(const Shape& shape, const std::vector<T>& values) : Tensor(from_range<T>(shape, std::span<const T>(values))) {}

  static Tensor zeros(DType type, const Shape& shape);
  static Tensor object(DType type, std::shared_ptr<Object> object);  // scalar of type resource or variant

  bool defined() const { return type_ != DType::Invalid; }
  explicit operator bool() const = delete;
  DType dtype() const { return type_; }
  const Shape& shape() const { return shape_; }
  int rank() const { return shape_.rank(); }
  std::int64_t elements() const { return elements_; }
  std::size_t bytes() const { return static_cast<std::size_t>(elements_) * dtype_size(type_); }  // 0 for strings

  // Typed access. Throws InvalidArgument if T is not the element type.
  template <typename T>
  T* data() { check_type(dtype_of<T>()); return reinterpret_cast<T*>(raw()); }
  template <typename T>
  const T* data() const { check_type(dtype_of<T>()); return reinterpret_cast<const T*>(raw()); }
  template <typename T>
  std::span<T> flat() { return {data<T>(), static_cast<std::size_t>(elements_)}; }
  template <typename T>
  std::span<const T> flat() const { return {data<T>(), static_cast<std::size_t>(elements_)}; }
  // The only element. Throws InvalidArgument if there is not exactly one.
  template <typename T>
  const T& scalar() const { check_one_element(); return *data<T>(); }
  template <typename T>
  T& at(std::int64_t i) { return data<T>()[i]; }
  template <typename T>
  const T& at(std::int64_t i) const { return data<T>()[i]; }

  std::byte* raw() { return buffer_ ? buffer_->data() + offset_ : nullptr; }
  const std::byte* raw() const { return buffer_ ? buffer_->data() + offset_ : nullptr; }
  std::shared_ptr<Object>& object_at(std::int64_t i);  // resource and variant tensors
  const std::shared_ptr<Object>& object_at(std::int64_t i) const;

  Tensor reshaped(const Shape& shape) const;  // shares memory; throws InvalidArgument if the counts differ
  Tensor bitcast(DType type) const;           // shares memory; the element sizes must be equal
  Tensor slice0(std::int64_t begin, std::int64_t end) const;  // rows [begin, end) of the first dimension, shared
  Tensor clone() const;                       // own memory, same values

  // True if nobody else can see this memory, so that it may be written in place.
  bool unique() const { return buffer_ && buffer_.use_count() == 1 && !buffer_->borrowed(); }
  const std::shared_ptr<Buffer>& buffer() const { return buffer_; }
  std::size_t offset() const { return offset_; }

  // Same type, shape and bits.
  bool equals(const Tensor& other) const;
  std::string to_string(int max_elements = 10) const;  // "float32 [2,3] [[1,2,3],[4,5,6]]"
  friend std::ostream& operator<<(std::ostream& out, const Tensor& tensor);  // 7, [[1,2,3],[4,5,6]]: the first 1000

 private:
  template <typename T>
  static Tensor from_range(const Shape& shape, std::span<const T> values) {
    Tensor tensor(dtype_of<T>(), shape);
    tensor.check_count(values.size());
    std::copy(values.begin(), values.end(), tensor.data<T>());
    return tensor;
  }
  void check_type(DType wanted) const { if (wanted != type_) throw_type(wanted); }
  [[noreturn]] void throw_type(DType wanted) const;
  void check_one_element() const;
  void check_count(std::size_t count) const;

  DType type_ = DType::Invalid;
  Shape shape_;
  std::int64_t elements_ = 0;
  std::shared_ptr<Buffer> buffer_;
  std::size_t offset_ = 0;
};

}  // namespace tenon
