// CRC-32C (Castagnoli), and the masked form that tables and checkpoints store.
//
//   crc32c("123456789")                            // 0xe3069283
//   crc32c_extend(crc32c("12345"), "6789")         // the same
//   crc32c_combine(crc32c("12345"), crc32c("6789"), 4)   // and again
//   crc32c_mask(crc)                               // rotated right by 15, plus 0xa282ead8
#pragma once

#include <cstdint>
#include <string_view>

namespace tenon {

std::uint32_t crc32c_extend(std::uint32_t crc, std::string_view bytes);
inline std::uint32_t crc32c(std::string_view bytes) { return crc32c_extend(0, bytes); }
// Of two pieces one behind the other, from the checksum of each and the length of the second: the parts of a tensor can
// be summed by several threads.
std::uint32_t crc32c_combine(std::uint32_t first, std::uint32_t second, std::uint64_t second_length);

constexpr std::uint32_t crc32c_mask(std::uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xa282ead8u; }
constexpr std::uint32_t crc32c_unmask(std::uint32_t masked) {
  const std::uint32_t rotated = masked - 0xa282ead8u;
  return (rotated >> 17) | (rotated << 15);
}

}  // namespace tenon
