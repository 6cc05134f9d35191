#include "base/byte_reader.h"

#include <bit>
#include <cstring>

#include <fmt/format.h>

#include "tenon/error.h"

namespace tenon {

static_assert(std::endian::native == std::endian::little, "files are little-endian and read as they are");

void ByteReader::fail(const std::string& message) const {
  throw Error(Code::DataLoss, fmt::format("{}: byte {}: {}", file_, file_position(), message));
}

void ByteReader::need(std::uint64_t count, const char* what) const {
  if (count > remaining()) fail(fmt::format("{} takes {} bytes, only {} are left", what, count, remaining()));
}

std::uint8_t ByteReader::u8(const char* what) { return static_cast<std::uint8_t>(bytes(1, what)[0]); }

std::uint32_t ByteReader::fixed32(const char* what) {
  std::uint32_t value;
  std::memcpy(&value, bytes(sizeof value, what).data(), sizeof value);
  return value;
}

std::uint64_t ByteReader::fixed64(const char* what) {
  std::uint64_t value;
  std::memcpy(&value, bytes(sizeof value, what).data(), sizeof value);
  return value;
}

std::uint32_t ByteReader::big32(const char* what) { return __builtin_bswap32(fixed32(what)); }

std::uint32_t ByteReader::varint32(const char* what) {
  const std::uint64_t value = varint64(what);
  if (value > 0xffffffffu) fail(fmt::format("{} is {}, more than 32 bits", what, value));
  return static_cast<std::uint32_t>(value);
}

std::uint64_t ByteReader::varint64(const char* what) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const std::uint64_t byte = u8(what);
    value |= (byte & 0x7f) << shift;
    if (byte >= 0x80) continue;
    if (shift == 63 && byte > 1) break;
    return value;
  }
  fail(fmt::format("{} is a number of more than 64 bits", what));
}

std::string_view ByteReader::bytes(std::uint64_t count, const char* what) {
  need(count, what);
  const std::string_view found = bytes_.substr(position_, count);
  position_ += count;
  return found;
}

}  // namespace tenon
