#include "base/huge_pages.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <limits>

namespace tenon {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kHugeFrom = 2 * kHugePage;  // smaller blocks have nothing to gain

}  // namespace

void prefer_huge_pages(void* begin, std::size_t bytes) noexcept {
  if (bytes < kHugeFrom) return;
  const auto from = reinterpret_cast<std::uintptr_t>(begin);
  const std::uintptr_t first = (from + kHugePage - 1) / kHugePage * kHugePage;
  const std::uintptr_t last = (from + bytes) / kHugePage * kHugePage;
  if (first < last) ::madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
}

void* allocate_aligned(std::size_t bytes) noexcept {
  const std::size_t unit = bytes < kHugeFrom ? kAlignment : kHugePage;
  if (bytes > static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max()) - unit) return nullptr;
  void* block = std::aligned_alloc(unit, (bytes + unit - 1) / unit * unit);
  if (block != nullptr) prefer_huge_pages(block, bytes);
  return block;
}

}  // namespace tenon
