#include "base/crc32c.h"

#include <algorithm>

#include <isa-l/crc.h>

namespace tenon {

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
