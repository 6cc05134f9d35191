// CRC-32C (Castagnoli), and the masked form that tables and checkpoints store.
//
//   crc32c("123456789")                            // 0xe3069283
//   crc32c_extend(crc32c("12345"), "6789")         // the same
//   crc32c_mask(crc)                               // rotated right by 15, plus 0xa282ead8
#pragma once

#include <cstdint>
#include <string_view>

namespace tenon {

std::uint32_t crc32c_extend(std::uint32_t crc, std::string_view bytes);
inline std::uint32_t crc32c(std::string_view bytes) { return crc32c_extend(0, bytes); }

constexpr std::uint32_t crc32c_mask(std::uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xa282ead8u; }
constexpr std::uint32_t crc32c_unmask(std::uint32_t masked) {
  const std::uint32_t rotated = masked - 0xa282ead8u;
  return (rotated >> 17) | (rotated << 15);
}

}  // namespace tenon
