// The fields of a protobuf message as they lie in its bytes, without making the message.
//
//   WireReader reader(bytes);
//   for (WireField field; reader.next(field);) {
//     if (field.number == 1 && field.is_bytes()) name = field.bytes;
//   }
//   if (reader.failed()) ...                     // bytes that are no fields
//
// For bytes of which MessageCheck (wire_check.h) has found that they are a message, next() never fails.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/byte_writer.h"

namespace tenon {

enum class WireType : std::uint8_t { Varint = 0, Fixed64 = 1, Bytes = 2, StartGroup = 3, EndGroup = 4, Fixed32 = 5 };

// The fields of an entry of a map.
inline constexpr int kMapKey = 1, kMapValue = 2;

struct WireField {
  int number = 0;
  WireType type = WireType::Varint;
  std::uint64_t value = 0;   // Varint, Fixed64, Fixed32
  std::string_view bytes;    // Bytes: the content; a group: the fields inside, and its end
  std::string_view whole;    // the field with its tag

  bool is_bytes() const { return type == WireType::Bytes; }
  bool is_varint() const { return type == WireType::Varint; }
  bool is_fixed32() const { return type == WireType::Fixed32; }
};

// What was read, and where it ends; null: it does not before the bytes do. It is returned in registers, so that those
// who read this in rare cases only can keep their own place in one.
struct WireValue {
  const char* end = nullptr;
  std::uint64_t value = 0;
};
WireValue read_long_varint(const char* at, const char* end);
// What follows the tag of a field that is neither a varint nor bytes; of a group, only the end.
WireValue read_rare(WireType type, int number, const char* at, const char* end);

// Reads a varint of at most ten bytes at `at` and steps over it; false if it does not end before `end`.
inline bool read_varint(const char*& at, const char* end, std::uint64_t& value) {
  if (at != end && static_cast<std::uint8_t>(*at) < 0x80) {
    value = static_cast<std::uint8_t>(*at++);
    return true;
  }
  const WireValue read = read_long_varint(at, end);
  if (read.end == nullptr) return false;
  at = read.end;
  value = read.value;
  return true;
}

class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  // The next field; false at the end, and where the bytes are no field.
  bool next(WireField& field) {
    if (at_ == end_) return false;
    const char* begin = at_;
    std::uint64_t tag = 0;
    if (!read_varint(at_, end_, tag) || tag < 8 || tag > UINT32_MAX) return fail();
    field.number = static_cast<int>(tag >> 3);
    field.type = static_cast<WireType>(tag & 7);
    if (field.type == WireType::Bytes) {
      std::uint64_t size = 0;
      if (!read_varint(at_, end_, size) || size > static_cast<std::uint64_t>(end_ - at_)) return fail();
      field.bytes = {at_, static_cast<std::size_t>(size)};
      at_ += size;
    } else if (field.type == WireType::Varint) {
      if (!read_varint(at_, end_, field.value)) return fail();
    } else {
      const WireValue read = read_rare(field.type, field.number, at_, end_);
      if (read.end == nullptr) return fail();
      field.value = read.value;
      field.bytes = {at_, static_cast<std::size_t>(read.end - at_)};
      at_ = read.end;
    }
    field.whole = {begin, static_cast<std::size_t>(at_ - begin)};
    return true;
  }
  bool failed() const { return failed_; }

 private:
  bool fail() {
    at_ = end_;
    failed_ = true;
    return false;
  }

  const char* at_;
  const char* end_;
  bool failed_ = false;
};

// What a Fixed32 says as a float.
inline float float_of(std::uint64_t fixed32) {
  const auto bits = static_cast<std::uint32_t>(fixed32);
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// The bytes of fields of their own making; numbers up to 15 only (one byte of tag).
inline void put_tag(std::string& out, int number, WireType type) {
  out.push_back(static_cast<char>(number << 3 | static_cast<int>(type)));
}
// The beginning of a field whose content, `size` bytes, follows.
inline void begin_bytes_field(std::string& out, int number, std::uint64_t size) {
  put_tag(out, number, WireType::Bytes);
  put_varint64(out, size);
}
inline void put_bytes_field(std::string& out, int number, std::string_view bytes) {
  begin_bytes_field(out, number, bytes.size());
  out += bytes;
}
inline void put_varint_field(std::string& out, int number, std::uint64_t value) {
  put_tag(out, number, WireType::Varint);
  put_varint64(out, value);
}
inline std::size_t varint_size(std::uint64_t value) { return 1 + (63 - __builtin_clzll(value | 1)) / 7; }
inline std::size_t bytes_field_size(std::size_t size) { return 1 + varint_size(size) + size; }

}  // namespace tenon
