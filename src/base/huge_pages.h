// Large blocks in huge pages: touching a page for the first time costs more than filling it.
#pragma once

#include <cstddef>

namespace tenon {

inline constexpr std::size_t kHugePage = std::size_t{2} << 20;
inline constexpr std::size_t kHugeFrom = 2 * kHugePage;  // smaller blocks have nothing to gain

// Asks for huge pages where they fit wholly into [begin, begin + bytes), before the block is used. Does nothing for
// small blocks, nor where the system has none.
void prefer_huge_pages(void* begin, std::size_t bytes) noexcept;

}  // namespace tenon
