#include "formats/table/table_reader.h"

#include <algorithm>

#include <fmt/format.h>
#include <snappy.h>

#include "base/byte_reader.h"
#include "base/crc32c.h"
#include "tenon/error.h"

namespace tenon {
namespace {

constexpr std::size_t kFooterSize = 48;
constexpr std::size_t kTrailerSize = 5;
constexpr std::uint64_t kMagic = 0xdb4775248b80fb57u;
constexpr std::uint64_t kSnappyMostRatio = 64;  // a Snappy copy of 3 bytes makes at most 64
constexpr std::uint64_t kKeysMostRatio = 64;    // writers repeat a whole key every 16 entries

struct Handle {
  std::uint64_t offset;
  std::uint64_t size;
};

Handle read_handle(ByteReader& reader) {
  const std::uint64_t offset = reader.varint64("offset of a block");
  return {offset, reader.varint64("size of a block")};
}

class Parser {
 public:
  Parser(std::string_view bytes, const std::string& file, std::deque<std::string>& unpacked)
      : bytes_(bytes), file_(file), unpacked_(unpacked) {}

  std::vector<TableEntry> parse() {
    const Handle index = index_handle();
    std::uint64_t end_of_last = 0;
    for_each_entry(block(index), index.offset, [&](std::string&&, std::string_view value, std::uint64_t at) {
      ByteReader reader(value, file_, at);
      const Handle handle = read_handle(reader);
      // Blocks that overlap would let a small file say the same thing without end.
      if (handle.offset < end_of_last) reader.fail("a data block begins inside the one before it");
      parse_data_block(handle);
      end_of_last = handle.offset + handle.size + kTrailerSize;
    });
    return std::move(entries_);
  }

 private:
  Handle index_handle() const {
    if (bytes_.size() < kFooterSize) {
      throw Error(Code::DataLoss, fmt::format("{}: file is too short to be an sstable: {} bytes, at least {} expected; "
                                              "it was cut short or is no table",
                                              file_, bytes_.size(), kFooterSize));
    }
    const std::size_t at = bytes_.size() - kFooterSize;
    ByteReader magic(bytes_.substr(bytes_.size() - 8), file_, bytes_.size() - 8);
    if (magic.fixed64("magic number") != kMagic) {
      throw Error(Code::DataLoss, fmt::format("{}: not an sstable (bad magic number) in its last 8 bytes; it was cut "
                                              "short, is damaged or is another kind of file",
                                              file_));
    }
    ByteReader footer(bytes_.substr(at, kFooterSize - 8), file_, at);
    const Handle metaindex = read_handle(footer);
    const Handle index = read_handle(footer);
    block(metaindex);  // holds nothing of use, but damage in it is damage
    while (!footer.at_end()) {
      if (footer.u8("padding") != 0) footer.fail("the padding of the footer is not zero");
    }
    return index;
  }

  // The verified, unpacked bytes of a block.
  std::string_view block(Handle handle) const {
    const std::uint64_t limit = bytes_.size() - kFooterSize;
    if (handle.offset > limit || handle.size > limit - handle.offset ||
        kTrailerSize > limit - handle.offset - handle.size) {
      throw Error(Code::DataLoss, fmt::format("{}: a block of {} bytes at byte {} does not lie in the file of {} bytes",
                                              file_, handle.size, handle.offset, bytes_.size()));
    }
    const std::string_view raw = bytes_.substr(handle.offset, handle.size);
    const std::string_view with_kind = bytes_.substr(handle.offset, handle.size + 1);
    ByteReader trailer(bytes_.substr(handle.offset + handle.size, kTrailerSize), file_, handle.offset + handle.size);
    const std::uint8_t kind = trailer.u8("kind of block");
    const std::uint32_t stored = trailer.fixed32("checksum of the block");
    if (stored != crc32c_mask(crc32c(with_kind))) {
      throw Error(Code::DataLoss,
                  fmt::format("Unable to read file ({}). Perhaps the file is corrupt or was produced by a newer version "
                              "with format changes: block checksum mismatch in the {} bytes at byte {}",
                              file_, handle.size, handle.offset));
    }
    if (kind == 0) return raw;
    if (kind == 1) return unpack(raw, handle.offset);
    trailer.fail(fmt::format("a block of kind {}; 0 (as it is) and 1 (Snappy) are known", kind));
  }

  std::string_view unpack(std::string_view raw, std::uint64_t at) const {
    std::size_t size = 0;
    const bool sane = snappy::GetUncompressedLength(raw.data(), raw.size(), &size) &&
                      size / kSnappyMostRatio <= raw.size();
    std::string block(sane ? size : 0, '\0');
    if (!sane || !snappy::RawUncompress(raw.data(), raw.size(), block.data())) {
      throw Error(Code::DataLoss, fmt::format("{}: byte {}: a Snappy block that cannot be unpacked", file_, at));
    }
    return unpacked_.emplace_back(std::move(block));
  }

  // Calls visit(key, value, position of the value) for each entry of a block.
  template <typename Visit>
  void for_each_entry(std::string_view block, std::uint64_t at, Visit visit) const {
    if (block.size() < 4) ByteReader(block, file_, at).fail("a block without restart points");
    ByteReader tail(block.substr(block.size() - 4), file_, at + block.size() - 4);
    const std::uint64_t restarts = tail.fixed32("number of restart points");
    if (restarts > (block.size() - 4) / 4) tail.fail(fmt::format("{} restart points do not fit in the block", restarts));
    ByteReader reader(block.substr(0, block.size() - 4 - 4 * restarts), file_, at);
    std::string last;
    while (!reader.at_end()) {
      const std::uint64_t shared = reader.varint64("shared bytes of a key");
      const std::uint64_t unshared = reader.varint64("other bytes of a key");
      const std::uint64_t value_size = reader.varint64("length of a value");
      if (shared > last.size()) reader.fail(fmt::format("a key shares {} bytes with one of {}", shared, last.size()));
      last.resize(shared);
      last += reader.bytes(unshared, "key");
      const std::uint64_t value_at = reader.file_position();
      visit(std::string(last), reader.bytes(value_size, "value"), value_at);
    }
  }

  void parse_data_block(Handle handle) {
    for_each_entry(block(handle), handle.offset, [&](std::string&& key, std::string_view value, std::uint64_t at) {
      key_bytes_ += key.size();
      if (key_bytes_ / kKeysMostRatio > bytes_.size() + (1 << 16)) {
        ByteReader(value, file_, at).fail("the keys of the table grow out of all proportion to the file");
      }
      if (!entries_.empty() && key <= entries_.back().key) {
        ByteReader(value, file_, at).fail("the keys of the table are not in rising order");
      }
      entries_.push_back({std::move(key), value});
    });
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
  const auto found = std::lower_bound(entries_.begin(), entries_.end(), key,
                                      [](const TableEntry& entry, std::string_view wanted) { return entry.key < wanted; });
  return found != entries_.end() && found->key == key ? &*found : nullptr;
}

}  // namespace tenon
