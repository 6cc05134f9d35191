#include "formats/table/table_block.h"

#include <fmt/format.h>
#include <snappy.h>

#include "base/crc32c.h"
#include "tenon/error.h"

namespace tenon {
namespace {

constexpr std::uint64_t kSnappyMostRatio = 64;  // a Snappy copy of 3 bytes makes at most 64

std::string_view unpack(std::string_view raw, std::uint64_t at, const std::string& file, std::string& unpacked) {
  std::size_t size = 0;
  const bool sane =
      snappy::GetUncompressedLength(raw.data(), raw.size(), &size) && size / kSnappyMostRatio <= raw.size();
  unpacked.assign(sane ? size : 0, '\0');
  if (!sane || !snappy::RawUncompress(raw.data(), raw.size(), unpacked.data())) {
    throw Error(Code::DataLoss, fmt::format("{}: byte {}: a Snappy block that cannot be unpacked", file, at));
  }
  return unpacked;
}

// The part of a block that holds entries.
std::string_view without_restarts(std::string_view block, std::uint64_t at, const std::string& file) {
  if (block.size() < 4) ByteReader(block, file, at).fail("a block without restart points");
  ByteReader tail(block.substr(block.size() - 4), file, at + block.size() - 4);
  const std::uint64_t restarts = tail.fixed32("number of restart points");
  if (restarts > (block.size() - 4) / 4) tail.fail(fmt::format("{} restart points do not fit in the block", restarts));
  return block.substr(0, block.size() - 4 - 4 * restarts);
}

}  // namespace

BlockHandle read_block_handle(ByteReader& reader) {
  const std::uint64_t offset = reader.varint64("offset of a block");
  return {offset, reader.varint64("size of a block")};
}

TableFooter parse_table_footer(std::string_view end, std::uint64_t file_size, const std::string& file) {
  if (end.size() < kTableFooterSize) {
    throw Error(Code::DataLoss, fmt::format("{}: file is too short to be an sstable: {} bytes, at least {} expected; "
                                            "it was cut short or is no table",
                                            file, file_size, kTableFooterSize));
  }
  if (!end.ends_with(kTableMagic)) {
    throw Error(Code::DataLoss, fmt::format("{}: not an sstable (bad magic number) in its last 8 bytes; it was cut "
                                            "short, is damaged or is another kind of file",
                                            file));
  }
  ByteReader footer(end.substr(end.size() - kTableFooterSize, kTableFooterSize - kTableMagic.size()), file,
                    file_size - kTableFooterSize);
  TableFooter result;
  result.metaindex = read_block_handle(footer);
  result.index = read_block_handle(footer);
  while (!footer.at_end()) {
    if (footer.u8("padding") != 0) footer.fail("the padding of the footer is not zero");
  }
  return result;
}

void check_block_place(BlockHandle handle, std::uint64_t file_size, const std::string& file) {
  const std::uint64_t limit = file_size - kTableFooterSize;
  if (handle.offset <= limit && handle.size <= limit - handle.offset &&
      kBlockTrailerSize <= limit - handle.offset - handle.size) {
    return;
  }
  throw Error(Code::DataLoss, fmt::format("{}: a block of {} bytes at byte {} does not lie in the file of {} bytes",
                                          file, handle.size, handle.offset, file_size));
}

std::string_view verified_block(std::string_view with_trailer, std::uint64_t at, const std::string& file,
                                std::string& unpacked) {
  const std::string_view raw = with_trailer.substr(0, with_trailer.size() - kBlockTrailerSize);
  ByteReader trailer(with_trailer.substr(raw.size()), file, at + raw.size());
  const std::uint8_t kind = trailer.u8("kind of block");
  const std::uint32_t stored = trailer.fixed32("checksum of the block");
  if (stored != crc32c_mask(crc32c(with_trailer.substr(0, raw.size() + 1)))) {
    throw Error(Code::DataLoss,
                fmt::format("Unable to read file ({}). Perhaps the file is corrupt or was produced by a newer version "
                            "with format changes: block checksum mismatch in the {} bytes at byte {}",
                            file, raw.size(), at));
  }
  if (kind == 0) return raw;
  if (kind == 1) return unpack(raw, at, file, unpacked);
  trailer.fail(fmt::format("a block of kind {}; 0 (as it is) and 1 (Snappy) are known", kind));
}

BlockEntries::BlockEntries(std::string_view block, std::uint64_t at, const std::string& file)
    : reader_(without_restarts(block, at, file), file, at) {}

bool BlockEntries::next() {
  if (reader_.at_end()) return false;
  const std::uint64_t shared = reader_.varint64("shared bytes of a key");
  const std::uint64_t unshared = reader_.varint64("other bytes of a key");
  const std::uint64_t value_size = reader_.varint64("length of a value");
  if (shared > key_.size()) reader_.fail(fmt::format("a key shares {} bytes with one of {}", shared, key_.size()));
  key_.resize(shared);
  key_ += reader_.bytes(unshared, "key");
  value_at_ = reader_.file_position();
  value_ = reader_.bytes(value_size, "value");
  return true;
}

}  // namespace tenon
