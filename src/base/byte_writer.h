// The reverse of ByteReader: appends numbers to a string.
//
//   std::string out;
//   put_varint64(out, text.size());
//   out += text;
#pragma once

#include <cstdint>
#include <cstring>
#include <string>

namespace tenon {

inline void put_fixed32(std::string& out, std::uint32_t value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof value);
}

inline void put_fixed64(std::string& out, std::uint64_t value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof value);
}

inline void put_big32(std::string& out, std::uint32_t value) { put_fixed32(out, __builtin_bswap32(value)); }

inline void put_varint64(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

}  // namespace tenon
