// Bytes that were found to be right a moment ago. The attributes of a graph repeat from node to node, and most need no
// second look.
//
//   RecentBytes attrs;
//   for (WireField field; reader.next(field);) {
//     if (!attrs.known_or(field.bytes, [&] { return is_attr(field.bytes); })) return false;
//   }
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tenon {

// For one thread. REQUIRES: the bytes stay where they are.
class RecentBytes {
 public:
  // What is_right() says, which is asked only if the same bytes were not right lately.
  template <typename IsRight>
  bool known_or(std::string_view bytes, IsRight is_right) {
    if (bytes.size() < kLeast || bytes.size() > kMost) return is_right();
    std::string_view& last = places_[place_of(bytes)];
    if (last == bytes) return true;
    if (!is_right()) return false;
    last = bytes;
    return true;
  }

 private:
  static constexpr std::size_t kLeast = 4, kMost = 64, kPlaceBits = 7;

  // By both ends: an entry of a map begins with its key and ends with its value.
  static std::size_t place_of(std::string_view bytes) {
    std::uint32_t first = 0, last = 0;
    std::memcpy(&first, bytes.data(), sizeof first);
    std::memcpy(&last, bytes.data() + bytes.size() - sizeof last, sizeof last);
    const std::uint64_t mixed = (std::uint64_t{first} << 32 | last) + bytes.size();
    return mixed * 0x9e3779b97f4a7c15 >> (64 - kPlaceBits);
  }

  std::array<std::string_view, std::size_t{1} << kPlaceBits> places_;
};

}  // namespace tenon
