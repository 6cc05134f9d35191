// String tensors in a .data file.
//
//   varint64 length of each string
//   u32      masked CRC-32C of the lengths, each taken as u32 (u64 if it needs more)
//   bytes    of all strings
//
// The checksum of the entry goes on from the unmasked one of the lengths over the 4 bytes and the strings.
#pragma once

#include <string>
#include <string_view>

#include "base/byte_reader.h"
#include "tenon/tensor.h"

namespace tenon {

struct EncodedStrings {
  std::string head;       // lengths and their checksum
  std::uint64_t size;     // of everything
  std::uint32_t crc;      // not masked
};
EncodedStrings encode_strings(const Tensor& strings);

// `stored` is everything that the entry points to; errors name its file and position. Checks both checksums; `crc` is
// the masked one of the entry, `big_endian` the machine that wrote it. `described` begins the message ("tensor \"v\"").
Tensor decode_strings(ByteReader stored, const Shape& shape, std::uint32_t crc, bool big_endian,
                      const std::string& described);

}  // namespace tenon
