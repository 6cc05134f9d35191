#include "formats/table/table_reader.h"

#include <algorithm>

#include "formats/table/table_block.h"

namespace tenon {
namespace {

constexpr std::uint64_t kKeysMostRatio = 64;  // writers repeat a whole key every 16 entries

class Parser {
 public:
  Parser(std::string_view bytes, const std::string& file, std::deque<std::string>& unpacked)
      : bytes_(bytes), file_(file), unpacked_(unpacked) {}

  std::vector<TableEntry> parse() {
    const std::size_t end = std::min<std::size_t>(bytes_.size(), kTableFooterSize);
    const TableFooter footer = parse_table_footer(bytes_.substr(bytes_.size() - end), bytes_.size(), file_);
    block(footer.metaindex);  // holds nothing of use, but damage in it is damage
    std::uint64_t end_of_last = 0;
    BlockEntries index(block(footer.index), footer.index.offset, file_);
    while (index.next()) {
      ByteReader reader(index.value(), file_, index.value_at());
      const BlockHandle handle = read_block_handle(reader);
      // Blocks that overlap would let a small file say the same thing without end.
      if (handle.offset < end_of_last) reader.fail("a data block begins inside the one before it");
      parse_data_block(handle);
      end_of_last = handle.offset + handle.size + kBlockTrailerSize;
    }
    return std::move(entries_);
  }

 private:
  std::string_view block(BlockHandle handle) const {
    check_block_place(handle, bytes_.size(), file_);
    std::string unpacked;
    const std::string_view with_trailer = bytes_.substr(handle.offset, handle.size + kBlockTrailerSize);
    const std::string_view block = verified_block(with_trailer, handle.offset, file_, unpacked);
    if (unpacked.empty()) return block;
    return unpacked_.emplace_back(std::move(unpacked));
  }

  void parse_data_block(BlockHandle handle) {
    BlockEntries entries(block(handle), handle.offset, file_);
    while (entries.next()) {
      key_bytes_ += entries.key().size();
      if (key_bytes_ / kKeysMostRatio > bytes_.size() + (1 << 16)) {
        entries.fail("the keys of the table grow out of all proportion to the file");
      }
      if (!entries_.empty() && entries.key() <= entries_.back().key) {
        entries.fail("the keys of the table are not in rising order");
      }
      entries_.push_back({entries.key(), entries.value()});
    }
  }

  std::string_view bytes_;
  const std::string& file_;
  std::deque<std::string>& unpacked_;
  std::vector<TableEntry> entries_;
  std::uint64_t key_bytes_ = 0;
};

}  // namespace

Table::Table(std::string bytes, const std::string& file) : bytes_(std::move(bytes)) {
  entries_ = Parser(bytes_, file, unpacked_).parse();
}

const TableEntry* Table::find(std::string_view key) const {
  const std::size_t next = next_.load(std::memory_order_relaxed);
  if (next < entries_.size() && entries_[next].key == key) {
    next_.store(next + 1, std::memory_order_relaxed);
    return &entries_[next];
  }
  const auto found =
      std::lower_bound(entries_.begin(), entries_.end(), key,
                       [](const TableEntry& entry, std::string_view wanted) { return entry.key < wanted; });
  if (found == entries_.end() || found->key != key) return nullptr;
  next_.store(static_cast<std::size_t>(found - entries_.begin()) + 1, std::memory_order_relaxed);
  return &*found;
}

}  // namespace tenon
