// The pieces that tables consist of (table_reader.h shows the bytes): footer, handles, blocks, entries.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/byte_reader.h"

namespace tenon {

inline constexpr std::uint64_t kTableFooterSize = 48;
inline constexpr std::uint64_t kBlockTrailerSize = 5;  // kind and checksum
inline constexpr std::string_view kTableMagic = "\x57\xfb\x80\x8b\x24\x75\x47\xdb";

// Where a block lies in the file, without its trailer.
struct BlockHandle {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

struct TableFooter {
  BlockHandle metaindex;
  BlockHandle index;
};

BlockHandle read_block_handle(ByteReader& reader);

// `end` is the last 48 bytes, or all there are, of a file of `file_size` bytes. All errors are DataLoss.
TableFooter parse_table_footer(std::string_view end, std::uint64_t file_size, const std::string& file);

// That block and trailer lie before the footer.
void check_block_place(BlockHandle handle, std::uint64_t file_size, const std::string& file);

// The verified bytes of a block, given with its trailer; a compressed one is unpacked into `unpacked`.
std::string_view verified_block(std::string_view with_trailer, std::uint64_t at, const std::string& file,
                                std::string& unpacked);

// Reads the entries of a verified block from the front.
class BlockEntries {
 public:
  BlockEntries(std::string_view block, std::uint64_t at, const std::string& file);

  bool next();  // false at the end
  const std::string& key() const { return key_; }
  std::string_view value() const { return value_; }
  std::uint64_t value_at() const { return value_at_; }  // in the file, if the block was not compressed
  [[noreturn]] void fail(const std::string& message) const { reader_.fail(message); }

 private:
  ByteReader reader_;
  std::string key_;
  std::string_view value_;
  std::uint64_t value_at_ = 0;
};

}  // namespace tenon
