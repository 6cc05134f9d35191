// What readers say of bundles that are damaged, incomplete, of another version or of another byte order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/byte_writer.h"
#include "base/crc32c.h"
#include "checkpoint.pb.h"
#include "formats/bundle/bundle_reader.h"
#include "formats/bundle/bundle_writer.h"
#include "formats/table/table_writer.h"
#include "testing/errors.h"
#include "testing/temp_dir.h"

namespace tenon {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const std::string kFixtures = TENON_FIXTURES;

// proves: E25 E43
TEST(BundleReader, NamesWhatIsMissingAndWhatIsNear) {
  const BundleReader reader(kFixtures + "/seed_variable/model.ckpt");
  const Error error = error_of([&] { reader.read("Variable_1"); });
  expect_says(error, Code::NotFound, {"Key Variable_1 not found in checkpoint", "nearest: \"variable_1\""});
  expect_code(error_of([&] { reader.read(""); }), Code::NotFound);
}

// proves: E43
TEST(BundleReader, SaysWhichPrefixWasMeant) {
  expect_says(error_of([] { BundleReader("/none/model"); }), Code::NotFound,
              "Unsuccessful TensorSliceReader constructor: Failed to find any matching files for /none/model");
  const std::string prefix = kFixtures + "/seed_variable/model.ckpt";
  for (const char* ending : {".index", ".meta", ".data-00000-of-00001"}) {
    EXPECT_THAT(error_of([&] { BundleReader reader(prefix + ending); }).what(),
                HasSubstr("named by its prefix: \"" + prefix + "\""));
  }
}

// proves: S1.27 E27
TEST(BundleReader, ReadsOnlyIntoTheSameTypeAndShape) {
  const BundleReader reader(kFixtures + "/seed_add_model/add_model.ckpt");
  Tensor wrong_type(DType::Int32, {1}), wrong_shape(DType::Float32, {2});
  EXPECT_THAT(error_of([&] { reader.read_into("a", wrong_type); }).what(),
              HasSubstr("expected dtype int32 does not equal original dtype float"));
  EXPECT_THAT(error_of([&] { reader.read_into("a", wrong_shape); }).what(),
              HasSubstr("expected shape [2] does not equal original shape [1]"));
}

// A copy of a small checkpoint that a test may damage.
struct Damaged {
  Damaged() {
    for (const char* ending : {".index", ".data-00000-of-00001"}) {
      fs::copy_file(kFixtures + "/seed_add_model/add_model.ckpt" + ending, prefix + ending);
      fs::permissions(prefix + ending, fs::perms::owner_write, fs::perm_options::add);
    }
  }
  void write(const std::string& ending, const std::string& bytes) { write_file_atomic(prefix + ending, bytes); }
  TempDir dir;
  std::string prefix = dir / "m";
};

// proves: S1.20 E34 E36 E37
TEST(BundleReader, SaysWhatIsWrongWithTheData) {
  Damaged damaged;
  const std::string data = ".data-00000-of-00001";
  std::string bytes = read_file(damaged.prefix + data);
  bytes[0] ^= 1;
  damaged.write(data, bytes);
  Error error = error_of([&] { BundleReader(damaged.prefix).read("a"); });
  expect_says(error, Code::DataLoss, {"Checksum does not match: stored", "tensor \"a\""});
  EXPECT_EQ(BundleReader(damaged.prefix).read("b").to_string(), "float32 [1] [2]");

  damaged.write(data, bytes.substr(0, 6));
  error = error_of([&] { BundleReader(damaged.prefix).read("b"); });
  expect_says(error, Code::OutOfRange, "Read less bytes than requested");

  damaged.write(data, "version https://git-lfs.github.com/spec/v1\noid sha256:0\n");
  EXPECT_THAT(error_of([&] { BundleReader(damaged.prefix).read("a"); }).what(), HasSubstr("Git LFS pointer"));

  fs::remove(damaged.prefix + data);
  error = error_of([&] { BundleReader(damaged.prefix).read("a"); });
  expect_says(error, Code::NotFound, {"m.data-00000-of-00001", "No such file"});
}

// proves: S1.17 E35
TEST(BundleReader, SaysWhatIsWrongWithTheLengthsOfStrings) {
  TempDir dir;
  BundleWriter writer(dir / "m");
  writer.add("s", Tensor(Shape{2}, {"one", "three"}));
  writer.finish();
  const std::string file = dir / "m.data-00000-of-00001";
  const std::string bytes = read_file(file);
  for (const std::size_t at : {0u, 1u, 2u, 5u}) {  // the lengths, 3 and 5, and their checksum
    std::string damaged = bytes;
    damaged[at] ^= 1;
    write_file_atomic(file, damaged);
    expect_says(error_of([&] { BundleReader(dir / "m").read("s"); }), Code::DataLoss,
                "The length checksum does not match: expected ");
  }
}

// proves: S1.4 S9.20 E38 E39
TEST(BundleReader, SaysWhatIsWrongWithTheIndex) {
  Damaged damaged;
  const std::string good = read_file(damaged.prefix + ".index");
  const auto error_with = [&](const std::string& bytes) {
    damaged.write(".index", bytes);
    return error_of([&] { BundleReader reader(damaged.prefix); });
  };
  expect_says(error_with(""), Code::DataLoss, "too short to be an sstable");
  expect_says(error_with(good.substr(0, good.size() - 1)), Code::DataLoss, "bad magic number");
  std::string flipped = good;
  flipped[3] ^= 1;
  expect_says(error_with(flipped), Code::DataLoss, "block checksum mismatch");
  expect_says(error_with("version https://git-lfs.github.com/spec/v1\n"), Code::DataLoss, "Git LFS pointer");
  expect_says(error_with(table_bytes({{"a", "b"}})), Code::DataLoss, "no header entry");
}

// An index with one entry of the test's making, over a data file of 8 bytes.
Error error_of_entry(const BundleEntry& entry) {
  Damaged damaged;
  damaged.write(".index", table_bytes({{"", bundle_header_bytes({})}, {"v", bundle_entry_bytes(entry)}}));
  return error_of([&] { BundleReader(damaged.prefix).read("v"); });
}

// proves: S1.27 E42
TEST(BundleReader, AllocatesNothingForAMereClaim) {
  const Shape huge{std::int64_t{1} << 40};
  expect_code(error_of_entry({DType::Float32, huge, 0, 0, std::uint64_t{1} << 42, 0, {}}), Code::OutOfRange);
  expect_code(error_of_entry({DType::String, huge, 0, 0, 8, 0, {}}), Code::DataLoss);
  EXPECT_THAT(error_of_entry({DType::Float32, {1}, 0, 0, 8, 0, {}}).what(),
              HasSubstr("stored size 8; expected size 4"));
  expect_code(error_of_entry({DType::Float32, {1}, 0, (std::uint64_t{1} << 63) - 1, 4, 0, {}}), Code::OutOfRange);
  Damaged damaged;
  proto::BundleEntryProto entry;
  entry.set_dtype(proto::DT_FLOAT);
  entry.mutable_shape()->add_dim()->set_size(-1);
  damaged.write(".index", table_bytes({{"", bundle_header_bytes({})}, {"v", entry.SerializeAsString()}}));
  EXPECT_THAT(error_of([&] { BundleReader(damaged.prefix).read("v"); }).what(), HasSubstr("Invalid tensor shape"));
  expect_code(error_of_entry({DType::Float32, {1}, 7, 0, 4, 0, {}}), Code::DataLoss);
  expect_code(error_of_entry({DType::Float32, huge, 0, 0, 0, 0, {TensorSlice{{{0, 1}}}}}), Code::NotFound);
  expect_code(error_of_entry({static_cast<DType>(55), {1}, 0, 0, 4, 0, {}}), Code::DataLoss);
  expect_code(error_of_entry({DType::Resource, {1}, 0, 0, 4, 0, {}}), Code::Unimplemented);
  expect_code(error_of_entry({DType::Variant, huge, 0, 0, 8, 0, {}}), Code::DataLoss);
}

// proves: S1.28 E41
TEST(BundleReader, ChecksTheVersion) {
  Damaged damaged;
  BundleHeader header;
  header.producer = 7;
  damaged.write(".index", table_bytes({{"", bundle_header_bytes(header)}}));
  EXPECT_TRUE(BundleReader(damaged.prefix).keys().empty());
  const auto expect_refused = [&](int producer, int min_consumer, std::vector<int> bad, const std::string& words) {
    proto::BundleHeaderProto proto;
    proto.set_num_shards(1);
    proto.mutable_version()->set_producer(producer);
    proto.mutable_version()->set_min_consumer(min_consumer);
    proto.mutable_version()->mutable_bad_consumers()->Assign(bad.begin(), bad.end());
    damaged.write(".index", table_bytes({{"", proto.SerializeAsString()}}));
    expect_says(error_of([&] { BundleReader reader(damaged.prefix); }), Code::InvalidArgument, words);
  };
  expect_refused(1, 2, {}, "Checkpoint min consumer version 2 above current version 1");
  expect_refused(-1, 0, {}, "Checkpoint producer version -1 below min producer 0");
  expect_refused(1, 0, {3, 1}, "Checkpoint disallows consumer version 1");
}

// proves: S1.29
TEST(BundleReader, SwapsTheBytesOfBigEndianCheckpoints) {
  Damaged damaged;
  const std::string data("\0\0\0\2\0\0\0\3", 8);
  damaged.write(".data-00000-of-00001", data);
  BundleHeader header;
  header.big_endian = true;
  const BundleEntry entry{DType::Int32, {2}, 0, 0, 8, crc32c_mask(crc32c(data)), {}};
  damaged.write(".index", table_bytes({{"", bundle_header_bytes(header)}, {"v", bundle_entry_bytes(entry)}}));
  EXPECT_EQ(BundleReader(damaged.prefix).read("v").to_string(), "int32 [2] [2,3]");

  // As TensorFlow reads it: the lengths' checksum is that of big-endian numbers, and is one itself.
  const std::uint32_t lengths = crc32c(std::string("\0\0\0\3\0\0\0\0", 8));
  std::string checksum;
  put_fixed32(checksum, crc32c_mask(lengths));
  std::reverse(checksum.begin(), checksum.end());
  const std::string strings = std::string("\3\0", 2) + checksum + "one";
  damaged.write(".data-00000-of-00001", strings);
  const BundleEntry words{
      DType::String, {2}, 0, 0, strings.size(), crc32c_mask(crc32c_extend(lengths, checksum + "one")), {}};
  damaged.write(".index", table_bytes({{"", bundle_header_bytes(header)}, {"s", bundle_entry_bytes(words)}}));
  EXPECT_EQ(BundleReader(damaged.prefix).read("s").to_string(), "string [2] [\"one\",\"\"]");
}

}  // namespace
}  // namespace tenon
