#include "formats/table/table_file.h"

#include <algorithm>

#include <fmt/format.h>

#include "tenon/error.h"

namespace tenon {
namespace {

constexpr std::size_t kMostKept = 8;  // blocks with many small values, which are asked for one after another
constexpr std::size_t kLargestKept = 1 << 20;
constexpr std::uint64_t kKeysMostRatio = 64;  // writers repeat a whole key every 16 entries

}  // namespace

TableFile::TableFile(const std::string& path) : file_(path) {
  std::string end(std::min(file_.size(), kTableFooterSize), '\0');
  file_.read(file_.size() - end.size(), end.size(), end.data());
  const TableFooter footer = parse_table_footer(end, file_.size(), path);
  std::string unpacked;
  verified_block(read(footer.metaindex), footer.metaindex.offset, path, unpacked);
  const std::string bytes = read(footer.index);
  BlockEntries index(verified_block(bytes, footer.index.offset, path, unpacked), footer.index.offset, path);
  std::uint64_t end_of_last = 0, key_bytes = 0;
  while (index.next()) {
    ByteReader reader(index.value(), path, index.value_at());
    const BlockHandle handle = read_block_handle(reader);
    if (handle.offset < end_of_last) reader.fail("a data block begins inside the one before it");
    check_block_place(handle, file_.size(), path);
    end_of_last = handle.offset + handle.size + kBlockTrailerSize;
    key_bytes += index.key().size();
    if (key_bytes / kKeysMostRatio > bytes.size() + (1 << 16)) index.fail("keys out of all proportion to the file");
    if (!blocks_.empty() && index.key() <= blocks_.back().last_key) index.fail("the blocks are not in rising order");
    blocks_.push_back({index.key(), handle});
  }
}

std::string TableFile::read(BlockHandle handle) const {
  check_block_place(handle, file_.size(), path());
  std::string bytes(handle.size + kBlockTrailerSize, '\0');
  file_.read(handle.offset, bytes.size(), bytes.data());
  return bytes;
}

std::shared_ptr<const TableBlock> TableFile::load(std::size_t number) const {
  const Place& place = blocks_[number];
  const auto block = std::make_shared<TableBlock>();
  block->bytes_ = read(place.handle);
  const std::string_view verified = verified_block(block->bytes_, place.handle.offset, path(), block->unpacked_);
  BlockEntries entries(verified, place.handle.offset, path());
  const std::string* last = number == 0 ? nullptr : &blocks_[number - 1].last_key;
  std::uint64_t key_bytes = 0;
  while (entries.next()) {
    key_bytes += entries.key().size();
    if (key_bytes / kKeysMostRatio > verified.size() + (1 << 16))
      entries.fail("keys out of all proportion to the file");
    if ((last != nullptr && entries.key() <= *last) || entries.key() > place.last_key) {
      entries.fail("the keys of the table are not in rising order");
    }
    block->entries_.push_back({entries.key(), entries.value()});
    last = &block->entries_.back().key;
  }
  return block;
}

std::shared_ptr<const TableBlock> TableFile::block(std::size_t number) const {
  {
    std::lock_guard lock(mutex_);
    for (const auto& [kept, block] : recent_) {
      if (kept == number) return block;
    }
  }
  auto block = load(number);
  if (blocks_[number].handle.size <= kLargestKept) {
    std::lock_guard lock(mutex_);
    if (recent_.size() == kMostKept) recent_.erase(recent_.begin());
    recent_.emplace_back(number, block);
  }
  return block;
}

TableFile::Found TableFile::find(std::string_view key) const {
  const auto place = std::lower_bound(blocks_.begin(), blocks_.end(), key,
                                      [](const Place& at, std::string_view wanted) { return at.last_key < wanted; });
  if (place == blocks_.end()) return {};
  auto found = block(static_cast<std::size_t>(place - blocks_.begin()));
  const auto& entries = found->entries();
  const auto entry = std::lower_bound(entries.begin(), entries.end(), key,
                                      [](const TableEntry& at, std::string_view wanted) { return at.key < wanted; });
  if (entry == entries.end() || entry->key != key) return {};
  return {std::move(found), entry->value};
}

}  // namespace tenon
