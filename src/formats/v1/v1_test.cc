#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "checkpoint.pb.h"
#include "formats/checkpoint/checkpoint_reader.h"
#include "formats/npz/npz.h"
#include "formats/table/table_reader.h"
#include "formats/table/table_writer.h"
#include "formats/v1/v1_reader.h"
#include "formats/v1/v1_writer.h"
#include "testing/errors.h"
#include "testing/temp_dir.h"

namespace tenon {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const std::string kFixtures = std::string(TENON_FIXTURES) + "/v1";

std::vector<std::string> files_of(const std::string& name) {
  if (name == "sharded") return {kFixtures + "/sharded-00000-of-00002", kFixtures + "/sharded-00001-of-00002"};
  return {kFixtures + "/" + name};
}

ShapeAndSlice part(const char* text) { return *parse_shape_and_slice(text); }

class V1Fixture : public testing::TestWithParam<const char*> {};

// proves: S1.41 S1.42 E44
TEST_P(V1Fixture, HasTheValuesThatTensorFlowSaved) {
  const V1Reader reader(GetParam(), files_of(GetParam()));
  const auto expected = read_npz(kFixtures + "/" + GetParam() + ".npz");
  EXPECT_EQ(reader.keys().size(), expected.size());
  for (const auto& [name, value] : expected) {
    const Tensor read = reader.read(name);
    EXPECT_EQ(read.shape().to_string(), value.shape().to_string()) << name;
    if (read.dtype() == DType::QInt8 || read.dtype() == DType::QUInt8 || read.dtype() == DType::QInt32) {
      EXPECT_EQ(std::memcmp(read.raw(), value.raw(), value.bytes()), 0) << name;  // archives have no such types
    } else {
      EXPECT_TRUE(read.equals(value)) << name;
    }
  }
}

// proves: S1.36 S1.37 S1.38 S1.39
TEST_P(V1Fixture, IsWrittenByteForByte) {
  TempDir dir;
  for (const std::string& file : files_of(GetParam())) {
    const V1Reader reader(file, {file});
    V1Writer writer(dir / "copy");
    for (const std::string& name : reader.keys()) {
      const CheckpointEntry entry = reader.entry(name);
      if (entry.slices.empty()) writer.add(name, reader.read(name));
      for (const TensorSlice& slice : entry.slices) {
        const ShapeAndSlice piece{entry.shape, slice};
        writer.add_slice(name, piece, reader.read(name, piece));
      }
    }
    writer.finish();
    EXPECT_EQ(read_file(dir / "copy"), read_file(file)) << file;
  }
}

INSTANTIATE_TEST_SUITE_P(Files, V1Fixture, testing::Values("every_dtype", "partitioned", "sharded"));

// proves: S1.26 S1.42 E44
TEST(V1Reader, CutsPiecesAnew) {
  const V1Reader reader("p", files_of("partitioned"));
  const Tensor whole = reader.read("net/w0");
  EXPECT_EQ(reader.entry("net/w0").slices.size(), 3u);
  const Tensor middle = reader.read("net/w0", part("5 3 1,3:1,2"));
  EXPECT_EQ(middle.shape(), (Shape{3, 2}));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(middle.at<float>(2 * i), whole.at<float>(3 * (i + 1) + 1));
  EXPECT_TRUE(reader.read("net/w1", part("4 1,2")).equals(Tensor({2}, std::vector<Half>{Half(-2), Half(-1)})));
}

// proves: E26
TEST(V1Reader, SaysWhichNamesAreNear) {
  const V1Reader reader("p", files_of("partitioned"));
  expect_code(error_of([&] { reader.read("net/w7"); }), Code::NotFound);
  const Error error = error_of([&] { reader.read("net/W0"); });
  EXPECT_THAT(error.what(), StartsWith("Tensor name \"net/W0\" not found in checkpoint files p"));
  EXPECT_THAT(error.what(), HasSubstr("\"net/w0\""));
}

// proves: E33
TEST(V1Reader, RefusesAnotherShapeAndPartsThatAreNotCovered) {
  TempDir dir;
  V1Writer writer(dir / "c");
  writer.add_slice("a", part("4 0,1"), Tensor({1}, {1.f}));
  writer.add_slice("a", part("4 2,2"), Tensor({2}, {3.f, 4.f}));
  writer.finish();
  const V1Reader reader("c", {dir / "c"});
  EXPECT_TRUE(reader.read("a", part("4 2,1")).equals(Tensor({1}, {3.f})));
  expect_code(error_of([&] { reader.read("a", part("5 2,1")); }), Code::InvalidArgument);
  EXPECT_THAT(error_of([&] { reader.read("a"); }).what(),
              HasSubstr("Does not have sufficient slices for partitioned tensor a"));
}

TEST(V1Reader, RefusesShardsThatDoNotBelongTogether) {
  TempDir dir;
  for (int i = 0; i < 2; ++i) {
    V1Writer writer(shard_path(dir / "c", i, 2));
    writer.add("a", Tensor({i + 1}, std::vector<float>(static_cast<std::size_t>(i + 1))));
    writer.finish();
  }
  expect_code(error_of([&] { CheckpointReader::open(dir / "c"); }), Code::DataLoss);
}

// A file whose entries are changed, with right checksums.
void rewrite(const std::string& from, const std::string& to,
             const std::function<void(std::string_view, proto::SavedTensorSlices&)>& change) {
  const Table table(read_file(from), from);
  std::map<std::string, std::string> entries;
  for (const TableEntry& entry : table.entries()) {
    proto::SavedTensorSlices message;
    ASSERT_TRUE(message.ParseFromArray(entry.value.data(), static_cast<int>(entry.value.size())));
    change(entry.key, message);
    entries[entry.key] = message.SerializeAsString();
  }
  write_file_atomic(to, table_bytes(entries));
}

TEST(V1Reader, TakesNoMemoryThatAFileOnlyClaims) {
  TempDir dir;
  rewrite(files_of("sharded")[0], dir / "c", [](std::string_view key, proto::SavedTensorSlices& message) {
    if (!key.empty()) return;
    for (auto& tensor : *message.mutable_meta()->mutable_tensor()) {
      tensor.mutable_shape()->mutable_dim(0)->set_size(std::int64_t{1} << 60);
    }
  });
  const V1Reader reader("c", {dir / "c"});
  expect_code(error_of([&] { reader.read("a"); }), Code::DataLoss);
  expect_code(error_of([&] { reader.read("both"); }), Code::DataLoss);
}

TEST(V1Reader, RefusesValuesThatAreMissingTooFewOrOfAnotherTensor) {
  TempDir dir;
  const auto changed = [&](auto change) {
    rewrite(files_of("sharded")[0], dir / "c", change);
    return error_of([&] { V1Reader("c", {dir / "c"}).read("a"); });
  };
  EXPECT_THAT(changed([](std::string_view key, proto::SavedTensorSlices& message) {
                if (!key.empty()) message.mutable_data()->mutable_data()->mutable_float_val()->RemoveLast();
              }).what(),
              HasSubstr("1 float32 values, 2 of shape [2] expected"));
  EXPECT_THAT(changed([](std::string_view key, proto::SavedTensorSlices& message) {
                if (!key.empty()) message.mutable_data()->set_name("b");
              }).what(),
              HasSubstr("are those of \"b\""));
  EXPECT_THAT(changed([](std::string_view key, proto::SavedTensorSlices& message) {
                if (key.empty()) message.mutable_meta()->mutable_tensor(0)->set_name("a0");
              }).what(),
              HasSubstr("not found"));
  EXPECT_THAT(changed([](std::string_view key, proto::SavedTensorSlices& message) {
                if (key.empty()) message.mutable_meta()->mutable_versions()->set_min_consumer(2);
              }).what(),
              HasSubstr("min consumer version 2"));
}

// proves: S1.40
TEST(V1Writer, RefusesTypesThatTheFormatLacks) {
  TempDir dir;
  V1Writer writer(dir / "c");
  expect_code(error_of([&] { writer.add("a", Tensor(std::uint32_t{1})); }), Code::InvalidArgument);
  expect_code(error_of([&] { writer.add("a", Tensor(std::uint64_t{1})); }), Code::InvalidArgument);
  expect_code(error_of([&] { writer.add("a", Tensor(BFloat16(1))); }), Code::Unimplemented);
}

// proves: S1.40 E74
TEST(V1Writer, RefusesAPieceOf2GiB) {
  TempDir dir;
  V1Writer writer(dir / "c");
  const Shape shape{std::int64_t{1} << 29};
  writer.add_later("a", float32, {shape, TensorSlice::whole(1)},
                   [&] { return Tensor(float32, shape); });  // never touched
  EXPECT_THAT(error_of([&] { writer.finish(); }).what(), HasSubstr("Tensor slice is too large to serialize"));
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

TEST(V1Writer, RefusesDuplicatesAndPiecesThatDoNotFit) {
  TempDir dir;
  V1Writer writer(dir / "c");
  writer.add("a", Tensor(1.f));
  expect_code(error_of([&] { writer.add("a", Tensor(1.f)); }), Code::InvalidArgument);
  writer.add_slice("b", part("4 0,2"), Tensor({2}, {1, 2}));
  expect_code(error_of([&] { writer.add_slice("b", part("5 2,2"), Tensor({2}, {1, 2})); }), Code::InvalidArgument);
  expect_code(error_of([&] { writer.add_slice("b", part("4 2,2"), Tensor({2}, {1.f, 2.f})); }), Code::InvalidArgument);
  expect_code(error_of([&] { writer.add_slice("b", part("4 2,2"), Tensor({1}, {1})); }), Code::InvalidArgument);
}

TEST(V1Writer, LeavesNothingBehindIfAValueCannotBeHad) {
  TempDir dir;
  V1Writer writer(dir / "c");
  writer.add_later("a", float32, {Shape{}, TensorSlice::whole(0)},
                   []() -> Tensor { throw Error(Code::DataLoss, "gone"); });
  expect_code(error_of([&] { writer.finish(); }), Code::DataLoss);
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

TEST(V1Writer, WritesManyBlocksThatAreReadOneByOne) {
  TempDir dir;
  V1Writer writer(dir / "c");
  for (int i = 0; i < 40; ++i) {
    writer.add("v" + std::to_string(i),
               Tensor(std::vector<int>(static_cast<std::size_t>(i % 7 == 0 ? 200'000 : 5'000), i)));
  }
  writer.finish();
  const V1Reader reader("c", {dir / "c"});
  EXPECT_GT(reader.tables()[0]->num_blocks(), 2u);
  for (int i = 0; i < 40; ++i) EXPECT_EQ(reader.read("v" + std::to_string(i)).at<int>(4'999), i);
}

// proves: S1.41
TEST(CheckpointReader, OpensV1ByItsNameItsShardsAndTheirPattern) {
  EXPECT_EQ(CheckpointReader::open(kFixtures + "/every_dtype")->format(), CheckpointFormat::V1);
  for (const char* name : {"/sharded", "/sharded-00001-of-00002", "/sharded-\?\?\?\?\?-of-00002"}) {
    const auto reader = CheckpointReader::open(kFixtures + name);
    EXPECT_EQ(reader->num_shards(), 2) << name;
    EXPECT_EQ(reader->read("both").at<float>(7), 7.f) << name;
  }
}

// proves: S1.46 S5.5 S9.4 E40
TEST(CheckpointReader, OpensV2ByItsNameAndAnyOfItsFiles) {
  const std::string folder = std::string(TENON_FIXTURES) + "/seed_variable";
  for (const char* name :
       {"", "/model.ckpt", "/model.ckpt.index", "/model.ckpt.meta", "/model.ckpt.data-00000-of-00001", "/checkpoint"}) {
    const auto reader = CheckpointReader::open(folder + name);
    EXPECT_EQ(reader->prefix(), folder + "/model.ckpt") << name;
    EXPECT_TRUE(reader->has("variable_1"));
    EXPECT_FALSE(reader->has("variable_9"));
  }
}

// proves: S5.6
TEST(CheckpointReader, PrefersV2) {
  TempDir dir;
  write_file_atomic(dir / "model.ckpt", read_file(kFixtures + "/partitioned"));
  EXPECT_EQ(CheckpointReader::open(dir / "model.ckpt")->format(), CheckpointFormat::V1);
  for (const char* ending : {".index", ".data-00000-of-00001"}) {
    write_file_atomic(dir / "model.ckpt" + ending,
                      read_file(std::string(TENON_FIXTURES) + "/seed_variable/model.ckpt" + ending));
  }
  EXPECT_EQ(CheckpointReader::open(dir / "model.ckpt")->format(), CheckpointFormat::V2);
}

// proves: S1.41
TEST(CheckpointReader, NamesTheShardThatIsMissing) {
  TempDir dir;
  write_file_atomic(dir / "m-00000-of-00002", read_file(files_of("sharded")[0]));
  EXPECT_THAT(error_of([&] { CheckpointReader::open(dir / "m"); }).what(),
              HasSubstr("m-00001-of-00002: the shard 1 of 2"));
  EXPECT_TRUE(CheckpointReader::open(dir / "m-00000-of-00002")->has("a"));
}

}  // namespace
}  // namespace tenon
