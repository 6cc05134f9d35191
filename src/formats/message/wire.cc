#include "formats/message/wire.h"

#include <vector>

#include "formats/message/message_io.h"

namespace tenon {

namespace {

template <typename T>
bool read_fixed(const char*& at, const char* end, std::uint64_t& value) {
  if (static_cast<std::size_t>(end - at) < sizeof(T)) return false;
  T fixed = 0;
  std::memcpy(&fixed, at, sizeof(T));
  value = fixed;
  at += sizeof(T);
  return true;
}

// Steps over a group's fields up to its end. Groups are of before proto3; nothing here has one, but an unknown field
// may be one.
bool skip_group(const char*& at, const char* end, int number) {
  std::vector<int> open = {number};
  while (!open.empty()) {
    std::uint64_t tag = 0, value = 0;
    if (!read_varint(at, end, tag) || tag < 8 || tag > UINT32_MAX) return false;
    bool fine = true;
    switch (static_cast<WireType>(tag & 7)) {
      case WireType::Varint: fine = read_varint(at, end, value); break;
      case WireType::Fixed32: fine = read_fixed<std::uint32_t>(at, end, value); break;
      case WireType::Fixed64: fine = read_fixed<std::uint64_t>(at, end, value); break;
      case WireType::Bytes:
        fine = read_varint(at, end, value) && value <= static_cast<std::uint64_t>(end - at);
        if (fine) at += value;
        break;
      case WireType::StartGroup:
        open.push_back(static_cast<int>(tag >> 3));
        fine = open.size() <= static_cast<std::size_t>(kMostMessageLevels);
        break;
      case WireType::EndGroup:
        fine = static_cast<int>(tag >> 3) == open.back();
        open.pop_back();
        break;
      default: fine = false;
    }
    if (!fine) return false;
  }
  return true;
}

}  // namespace

WireValue read_long_varint(const char* at, const char* end) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 70 && at != end; shift += 7) {
    const auto byte = static_cast<std::uint8_t>(*at++);
    if (shift < 64) value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return {at, value};
  }
  return {};
}

WireValue read_rare(WireType type, int number, const char* at, const char* end) {
  std::uint64_t value = 0;
  bool fine = false;
  if (type == WireType::Fixed32) fine = read_fixed<std::uint32_t>(at, end, value);
  if (type == WireType::Fixed64) fine = read_fixed<std::uint64_t>(at, end, value);
  if (type == WireType::StartGroup) fine = skip_group(at, end, number);
  return fine ? WireValue{at, value} : WireValue{};
}

}  // namespace tenon
