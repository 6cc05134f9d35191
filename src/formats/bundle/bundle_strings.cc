#include "formats/bundle/bundle_strings.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/byte_writer.h"
#include "base/crc32c.h"

namespace tenon {
namespace {

// The lengths are hashed as the machine that wrote them had them in memory.
std::uint32_t extend_by_length(std::uint32_t crc, std::uint64_t length, bool big_endian = false) {
  const std::size_t size = length > 0xffffffffu ? 8 : 4;
  char bytes[8];
  std::memcpy(bytes, &length, sizeof length);
  if (big_endian) std::reverse(bytes, bytes + size);
  return crc32c_extend(crc, {bytes, size});
}

}  // namespace

EncodedStrings encode_strings(const Tensor& strings) {
  EncodedStrings result{};
  std::uint32_t lengths = 0;
  std::uint64_t total = 0;
  for (const std::string& value : strings.flat<std::string>()) {
    put_varint64(result.head, value.size());
    lengths = extend_by_length(lengths, value.size());
    total += value.size();
  }
  put_fixed32(result.head, crc32c_mask(lengths));
  result.crc = crc32c_extend(lengths, std::string_view(result.head).substr(result.head.size() - 4));
  for (const std::string& value : strings.flat<std::string>()) result.crc = crc32c_extend(result.crc, value);
  result.size = result.head.size() + total;
  return result;
}

Tensor decode_strings(ByteReader stored, const Shape& shape, std::uint32_t crc, bool big_endian,
                      const std::string& described) {
  const auto count = static_cast<std::uint64_t>(shape.elements());
  if (count > stored.remaining()) {
    stored.fail(fmt::format("{} has {} strings but only {} bytes", described, count, stored.remaining()));
  }
  ByteReader lengths = stored;
  std::uint32_t actual = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    actual = extend_by_length(actual, stored.varint64("length of a string"), big_endian);
  }
  const std::string_view checksum = stored.bytes(4, "checksum of the lengths");
  std::uint32_t expected;
  std::memcpy(&expected, checksum.data(), sizeof expected);
  if (big_endian) expected = __builtin_bswap32(expected);
  if (crc32c_unmask(expected) != actual) {
    stored.fail(fmt::format("{}: The length checksum does not match: expected {:08} but actual is {:08}", described,
                            crc32c_unmask(expected), actual));
  }
  const std::uint32_t whole = crc32c_extend(crc32c_extend(actual, checksum),
                                            ByteReader(stored).bytes(stored.remaining(), "strings"));
  if (crc32c_unmask(crc) != whole) {
    stored.fail(fmt::format("{}: Checksum does not match: stored {:08} vs. calculated on the restored bytes {:08}",
                            described, crc32c_unmask(crc), whole));
  }
  Tensor tensor(DType::String, shape);
  for (std::string& value : tensor.flat<std::string>()) {
    value = stored.bytes(lengths.varint64("length of a string"), "a string");
  }
  if (!stored.at_end()) stored.fail(fmt::format("{}: {} bytes after the last string", described, stored.remaining()));
  return tensor;
}

}  // namespace tenon
