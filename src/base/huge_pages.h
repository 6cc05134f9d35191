// Large blocks in huge pages: touching a page for the first time costs more than filling it.
#pragma once

#include <cstddef>

namespace tenon {

// Asks for huge pages where they fit wholly into [begin, begin + bytes), before the block is used. Does nothing for
// small blocks, nor where the system has none.
void prefer_huge_pages(void* begin, std::size_t bytes) noexcept;

// Memory for std::free, aligned to 64 bytes, in huge pages if it is large. Null if there is none.
void* allocate_aligned(std::size_t bytes) noexcept;

}  // namespace tenon
