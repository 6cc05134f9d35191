#include <limits>
#include <new>

#include <fmt/format.h>

#include "tenon/tensor.h"
#include "tensor/buffer_pool.h"

namespace tenon {
namespace {

template <typename T>
std::byte* make_array(std::size_t count) {
  if (count > std::numeric_limits<std::size_t>::max() / 2 / sizeof(T)) {
    throw Error(Code::ResourceExhausted, fmt::format("out of memory: {} elements cannot be had", count));
  }
  void* block = pool_allocate(count * sizeof(T));
  std::uninitialized_value_construct_n(static_cast<T*>(block), count);
  return static_cast<std::byte*>(block);
}

}  // namespace

Buffer::Buffer(Kind kind, std::byte* data, std::size_t bytes, std::shared_ptr<void> owner)
    : data_(data), bytes_(bytes), kind_(kind), owner_(std::move(owner)) {}

std::shared_ptr<Buffer> Buffer::allocate(std::size_t bytes) {
  return std::make_shared<Buffer>(Kind::Owned, static_cast<std::byte*>(pool_allocate(bytes)), bytes, nullptr);
}

std::shared_ptr<Buffer> Buffer::wrap(void* data, std::size_t bytes, std::shared_ptr<void> owner, bool borrowed) {
  auto buffer = std::make_shared<Buffer>(Kind::Wrapped, static_cast<std::byte*>(data), bytes, std::move(owner));
  buffer->borrowed_ = borrowed;
  return buffer;
}

std::shared_ptr<Buffer> Buffer::of_strings(std::size_t count) {
  return std::make_shared<Buffer>(Kind::Strings, make_array<std::string>(count), count * sizeof(std::string), nullptr);
}

std::shared_ptr<Buffer> Buffer::of_objects(std::size_t count) {
  using Handle = std::shared_ptr<Object>;
  return std::make_shared<Buffer>(Kind::Objects, make_array<Handle>(count), count * sizeof(Handle), nullptr);
}

Buffer::~Buffer() {
  switch (kind_) {
    case Kind::Wrapped:
      return;
    case Kind::Strings:
      std::destroy_n(reinterpret_cast<std::string*>(data_), bytes_ / sizeof(std::string));
      break;
    case Kind::Objects:
      std::destroy_n(reinterpret_cast<std::shared_ptr<Object>*>(data_), bytes_ / sizeof(std::shared_ptr<Object>));
      break;
    case Kind::Owned:
      break;
  }
  pool_free(data_, bytes_);
}

}  // namespace tenon
