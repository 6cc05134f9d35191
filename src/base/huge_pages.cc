#include "base/huge_pages.h"

#include <sys/mman.h>

#include <cstdint>

namespace tenon {

void prefer_huge_pages(void* begin, std::size_t bytes) noexcept {
  if (bytes < kHugeFrom) return;
  const auto from = reinterpret_cast<std::uintptr_t>(begin);
  const std::uintptr_t first = (from + kHugePage - 1) / kHugePage * kHugePage;
  const std::uintptr_t last = (from + bytes) / kHugePage * kHugePage;
  if (first < last) ::madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
}

}  // namespace tenon
