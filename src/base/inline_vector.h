// A vector whose first N elements need no memory of their own: graphs have very many short lists.
//
//   InlineVector<DType, 4> types;
//   types.push_back(DType::Float32);
//
// As in std::vector, what makes it grow moves the elements.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

namespace tenon {

template <typename T, std::uint32_t N>
class InlineVector {
  static_assert(std::is_nothrow_move_constructible_v<T>);

 public:
  using value_type = T;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = T&;
  using const_reference = const T&;
  using iterator = T*;
  using const_iterator = const T*;

  InlineVector() noexcept {}
  InlineVector(const InlineVector& other) { assign(other); }
  InlineVector(InlineVector&& other) noexcept { take(other); }
  ~InlineVector() { free(); }
  InlineVector& operator=(const InlineVector& other) {
    if (this != &other) assign(other);
    return *this;
  }
  InlineVector& operator=(InlineVector&& other) noexcept {
    if (this != &other) {
      free();
      take(other);
    }
    return *this;
  }

  void assign(std::span<const T> values) {
    clear();
    reserve(values.size());
    std::uninitialized_copy(values.begin(), values.end(), data());
    size_ = static_cast<std::uint32_t>(values.size());
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* data() { return capacity_ > N ? heap_ : inline_; }
  const T* data() const { return capacity_ > N ? heap_ : inline_; }
  T& operator[](std::size_t i) { return data()[i]; }
  const T& operator[](std::size_t i) const { return data()[i]; }
  T* begin() { return data(); }
  T* end() { return data() + size_; }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size_; }

  void push_back(T value) {
    if (size_ == capacity_) reserve(2 * std::size_t{capacity_});
    std::construct_at(data() + size_, std::move(value));
    ++size_;
  }
  void insert(const T* before, T value) {
    const auto at = static_cast<std::size_t>(before - data());
    push_back(std::move(value));
    std::rotate(data() + at, end() - 1, end());
  }
  void resize(std::size_t size) {
    reserve(size);
    if (size > size_) std::uninitialized_value_construct(end(), data() + size);
    else std::destroy(data() + size, end());
    size_ = static_cast<std::uint32_t>(size);
  }
  void resize(std::size_t size, const T& value) {
    const std::size_t before = size_;
    resize(size);
    if (size > before) std::fill(data() + before, end(), value);
  }
  void clear() noexcept {
    std::destroy(begin(), end());
    size_ = 0;
  }
  void reserve(std::size_t capacity) {
    if (capacity <= capacity_) return;
    T* more = std::allocator<T>().allocate(capacity);
    move_to(more);
    if (capacity_ > N) std::allocator<T>().deallocate(heap_, capacity_);
    heap_ = more;
    capacity_ = static_cast<std::uint32_t>(capacity);
  }

 private:
  void free() noexcept {
    std::destroy(begin(), end());
    if (capacity_ > N) std::allocator<T>().deallocate(heap_, capacity_);
  }
  // Leaves no elements here.
  void move_to(T* memory) noexcept {
    std::uninitialized_move(begin(), end(), memory);
    std::destroy(begin(), end());
  }
  void take(InlineVector& other) noexcept {
    size_ = other.size_;
    capacity_ = other.capacity_;
    if (capacity_ > N) heap_ = other.heap_;
    else other.move_to(inline_);
    other.size_ = 0;
    other.capacity_ = N;
  }

  std::uint32_t size_ = 0, capacity_ = N;
  union {
    T inline_[N];
    T* heap_;
  };
};

}  // namespace tenon
