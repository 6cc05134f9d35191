// All the small damage that a file can take.
#pragma once

#include <string>

namespace tenon {

// Calls visit(damaged, where) for every byte with each of its bits flipped, or all of them, and for every cut.
template <typename Visit>
void for_each_damage(const std::string& bytes, Visit visit) {
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const unsigned char mask : {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff}) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ mask);
      visit(damaged, "byte " + std::to_string(at) + " ^ " + std::to_string(mask));
    }
  }
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    visit(bytes.substr(0, size), "cut at " + std::to_string(size));
  }
}

}  // namespace tenon
