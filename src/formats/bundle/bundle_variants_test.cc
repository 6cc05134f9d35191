#include "formats/bundle/bundle_variants.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "formats/bundle/bundle_reader.h"
#include "formats/bundle/bundle_writer.h"
#include "formats/table/table_writer.h"
#include "testing/errors.h"
#include "testing/temp_dir.h"

namespace tenon {
namespace {

const std::string kFixtures = std::string(TENON_FIXTURES) + "/dtypes/";
const std::string kData = ".data-00000-of-00001";

void write_again(const std::string& from, const std::string& to) {
  const BundleReader reader(from);
  BundleWriter writer(to);
  for (const std::string& name : reader.keys()) writer.add(name, reader.read(name));
  writer.finish();
}

// proves: S1.19
TEST(BundleVariants, AreReadAndWrittenWithTensorFlowsBytes) {
  const BundleReader reader(kFixtures + "variants");
  EXPECT_EQ(reader.read("list").object_at(0)->describe(), "stored variant tensorflow::TensorList");
  EXPECT_EQ(reader.read("lists").shape(), (Shape{2}));
  EXPECT_EQ(reader.read("none").shape(), (Shape{0}));
  EXPECT_EQ(reader.read("optional").object_at(0)->describe(), "stored variant tensorflow::data::Optional");
  EXPECT_EQ(reader.read("sparse").elements(), 3);
  for (const std::string& name : reader.keys()) reader.verify(name);
  TempDir dir;
  write_again(kFixtures + "variants", dir / "m");
  for (const std::string& ending : {std::string(".index"), kData}) {
    EXPECT_TRUE(read_file(dir / "m" + ending) == read_file(kFixtures + "variants" + ending)) << ending;
  }
}

TEST(BundleVariants, AreEqualIfTheirBytesAre) {
  const BundleReader reader(kFixtures + "variants");
  EXPECT_TRUE(reader.read("lists").equals(reader.read("lists")));
  EXPECT_FALSE(reader.read("list").equals(reader.read("optional")));
  const Tensor lists = reader.read("lists");
  EXPECT_TRUE(lists.slice0(0, 1).equals(lists.slice0(1, 2)));
}

TEST(BundleVariants, AreAssembledFromPieces) {
  TempDir dir;
  const Tensor sparse = BundleReader(kFixtures + "variants").read("sparse");
  BundleWriter writer(dir / "m");
  writer.add_slice("v", *parse_shape_and_slice("3 0,2"), sparse.slice0(0, 2).clone());
  writer.add_slice("v", *parse_shape_and_slice("3 2,1"), sparse.slice0(2, 3).clone());
  writer.finish();
  EXPECT_TRUE(BundleReader(dir / "m").read("v").equals(sparse));
}

TEST(BundleVariants, ThatCameFromNoFileAreRefusedBeforeAnythingIsWritten) {
  TempDir dir;
  Tensor variants(DType::Variant, {2});
  BundleWriter writer(dir / "m");
  expect_says(error_of([&] { writer.add("v", variants); }), Code::Unimplemented,
              "tensor \"v\": its element 0 is empty");
  expect_says(error_of([&] { writer.add("r", Tensor(DType::Resource, {})); }), Code::Unimplemented,
              "is of type resource");
  writer.add("v", Tensor(1));
  writer.finish();
  EXPECT_EQ(BundleReader(dir / "m").keys(), std::vector<std::string>{"v"});
}

// proves: S1.19
TEST(BundleVariants, OfTheOtherByteOrderAreRefused) {
  TempDir dir;
  BundleHeader header;
  header.big_endian = true;
  const std::string path = kFixtures + "variants";
  const BundleEntry list = BundleReader(path).entry("list");
  write_file_atomic(dir / "m.index",
                    table_bytes({{"", bundle_header_bytes(header)}, {"list", bundle_entry_bytes(list)}}));
  write_file_atomic(dir / "m" + kData, read_file(path + kData));
  expect_says(error_of([&] { BundleReader(dir / "m").read("list"); }), Code::Unimplemented, "other byte order");
}

// proves: S1.16
TEST(BundleTypes, OfOneByteAreReadAndWrittenWithTensorFlowsBytes) {
  const BundleReader reader(kFixtures + "one_byte");
  EXPECT_EQ(reader.keys().size(), 14u);
  for (const std::string& name : reader.keys()) {
    const Tensor tensor = reader.read(name);
    EXPECT_EQ(dtype_name(tensor.dtype()), name);
    const bool two = name == "bool" || name == "int2";
    const std::string bits = two ? std::string("\0\1\0\1", 4) : std::string("\0\1\2\3", 4);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(tensor.raw()), 4), bits) << name;
  }
  TempDir dir;
  write_again(kFixtures + "one_byte", dir / "m");
  for (const std::string& ending : {std::string(".index"), kData}) {
    EXPECT_TRUE(read_file(dir / "m" + ending) == read_file(kFixtures + "one_byte" + ending)) << ending;
  }
}

// proves: S1.5 S1.29
TEST(BundleForms, OfABigEndianMachineAndWithSnappyHaveTheSameValues) {
  const BundleReader big(kFixtures + "big_endian"), packed(kFixtures + "packed");
  EXPECT_TRUE(big.header().big_endian);
  EXPECT_EQ(big.keys(), packed.keys());
  for (const std::string& name : big.keys()) EXPECT_TRUE(big.read(name).equals(packed.read(name))) << name;
  EXPECT_EQ(big.read("complex128").to_string(), "complex128 [2] [(1+2j),(-0-3.5j)]");
  EXPECT_EQ(big.read("half").to_string(), "float16 [2] [1,-2.5]");
  EXPECT_EQ(big.read("int64").to_string(), "int64 [] -1099511627776");
  EXPECT_EQ(big.read("strings").at<std::string>(0), "one");
  EXPECT_EQ(big.read("strings").at<std::string>(2).size(), 200u);
  EXPECT_EQ(big.read("no_strings").elements(), 0);
}

}  // namespace
}  // namespace tenon
