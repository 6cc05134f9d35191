#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <complex>
#include <filesystem>
#include <thread>

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

const char* const kReferences[] = {"/seed_variable/model.ckpt", "/seed_add_model/add_model.ckpt",
                                   "/every_dtype/model.ckpt", "/sharded_partitioned/model.ckpt"};

std::size_t files_in(const std::string& path) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator()));
}

// Writes everything again, in the order in which it lies in the data file.
void write_again(const BundleReader& reader, const std::string& prefix) {
  struct Stored {
    std::uint64_t offset;
    std::string name;
    ShapeAndSlice part;
  };
  std::vector<Stored> all;
  for (const std::string& name : reader.keys()) {
    const BundleEntry entry = reader.entry(name);
    const TensorSlice whole = TensorSlice::whole(entry.shape.rank());
    if (entry.slices.empty()) all.push_back({entry.offset, name, {entry.shape, whole}});
    for (const TensorSlice& slice : entry.slices) {
      all.push_back({reader.entry(slice_key(name, slice)).offset, name, {entry.shape, slice}});
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const Stored& a, const Stored& b) { return a.offset < b.offset; });
  BundleWriter writer(prefix);
  for (const Stored& stored : all) writer.add_slice(stored.name, stored.part, reader.read(stored.name, stored.part));
  writer.finish();
}

// proves: S1.11 S1.46
TEST(BundleReader, ReadsTheSeedVariables) {
  const BundleReader reader(kFixtures + "/seed_variable/model.ckpt");
  EXPECT_EQ(reader.keys(), (std::vector<std::string>{"variable", "variable_1", "variable_2"}));
  EXPECT_EQ(reader.find("variable_1")->dtype, DType::Int32);
  EXPECT_EQ(reader.find("nope"), std::nullopt);
  EXPECT_EQ(reader.read("variable").shape().to_string(), "[1]");
}

TEST(BundleReader, ReadsTheSeedModelsValues) {
  const BundleReader reader(kFixtures + "/seed_add_model/add_model.ckpt");
  std::vector<std::string> texts;
  for (const std::string& name : reader.keys()) texts.push_back(name + " " + reader.read(name).to_string());
  EXPECT_EQ(texts, (std::vector<std::string>{"a float32 [1] [1]", "b float32 [1] [2]"}));
}

// proves: S1.1 S1.2 S1.3 S1.4 S1.5 S1.7 S1.8 S1.9 S1.10 S1.11 S1.12 S1.13 S1.15 S1.16 S1.17 S1.21 S1.22 S1.23
TEST(BundleWriter, GivesTensorFlowsBytes) {
  for (const char* prefix : kReferences) {
    TempDir dir;
    const BundleReader reader(kFixtures + prefix);
    write_again(reader, dir / "model.ckpt");
    EXPECT_EQ(read_file(dir / "model.ckpt.index"), read_file(kFixtures + prefix + ".index")) << prefix;
    EXPECT_EQ(read_file(dir / "model.ckpt.data-00000-of-00001"),
              read_file(kFixtures + prefix + ".data-00000-of-00001"))
        << prefix;
    EXPECT_EQ(files_in(dir.path()), 2u);
  }
}

// proves: S1.2 S1.3 S1.7 S1.12 S1.13
TEST(BundleEntry, WritesTheSeedMnistIndexAsTensorFlowDoes) {
  const std::string path = kFixtures + "/seed_mnist/model.ckpt.index";
  const Table table(read_file(path), path);
  std::map<std::string, std::string> entries;
  for (const TableEntry& entry : table.entries()) {
    entries[entry.key] = entry.key.empty() ? bundle_header_bytes(parse_bundle_header(entry.value, path))
                                           : bundle_entry_bytes(parse_bundle_entry(entry.value, path, entry.key));
  }
  EXPECT_EQ(table_bytes(entries), read_file(path));
}

TEST(BundleEntry, HasTheBytesOfItsMessage) {
  const TensorSlice slice{{{0, 2}, {}}};
  for (const BundleEntry& entry :
       {BundleEntry{DType::Float32, {}, 0, 0, 4, 0, {}}, BundleEntry{DType::BFloat16, {0, 3}, 2, 1ull << 40, 0, 1, {}},
        BundleEntry{DType::Int64, {300, 5}, 0, 7, 12000, 0xffffffff, {slice, TensorSlice::whole(2)}}}) {
    const std::string bytes = bundle_entry_bytes(entry);
    proto::BundleEntryProto message;
    ASSERT_TRUE(message.ParseFromString(bytes));
    EXPECT_EQ(message.SerializeAsString(), bytes);
    const BundleEntry again = parse_bundle_entry(bytes, "f", "k");
    EXPECT_EQ(again.dtype, entry.dtype);
    EXPECT_EQ(again.shape, entry.shape);
    EXPECT_EQ(again.slices, entry.slices);
    EXPECT_EQ(std::tuple(again.shard, again.offset, again.size, again.crc),
              std::tuple(entry.shard, entry.offset, entry.size, entry.crc));
  }
}

// proves: S1.26 S1.43
TEST(BundleReader, AssemblesPartitionedTensors) {
  const BundleReader reader(kFixtures + "/sharded_partitioned/model.ckpt");
  int partitioned = 0;
  for (const std::string& name : reader.keys()) {
    const BundleEntry entry = reader.entry(name);
    const Tensor whole = reader.read(name);
    EXPECT_EQ(whole.shape(), entry.shape);
    for (const TensorSlice& slice : entry.slices) {
      const Tensor piece = reader.read(name, ShapeAndSlice{entry.shape, slice});
      EXPECT_EQ(piece.shape(), slice.shape_in(entry.shape));
      ++partitioned;
    }
  }
  EXPECT_GT(partitioned, 1);
}

// proves: S1.14
TEST(Bundle, KeepsEveryTypeAndShape) {
  TempDir dir;
  std::map<std::string, Tensor> tensors;
  for (int number = 1; number <= 32; ++number) {
    const auto type = static_cast<DType>(number);
    if (dtype_size(type) == 0) continue;
    for (const Shape& shape : {Shape{}, Shape{3}, Shape{2, 0}}) {
      Tensor tensor = Tensor::zeros(type, shape);
      for (std::size_t i = 0; i < tensor.bytes(); ++i) tensor.raw()[i] = static_cast<std::byte>(i % 2);
      tensors[dtype_name(type) + shape.to_string()] = tensor;
    }
  }
  tensors["strings"] = Tensor(Shape{2, 2}, {"a", "", "b\n", "long long long long long long"});
  tensors["no strings"] = Tensor(DType::String, {0});
  tensors["ключ"] = Tensor(1);
  BundleWriter writer(dir / "new/model.ckpt");
  for (const auto& [name, tensor] : tensors) writer.add(name, tensor);
  writer.finish();
  const BundleReader reader(dir / "new/model.ckpt");
  EXPECT_EQ(reader.keys().size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    EXPECT_TRUE(reader.read(name).equals(tensor)) << name;
    Tensor into(tensor.dtype(), tensor.shape());
    reader.read_into(name, into);
    EXPECT_TRUE(into.equals(tensor)) << name;
  }
}

// proves: S1.24 S1.26 S1.34 S1.43 S9.24 E32 E33
TEST(Bundle, AssemblesAnyPartFromAnyPieces) {
  TempDir dir;
  BundleWriter writer(dir / "m");
  const auto part = [](const char* text) { return *parse_shape_and_slice(text); };
  for (const char* type : {"f", "s"}) {
    const bool strings = *type == 's';
    const auto piece = [&](Shape shape, std::vector<int> values) {
      if (!strings) return Tensor(shape, values);
      Tensor tensor(DType::String, shape);
      for (std::size_t i = 0; i < values.size(); ++i) tensor.at<std::string>(i) = std::to_string(values[i]);
      return tensor;
    };
    writer.add_slice(type, part("3 2 0,2:-"), piece({2, 2}, {0, 1, 10, 11}));
    writer.add_slice(type, part("3 2 2,1:0,1"), piece({1, 1}, {20}));
    writer.add_slice(type, part("3 2 2,1:1,1"), piece({1, 1}, {21}));
  }
  writer.add_slice("gap", part("3 0,2"), Tensor({2}, {1, 2}));
  writer.add_slice("one", part("2 0,2"), Tensor({2}, {1, 2}));
  writer.finish();
  const BundleReader reader(dir / "m");
  EXPECT_EQ(reader.keys(), (std::vector<std::string>{"f", "gap", "one", "s"}));
  EXPECT_EQ(reader.read("f").to_string(), "int32 [3,2] [[0,1],[10,11],[20,21]]");
  EXPECT_EQ(reader.read("s").to_string(), "string [3,2] [[\"0\",\"1\"],[\"10\",\"11\"],[\"20\",\"21\"]]");
  EXPECT_EQ(reader.read("f", part("3 2 1,2:1,1")).to_string(), "int32 [2,1] [[11],[21]]");
  EXPECT_EQ(reader.read("one", part("2 1,1")).to_string(), "int32 [1] [2]");
  EXPECT_TRUE(reader.entry("one").slices.empty());
  EXPECT_EQ(reader.read("gap", part("3 1,1")).to_string(), "int32 [1] [2]");
  EXPECT_THAT(error_of([&] { reader.read("gap"); }).what(), HasSubstr("sufficient slices"));
  EXPECT_THAT(error_of([&] { reader.read("gap", part("4 0,2")); }).what(),
              HasSubstr("does not match the shape stored"));
}

// proves: S1.22 S1.23
TEST(SliceKey, HasTensorFlowsBytes) {
  EXPECT_EQ(slice_key("w", {{{0, 4}, {0, -1}}}), std::string("\0w\0\1\1\2\x80\x84\x80\x7f", 10));
  EXPECT_EQ(slice_key("", {}), std::string("\0\0\1\0", 4));
  EXPECT_EQ(slice_key(std::string("\0\xff", 2), {}), std::string("\0\0\xff\xff\0\0\1\0", 8));
  EXPECT_EQ(slice_key("w", {{{63, 64}}}).substr(6), std::string("\xbf\xc0\x40"));
  EXPECT_EQ(slice_key("w", {{{8191, 8192}}}).substr(6), std::string("\xdf\xff\xe0\x20\x00", 5));
}

// proves: S1.25 E46
TEST(ShapeAndSlice, RefusesWhatIsNone) {
  const std::map<std::string, std::string> reasons = {
      {"4", "Need least two elements in shape_and_slice specification"},
      {"x 0,1", "Non numerical dimension in shape_and_slice"},
      {"-1 -", "Non numerical dimension in shape_and_slice"},
      {"4 -1,2", "Non numerical dimension in shape_and_slice"},
      {"4 ", "Expected a pair of numbers or '-' but got ''"},
      {"4 0", "Expected a pair of numbers or '-' but got '0'"},
      {"4 0,0", "Expected non-negative start and positive length"},
      {"4 0,1:-", "Mismatching ranks: shape = [4], slice = 0,1:-"},
      {"4 3,2", "Extent in dimension 0 out of bounds: shape = [4], slice = 3,2"}};
  for (const auto& [text, reason] : reasons) {
    SCOPED_TRACE(text);
    expect_says(error_of([&] { parse_shape_and_slice(text); }), Code::InvalidArgument, reason);
  }
  TempDir dir;
  BundleWriter writer(dir / "m");
  EXPECT_THAT(error_of([&] { writer.add_slice("a", *parse_shape_and_slice("4 0,2"), Tensor({3}, {1, 2, 3})); }).what(),
              HasSubstr("Slice in shape_and_slice specification does not match the shape of the tensor to save"));
  EXPECT_EQ(parse_shape_and_slice(""), std::nullopt);
}

TEST(BundleReader, GoesOnReadingWhatWasOverwritten) {
  TempDir dir;
  const auto save = [&](int value) {
    BundleWriter writer(dir / "m");
    writer.add("v", Tensor(value));
    writer.finish();
  };
  save(1);
  const BundleReader reader(dir / "m");
  reader.open_data();
  save(2);
  EXPECT_EQ(reader.read("v").scalar<int>(), 1);
  EXPECT_EQ(BundleReader(dir / "m").read("v").scalar<int>(), 2);
}

TEST(BundleReader, ServesManyThreads) {
  const BundleReader reader(kFixtures + "/every_dtype/model.ckpt");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (const std::string& name : reader.keys()) EXPECT_TRUE(reader.read(name).defined());
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// proves: E45
TEST(BundleWriter, LeavesNothingWithoutFinish) {
  TempDir dir;
  {
    BundleWriter writer(dir / "m");
    writer.add("v", Tensor(1));
    EXPECT_EQ(error_of([&] { writer.add("v", Tensor(1)); }).what(), std::string("Adding duplicate key: v"));
    expect_code(error_of([&] { writer.add("", Tensor(1)); }), Code::InvalidArgument);
    expect_code(error_of([&] { writer.add("o", Tensor::object(DType::Resource, nullptr)); }), Code::Unimplemented);
  }
  EXPECT_EQ(files_in(dir.path()), 0u);
}

TEST(BundleWriter, LeavesTheOldCheckpointWhenItFails) {
  TempDir dir;
  fs::create_directory(dir / "m.index");  // the index cannot be written
  BundleWriter writer(dir / "m");
  writer.add("v", Tensor(1));
  expect_code(error_of([&] { writer.finish(); }), Code::FailedPrecondition);
  EXPECT_FALSE(file_exists(dir / "m.data-00000-of-00001"));
}

// proves: S1.30
TEST(MergeBundles, RenumbersShardsAndJoinsPieces) {
  TempDir dir;
  fs::create_directory(dir / "m_temp");
  for (int i = 0; i < 2; ++i) {
    BundleWriter writer(dir / ("m_temp/part-0000" + std::to_string(i) + "-of-00002"));
    writer.add("v" + std::to_string(i), Tensor(i));
    writer.add_slice("w", *parse_shape_and_slice(i == 0 ? "2 0,1" : "2 1,1"), Tensor({1}, {i}));
    writer.finish();
  }
  merge_bundles({dir / "m_temp/part-00000-of-00002", dir / "m_temp/part-00001-of-00002"}, dir / "m");
  const BundleReader reader(dir / "m");
  EXPECT_EQ(reader.header().num_shards, 2);
  EXPECT_EQ(reader.read("v1").scalar<int>(), 1);
  EXPECT_EQ(reader.read("w").to_string(), "int32 [2] [0,1]");
  EXPECT_EQ(files_in(dir.path()), 3u);
}

// proves: S1.30 E47
TEST(MergeBundles, RefusesMissingPartsAndDuplicates) {
  TempDir dir;
  for (const char* name : {"a", "b"}) {
    BundleWriter writer(dir / name);
    writer.add("v", Tensor(1));
    writer.finish();
  }
  EXPECT_THAT(error_of([&] { merge_bundles({dir / "a", dir / "b"}, dir / "m"); }).what(),
              HasSubstr("Duplicate tensor keyed by v"));
  EXPECT_THAT(error_of([&] { merge_bundles({dir / "a", dir / "none"}, dir / "m"); }).what(),
              HasSubstr("did not exist"));
  EXPECT_THAT(error_of([&] { merge_bundles({dir / "none"}, dir / "m", true); }).what(),
              HasSubstr("At least one prefix"));
  EXPECT_EQ(files_in(dir.path()), 4u);
}

}  // namespace
}  // namespace tenon
