#include <gtest/gtest.h>
#include <snappy.h>

#include "base/byte_writer.h"
#include "base/crc32c.h"
#include "formats/table/table_reader.h"
#include "formats/table/table_writer.h"
#include "tenon/error.h"
#include "testing/errors.h"

namespace tenon {
namespace {

std::map<std::string, std::string> many_entries(int count) {
  std::map<std::string, std::string> entries = {{"", "header"}};
  for (int i = 0; i < count; ++i) entries["layer_" + std::to_string(i) + "/kernel"] = std::string(i % 50, 'v');
  return entries;
}

void expect_same(const Table& table, const std::map<std::string, std::string>& entries) {
  ASSERT_EQ(table.entries().size(), entries.size());
  auto expected = entries.begin();
  for (const TableEntry& entry : table.entries()) {
    EXPECT_EQ(entry.key, expected->first);
    EXPECT_EQ(entry.value, expected->second);
    ++expected;
  }
}

// A table of one data block, with whatever the parts are.
std::string raw_table(const std::string& data_block, char kind) {
  std::string bytes;
  std::string footer;
  const auto add_block = [&](const std::string& block, char kind) {
    std::string handle;
    put_varint64(handle, bytes.size());
    put_varint64(handle, block.size());
    bytes += block + kind;
    put_fixed32(bytes, crc32c_mask(crc32c(block + kind)));
    return handle;
  };
  const std::string data = add_block(data_block, kind);
  const std::string restart("\0\0\0\0\1\0\0\0", 8);
  footer += add_block(restart, 0);
  std::string index("\0\1", 2);
  index += static_cast<char>(data.size());
  index += "z" + data + restart;
  footer += add_block(index, 0);
  footer.resize(40, '\0');
  return bytes + footer + std::string("\x57\xfb\x80\x8b\x24\x75\x47\xdb");
}

Error error_in(const std::string& bytes) {
  return error_of([&] { Table table(bytes, "x.index"); });
}

TEST(Table, ReadsBackWhatWasWritten) {
  for (int count : {0, 1, 15, 16, 17, 1000, 30'000}) {
    const auto entries = many_entries(count);
    expect_same(Table(table_bytes(entries), "t"), entries);
  }
}

TEST(Table, FindsKeys) {
  const Table table(table_bytes(many_entries(100)), "t");
  for (int round = 0; round < 2; ++round) {
    for (const TableEntry& entry : table.entries()) EXPECT_EQ(table.find(entry.key), &entry);
  }
  for (auto entry = table.entries().rbegin(); entry != table.entries().rend(); ++entry) {
    EXPECT_EQ(table.find(entry->key), &*entry);
  }
  EXPECT_EQ(table.find("")->value, "header");
  EXPECT_EQ(table.find("layer_7/kernel")->value, "vvvvvvv");
  EXPECT_EQ(table.find("layer_7"), nullptr);
}

// proves: S1.5
TEST(Table, ReadsSnappyBlocks) {
  const std::string plain = std::string("\0\1\1ab", 5) + std::string("\0\0\0\0\1\0\0\0", 8);
  std::string packed;
  snappy::Compress(plain.data(), plain.size(), &packed);
  const Table table(raw_table(packed, 1), "t");
  EXPECT_EQ(table.find("a")->value, "b");
  expect_says(error_in(raw_table("\xff\xff\xff\xff\x0f", 1)), Code::DataLoss, "cannot be unpacked");
}

TEST(Table, RefusesLengthsBeyondTheBlock) {
  const std::string restart("\0\0\0\0\1\0\0\0", 8);
  expect_says(error_in(raw_table(std::string("\0\x7f\1ab", 5) + restart, 0)), Code::DataLoss, "only 2 are left");
  expect_says(error_in(raw_table(std::string("\5\1\1ab", 5) + restart, 0)), Code::DataLoss, "shares 5 bytes");
  expect_says(error_in(raw_table(std::string("\xff\xff\xff\xff", 4), 0)), Code::DataLoss, "restart points");
  expect_says(error_in(raw_table("", 0)), Code::DataLoss, "restart points");
  expect_says(error_in(raw_table(restart, 9)), Code::DataLoss, "kind 9");
}

// proves: S1.10
TEST(Table, RefusesKeysOutOfOrder) {
  const std::string restart("\0\0\0\0\1\0\0\0", 8);
  const std::string block = std::string("\0\1\1bx", 5) + std::string("\0\1\1ax", 5) + restart;
  expect_says(error_in(raw_table(block, 0)), Code::DataLoss, "rising order");
}

TEST(Table, BoundsTheKeysThatAFewBytesSay) {
  std::string block("\0", 1);
  put_varint64(block, 1 << 20);
  block += std::string("\0", 1) + std::string(1 << 20, 'k');
  for (int i = 0; i < 2000; ++i) {
    put_varint64(block, (1 << 20) + i);
    block += std::string("\1\0k", 3);
  }
  expect_says(error_in(raw_table(block + std::string("\0\0\0\0\1\0\0\0", 8), 0)), Code::DataLoss, "proportion");
}

// proves: E38
TEST(Table, SaysWhatIsNoTable) {
  expect_says(error_in(""), Code::DataLoss, "too short to be an sstable");
  expect_says(error_in(std::string(100, 'x')), Code::DataLoss, "not an sstable (bad magic number)");
}

}  // namespace
}  // namespace tenon
