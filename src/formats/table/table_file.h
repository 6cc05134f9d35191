// A table (table_reader.h shows its bytes) that is read block by block, for tables too large to hold: V1 checkpoints.
//
//   TableFile table("model.ckpt");
//   const auto [block, value] = table.find("v");       // value is empty if there is no such key
//
// Footer and index are read and checked at once, a data block when something in it is wanted. May be used from many
// threads. All errors of the content are DataLoss.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "formats/table/table_block.h"
#include "formats/table/table_reader.h"

namespace tenon {

// The verified entries of one data block.
class TableBlock {
 public:
  const std::vector<TableEntry>& entries() const { return entries_; }

 private:
  friend class TableFile;
  std::string bytes_;
  std::string unpacked_;
  std::vector<TableEntry> entries_;
};

class TableFile {
 public:
  explicit TableFile(const std::string& path);

  const std::string& path() const { return file_.path(); }
  std::uint64_t size() const { return file_.size(); }

  std::size_t num_blocks() const { return blocks_.size(); }
  std::shared_ptr<const TableBlock> block(std::size_t number) const;

  struct Found {
    std::shared_ptr<const TableBlock> block;  // holds the value's bytes; null if there is no such key
    std::string_view value;
  };
  Found find(std::string_view key) const;

 private:
  struct Place {
    std::string last_key;  // no key of the block is greater, each of the next block is
    BlockHandle handle;
  };

  std::string read(BlockHandle handle) const;
  std::shared_ptr<const TableBlock> load(std::size_t number) const;

  RandomFile file_;
  std::vector<Place> blocks_;
  mutable std::mutex mutex_;
  mutable std::vector<std::pair<std::size_t, std::shared_ptr<const TableBlock>>> recent_;
};

}  // namespace tenon
