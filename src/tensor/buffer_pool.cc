#include "tensor/buffer_pool.h"

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include <fmt/format.h>

#include "base/huge_pages.h"
#include "tenon/error.h"

namespace tenon {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kMaxCached = std::size_t{256} << 20;
constexpr std::size_t kMaxPooled = std::size_t{128} << 20;
constexpr int kSteps = 4;  // size classes for each power of two: at most a quarter of a block is waste
constexpr int kMinLog2 = 8;
constexpr int kClasses = (27 - kMinLog2) * kSteps;
constexpr std::size_t kSmall = std::size_t{1} << kMinLog2;

struct SizeClass {
  int index;
  std::size_t bytes;
};

// REQUIRES: kSmall < bytes <= kMaxPooled
SizeClass class_of(std::size_t bytes) {
  const int log2 = std::bit_width(bytes - 1) - 1;  // 2^log2 < bytes <= 2^(log2+1)
  const std::size_t base = std::size_t{1} << log2;
  const std::size_t step = base / kSteps;
  const std::size_t steps = (bytes - base + step - 1) / step;  // 1..4
  return {(log2 - kMinLog2) * kSteps + static_cast<int>(steps) - 1, base + steps * step};
}

std::size_t bytes_of_class(int index) {
  return (std::size_t{1} << (index / kSteps + kMinLog2)) / kSteps * (kSteps + index % kSteps + 1);
}

// malloc keeps small blocks for each thread, without a lock, but does not align them. What it gave stands before ours.
void* small_allocate(std::size_t bytes) {
  void* given = std::malloc(bytes + kAlignment);
  if (given == nullptr) return nullptr;
  const auto address = reinterpret_cast<std::uintptr_t>(given);
  auto* block = static_cast<std::byte*>(given) + (kAlignment - address % kAlignment);
  std::memcpy(block - sizeof given, &given, sizeof given);
  return block;
}

void small_free(void* block) noexcept {
  void* given = nullptr;
  std::memcpy(&given, static_cast<std::byte*>(block) - sizeof given, sizeof given);
  std::free(given);
}

struct FreeBlock {
  FreeBlock* next;
};

struct FreeList {
  std::mutex mutex;
  FreeBlock* head = nullptr;
};

struct Pool {
  std::array<FreeList, kClasses> lists;
  std::atomic<std::size_t> cached{0};
};

// Never destroyed: tensors in static variables may outlive everything else.
Pool& pool() {
  static Pool* instance = new Pool;
  return *instance;
}

void* pop(SizeClass size) {
  FreeList& list = pool().lists[size.index];
  std::lock_guard lock(list.mutex);
  FreeBlock* block = list.head;
  if (block == nullptr) return nullptr;
  list.head = block->next;
  pool().cached.fetch_sub(size.bytes, std::memory_order_relaxed);
  return block;
}

#ifdef TENON_SANITIZED
constexpr bool kPooling = false;
#else
constexpr bool kPooling = true;
#endif

}  // namespace

void* pool_allocate(std::size_t bytes) {
  const bool small = kPooling && bytes <= kSmall;
  const bool pooled = kPooling && !small && bytes <= kMaxPooled;
  const SizeClass size = pooled ? class_of(bytes) : SizeClass{0, bytes == 0 ? kAlignment : bytes};
  if (pooled) {
    if (void* block = pop(size)) return block;
  }
  const auto ask = [&] { return small ? small_allocate(bytes) : allocate_aligned(size.bytes); };
  void* block = ask();
  if (block == nullptr) {
    pool_trim();
    block = ask();
  }
  if (block == nullptr) {
    throw Error(Code::ResourceExhausted, fmt::format("out of memory: a buffer of {} bytes cannot be had", bytes));
  }
  return block;
}

void pool_free(void* block, std::size_t bytes) noexcept {
  if (kPooling && bytes <= kSmall) return small_free(block);
  if (!kPooling || bytes > kMaxPooled) return std::free(block);
  const SizeClass size = class_of(bytes);
  if (pool().cached.fetch_add(size.bytes, std::memory_order_relaxed) + size.bytes > kMaxCached) {
    pool().cached.fetch_sub(size.bytes, std::memory_order_relaxed);
    std::free(block);
    return;
  }
  FreeList& list = pool().lists[size.index];
  std::lock_guard lock(list.mutex);
  list.head = new (block) FreeBlock{list.head};
}

void pool_trim() noexcept {
  std::size_t freed = 0;
  for (int i = 0; i < kClasses; ++i) {
    FreeList& list = pool().lists[i];
    std::lock_guard lock(list.mutex);
    while (list.head != nullptr) {
      FreeBlock* next = list.head->next;
      std::free(list.head);
      list.head = next;
      freed += bytes_of_class(i);
    }
  }
  pool().cached.fetch_sub(freed, std::memory_order_relaxed);
}

std::size_t pool_cached_bytes() noexcept { return pool().cached.load(std::memory_order_relaxed); }

}  // namespace tenon
