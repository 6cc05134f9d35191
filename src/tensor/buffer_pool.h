// Where numeric buffers get their memory: freed blocks are kept for the next buffer of about the same size,
// because a step of a graph asks for the same sizes again and again.
//
//   void* block = pool_allocate(bytes);   // 64-byte aligned, not cleared
//   pool_free(block, bytes);              // the same number of bytes as asked for
//
// Thread-safe; for blocks of up to 256 bytes threads do not wait for each other. At most 256 MB wait in the pool; the
// rest goes back to the system at once. Sanitized builds keep nothing, so that a use after free is seen.
#pragma once

#include <cstddef>

namespace tenon {

// Throws ResourceExhausted if the system has no such memory.
void* pool_allocate(std::size_t bytes);
void pool_free(void* block, std::size_t bytes) noexcept;

// Gives every waiting block back to the system.
void pool_trim() noexcept;

// How many bytes wait now.
std::size_t pool_cached_bytes() noexcept;

}  // namespace tenon
