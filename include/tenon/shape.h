// Shape: the sizes of a tensor. PartialShape: what a graph knows of them before it runs.
//
//   tenon::Shape s{2, 3};
//   s.rank(); s[1]; s.elements();                 // 2, 3, 6
//   tenon::PartialShape p{-1, 28, 28};            // first dimension unknown, Python's [None, 28, 28]
//   p.to_string();                                // "[?,28,28]"
//   tenon::PartialShape::unknown().to_string();   // "<unknown>"
//
// Both are plain values. Ranks up to 4 take no heap memory; up to 254 are allowed, as in TensorFlow.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace tenon {

// A short list of dimensions; up to 4 of them stay inside the object: a graph has a shape for every output.
class Dims {
 public:
  Dims() noexcept : inline_{} {}
  Dims(const Dims& other) : Dims() { assign(other.data(), static_cast<std::size_t>(other.size_)); }
  Dims(Dims&& other) noexcept : Dims() { take(other); }
  Dims& operator=(const Dims& other) {
    if (this != &other) assign(other.data(), static_cast<std::size_t>(other.size_));
    return *this;
  }
  Dims& operator=(Dims&& other) noexcept {
    if (this != &other) {
      free();
      take(other);
    }
    return *this;
  }
  ~Dims() { free(); }
  Dims(std::initializer_list<std::int64_t> dims) { assign(dims.begin(), dims.size()); }
  explicit Dims(std::span<const std::int64_t> dims) { assign(dims.data(), dims.size()); }

  int size() const { return size_; }
  const std::int64_t* data() const { return size_ <= kInline ? inline_ : heap_; }
  std::int64_t* data() { return size_ <= kInline ? inline_ : heap_; }
  const std::int64_t* begin() const { return data(); }
  const std::int64_t* end() const { return data() + size_; }
  std::int64_t operator[](int i) const { return data()[i]; }
  std::int64_t& operator[](int i) { return data()[i]; }
  std::int64_t back() const { return data()[size_ - 1]; }
  void push_back(std::int64_t dim);
  void assign(const std::int64_t* dims, std::size_t count);
  operator std::span<const std::int64_t>() const { return {data(), static_cast<std::size_t>(size_)}; }
  bool operator==(const Dims& other) const;

 private:
  static constexpr int kInline = 4;

  // How many dimensions there is room for follows from how many there are.
  static int capacity(int size);
  void make_room(int size);
  void free() noexcept {
    if (size_ > kInline) delete[] heap_;
  }
  void take(Dims& other) noexcept {
    size_ = std::exchange(other.size_, 0);
    if (size_ > kInline) heap_ = other.heap_;
    else std::copy_n(other.inline_, kInline, inline_);
  }

  union {
    std::int64_t inline_[kInline];
    std::int64_t* heap_;
  };
  int size_ = 0;
};

// Every size known and >= 0. The number of elements fits in 63 bits: the checked ways to make a Shape from
// outside data are Shape::make and PartialShape::to_shape.
class Shape : public Dims {
 public:
  using Dims::Dims;
  Shape() = default;

  // Throws InvalidArgument for a negative size, more than 254 dimensions, or 2^63 elements or more.
  static Shape make(std::span<const std::int64_t> dims);

  int rank() const { return size(); }
  std::int64_t elements() const;
  std::string to_string() const;  // "[2,3]", "[]" for a scalar
};

class PartialShape {
 public:
  PartialShape() = default;  // unknown rank
  PartialShape(std::initializer_list<std::int64_t> dims) : dims_(dims), known_rank_(true) {}  // -1: unknown size
  PartialShape(const Shape& shape) : dims_(shape), known_rank_(true) {}
  explicit PartialShape(std::span<const std::int64_t> dims) : dims_(dims), known_rank_(true) {}
  static PartialShape unknown() { return {}; }
  static PartialShape unknown_of_rank(int rank);
  static PartialShape scalar() { return PartialShape(std::initializer_list<std::int64_t>{}); }

  bool known_rank() const { return known_rank_; }
  int rank() const { return known_rank_ ? dims_.size() : -1; }
  std::int64_t operator[](int i) const { return dims_[i]; }  // REQUIRES: known rank, 0 <= i < rank()
  const Dims& dims() const { return dims_; }
  bool fully_defined() const;
  std::int64_t elements() const;  // -1 if not fully defined
  Shape to_shape() const;         // throws InvalidArgument if not fully defined
  std::optional<Shape> try_shape() const;

  bool compatible_with(const Shape& shape) const;
  bool compatible_with(const PartialShape& other) const;
  // What both say together; throws InvalidArgument if they contradict each other.
  PartialShape merge_with(const PartialShape& other) const;

  std::string to_string() const;  // "[?,28,28]", "<unknown>"
  bool operator==(const PartialShape& other) const { return known_rank_ == other.known_rank_ && dims_ == other.dims_; }

 private:
  [[no_unique_address]] Dims dims_;  // leaves room for what follows
  bool known_rank_ = false;
};

}  // namespace tenon
