#include <gtest/gtest.h>
#include <snappy.h>

#include "base/byte_writer.h"
#include "base/crc32c.h"
#include "formats/table/table_reader.h"
#include "formats/table/table_writer.h"
#include "tenon/error.h"

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

std::string message_of(const std::string& bytes) {
  try {
    Table table(bytes, "x.index");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::DataLoss);
    return error.what();
  }
  return "no error";
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
  EXPECT_NE(message_of(raw_table("\xff\xff\xff\xff\x0f", 1)).find("cannot be unpacked"), std::string::npos);
}

TEST(Table, RefusesLengthsBeyondTheBlock) {
  const std::string restart("\0\0\0\0\1\0\0\0", 8);
  EXPECT_NE(message_of(raw_table(std::string("\0\x7f\1ab", 5) + restart, 0)).find("only 2 are left"), std::string::npos);
  EXPECT_NE(message_of(raw_table(std::string("\5\1\1ab", 5) + restart, 0)).find("shares 5 bytes"), std::string::npos);
  EXPECT_NE(message_of(raw_table(std::string("\xff\xff\xff\xff", 4), 0)).find("restart points"), std::string::npos);
  EXPECT_NE(message_of(raw_table("", 0)).find("restart points"), std::string::npos);
  EXPECT_NE(message_of(raw_table(restart, 9)).find("kind 9"), std::string::npos);
}

// proves: S1.10
TEST(Table, RefusesKeysOutOfOrder) {
  const std::string restart("\0\0\0\0\1\0\0\0", 8);
  const std::string block = std::string("\0\1\1bx", 5) + std::string("\0\1\1ax", 5) + restart;
  EXPECT_NE(message_of(raw_table(block, 0)).find("rising order"), std::string::npos);
}

TEST(Table, BoundsTheKeysThatAFewBytesSay) {
  std::string block("\0", 1);
  put_varint64(block, 1 << 20);
  block += std::string("\0", 1) + std::string(1 << 20, 'k');
  for (int i = 0; i < 2000; ++i) {
    put_varint64(block, (1 << 20) + i);
    block += std::string("\1\0k", 3);
  }
  EXPECT_NE(message_of(raw_table(block + std::string("\0\0\0\0\1\0\0\0", 8), 0)).find("proportion"), std::string::npos);
}

// proves: E38
TEST(Table, SaysWhatIsNoTable) {
  EXPECT_NE(message_of("").find("too short to be an sstable"), std::string::npos);
  EXPECT_NE(message_of(std::string(100, 'x')).find("not an sstable (bad magic number)"), std::string::npos);
}

}  // namespace
}  // namespace tenon
