#include "base/crc32c.h"

#include <algorithm>
#include <array>
#include <bit>

#include <isa-l/crc.h>

namespace tenon {
namespace {

// A linear map of 32 bits to 32 bits: column i is the image of bit i.
using BitMatrix = std::array<std::uint32_t, 32>;

std::uint32_t apply(const BitMatrix& matrix, std::uint32_t bits) {
  std::uint32_t result = 0;
  for (; bits != 0; bits &= bits - 1) result ^= matrix[static_cast<std::size_t>(std::countr_zero(bits))];
  return result;
}

BitMatrix squared(const BitMatrix& matrix) {
  BitMatrix result;
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = apply(matrix, matrix[i]);
  return result;
}

// Entry k is what 2^k zero bytes do to the state of the checksum.
std::array<BitMatrix, 64> make_zero_bytes() {
  constexpr std::uint32_t kPolynomial = 0x82f63b78;  // Castagnoli's, reflected
  BitMatrix bit;                                     // one zero bit
  bit[0] = kPolynomial;
  for (std::size_t i = 1; i < bit.size(); ++i) bit[i] = 1u << (i - 1);
  std::array<BitMatrix, 64> powers;
  powers[0] = squared(squared(squared(bit)));
  for (std::size_t k = 1; k < powers.size(); ++k) powers[k] = squared(powers[k - 1]);
  return powers;
}

}  // namespace

// The inversions before and after cancel out, so that going over zeros is linear.
std::uint32_t crc32c_combine(std::uint32_t first, std::uint32_t second, std::uint64_t second_length) {
  static const std::array<BitMatrix, 64> zero_bytes = make_zero_bytes();
  for (; second_length != 0; second_length &= second_length - 1) {
    first = apply(zero_bytes[static_cast<std::size_t>(std::countr_zero(second_length))], first);
  }
  return first ^ second;
}

// ISA-L leaves the inversion before and after to its caller and counts bytes in an int.
std::uint32_t crc32c_extend(std::uint32_t crc, std::string_view bytes) {
  constexpr std::size_t kMost = std::size_t{1} << 30;
  std::uint32_t state = ~crc;
  while (!bytes.empty()) {
    const std::size_t count = std::min(bytes.size(), kMost);
    auto* data = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
    state = crc32_iscsi(data, static_cast<int>(count), state);
    bytes.remove_prefix(count);
  }
  return ~state;
}

}  // namespace tenon
