// Sorted tables of keys and values: a checkpoint's .index, and V1 checkpoints.
//
//   [data block]...  [metaindex block]  [index block]  [footer]
//   block:  entry = varint shared, varint unshared, varint value length, unshared key bytes, value;
//           then the offsets of the entries with a whole key (u32 each), then their number (u32);
//           then, outside the block's size: 1 byte kind (0 as it is, 1 Snappy), u32 masked CRC-32C of block and kind
//   index:  a block whose values are varint offset, varint size of each data block
//   footer: metaindex handle, index handle, zeros up to 40 bytes, 57 fb 80 8b 24 75 47 db
//
// Written by LevelDB's own TableBuilder (table_writer.h); read here, because its reader allocates what a file claims
// and stops the program at what it did not expect. Every offset and length is checked, every checksum verified.
#pragma once

#include <atomic>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

struct TableEntry {
  std::string key;
  std::string_view value;  // inside the table
};

class Table {
 public:
  // Reads all entries. `file` is the name for errors, which are DataLoss.
  Table(std::string bytes, const std::string& file);
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  const std::vector<TableEntry>& entries() const { return entries_; }  // by rising key
  const TableEntry* find(std::string_view key) const;                  // null if there is none

 private:
  std::string bytes_;
  std::deque<std::string> unpacked_;  // blocks that were compressed
  std::vector<TableEntry> entries_;
  mutable std::atomic<std::size_t> next_ = 0;  // who asks for many asks in their order: the one after the last found
};

}  // namespace tenon
