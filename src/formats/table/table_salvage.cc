#include "formats/table/table_salvage.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/byte_reader.h"
#include "base/crc32c.h"
#include "formats/table/table_block.h"
#include "formats/table/table_reader.h"
#include "tenon/error.h"

namespace tenon {
namespace {

constexpr std::uint64_t kRestartInterval = 16;  // of every writer of checkpoints

using Entries = std::vector<std::pair<std::string, std::string>>;

// One block from `at` on: its entries, where the next one begins, and whether its checksum is right.
struct Block {
  Entries entries;
  std::size_t end = 0;
  bool sound = false;
};

// Where a block ends whose entries end at `entries_end`, if its trailer is there.
std::optional<std::size_t> block_end(std::string_view bytes, std::size_t at, std::size_t entries_end,
                                     std::size_t count) {
  const std::size_t restarts = std::max<std::size_t>(1, (count + kRestartInterval - 1) / kRestartInterval);
  const std::size_t number_at = entries_end + 4 * restarts;
  if (bytes.size() < number_at + 4 + kBlockTrailerSize) return std::nullopt;
  ByteReader number(bytes.substr(number_at, 4), "");
  if (number.fixed32("") != restarts) return std::nullopt;
  const std::string_view with_kind = bytes.substr(at, number_at + 4 + 1 - at);
  ByteReader checksum(bytes.substr(number_at + 5, 4), "");
  if (checksum.fixed32("") != crc32c_mask(crc32c(with_kind))) return std::nullopt;
  return number_at + 4 + kBlockTrailerSize;
}

Block read_block(std::string_view bytes, std::size_t at) {
  Block block;
  ByteReader reader(bytes.substr(at), "");
  std::string key;
  try {
    for (;;) {
      if (const auto end = block_end(bytes, at, at + reader.position(), block.entries.size())) {
        block.sound = true;
        block.end = *end;
        return block;
      }
      const std::uint64_t shared = reader.varint64("shared");
      const std::uint64_t unshared = reader.varint64("other");
      const std::uint64_t size = reader.varint64("value");
      if (shared > key.size()) return block;
      std::string next = key.substr(0, shared);
      next += reader.bytes(unshared, "key");
      if (!block.entries.empty() && next <= key) return block;
      key = std::move(next);
      block.entries.emplace_back(key, reader.bytes(size, "value"));
    }
  } catch (const Error&) {
    return block;  // the entries that came before
  }
}

// The places of blocks as the index has them, if that can be read.
std::vector<BlockHandle> indexed_blocks(std::string_view bytes) {
  std::vector<BlockHandle> handles;
  try {
    const TableFooter footer = parse_table_footer(bytes, bytes.size(), "");
    check_block_place(footer.index, bytes.size(), "");
    std::string unpacked;
    const std::string_view with_trailer = bytes.substr(footer.index.offset, footer.index.size + kBlockTrailerSize);
    BlockEntries index(verified_block(with_trailer, footer.index.offset, "", unpacked), footer.index.offset, "");
    while (index.next()) {
      ByteReader reader(index.value(), "");
      handles.push_back(read_block_handle(reader));
      check_block_place(handles.back(), bytes.size(), "");
    }
  } catch (const Error&) {
    handles.clear();
  }
  return handles;
}

void add(SalvagedTable& table, Block block) {
  for (auto& [key, value] : block.entries) {
    const bool is_new = table.entries.emplace(key, std::move(value)).second;
    if (is_new && !block.sound) table.doubtful.insert(key);
  }
}

}  // namespace

SalvagedTable salvage_table(std::string_view bytes) {
  SalvagedTable table;
  try {
    const Table sound(std::string(bytes), "");
    for (const TableEntry& entry : sound.entries()) table.entries.emplace(entry.key, entry.value);
    return table;
  } catch (const Error&) {
    table.complete = false;
  }
  for (const BlockHandle& handle : indexed_blocks(bytes)) add(table, read_block(bytes, handle.offset));
  if (!table.entries.empty()) return table;
  for (std::size_t at = 0; at < bytes.size();) {
    Block block = read_block(bytes, at);
    // The metaindex, an empty block, comes after the last data block.
    const bool last = !block.sound || block.entries.empty();
    at = block.end;
    add(table, std::move(block));
    if (last) break;
  }
  return table;
}

}  // namespace tenon
