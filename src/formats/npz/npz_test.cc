#include "formats/npz/npz.h"

#include <gtest/gtest.h>

#include <complex>

#include "formats/npz/npy_header.h"
#include "testing/errors.h"
#include "testing/temp_dir.h"

namespace tenon {
namespace {

std::string npy(const std::string& dict, const std::string& data, int version = 1) {
  std::string bytes = "\x93NUMPY";
  bytes += static_cast<char>(version);
  bytes += '\0';
  bytes += static_cast<char>(dict.size());
  bytes += version == 1 ? std::string(1, '\0') : std::string(3, '\0');
  return bytes + dict + data;
}

std::string dict(const std::string& descr, const std::string& shape, const char* fortran = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n";
}

Code code_of(const std::string& bytes, bool archive = false) {
  const Error error = archive ? error_of([&] { parse_npz(bytes, "x"); }) : error_of([&] { parse_npy(bytes, "x"); });
  EXPECT_EQ(std::string(error.what()).substr(0, 1), "x");
  return error.code();
}

TEST(Npz, KeepsEveryTypeThatNumpyHas) {
  std::map<std::string, Tensor> arrays;
  for (const DType type : {DType::Bool, DType::Int8, DType::Int16, DType::Int32, DType::Int64, DType::UInt8,
                           DType::UInt16, DType::UInt32, DType::UInt64, DType::Float16, DType::BFloat16, DType::Float32,
                           DType::Float64, DType::Complex64, DType::Complex128}) {
    for (const Shape& shape : {Shape{}, Shape{3}, Shape{2, 0}, Shape{2, 3, 4}}) {
      Tensor tensor = Tensor::zeros(type, shape);
      for (std::size_t i = 0; i < tensor.bytes(); ++i) tensor.raw()[i] = static_cast<std::byte>(i % 2);
      arrays["scope/" + dtype_name(type) + shape.to_string() + ":0"] = tensor;
    }
  }
  arrays["s"] = Tensor(Shape{2}, {"abc", ""});
  arrays["none"] = Tensor(DType::String, {0});
  arrays["\xc3\xa9"] = Tensor(1);
  TempDir dir;
  write_npz(dir / "a.npz", arrays);
  const auto again = read_npz(dir / "a.npz");
  ASSERT_EQ(again.size(), arrays.size());
  for (const auto& [name, tensor] : arrays) EXPECT_TRUE(again.at(name).equals(tensor)) << name;
  EXPECT_TRUE(npz_bytes(arrays) == npz_bytes(again));
}

TEST(Npz, ReadsWhatNumpyWrote) {
  const auto expected = read_npz(std::string(TENON_FIXTURES) + "/every_dtype/expected.npz");
  EXPECT_GT(expected.size(), 10u);
  EXPECT_TRUE(read_npz(std::string(TENON_FIXTURES) + "/every_dtype/feeds.npz").empty());
  const auto arrays = read_npz(std::string(TENON_FIXTURES) + "/npz/arrays.npz");
  EXPECT_EQ(arrays.at("bfloat16").bitcast(DType::BFloat16).to_string(), "bfloat16 [2] [1,2]");
  EXPECT_EQ(arrays.at("text").to_string(), "string [2] [\"\xc3\xa9\",\"\"]");
  EXPECT_EQ(arrays.at("bytes").to_string(), "string [2] [\"ab\",\"c\"]");
  EXPECT_EQ(arrays.at("fortran").to_string(), "int64 [2,3] [[0,1,2],[3,4,5]]");
  EXPECT_EQ(arrays.at("big").to_string(), "int32 [3] [0,1,2]");
  EXPECT_EQ(arrays.at("scalar").to_string(), "float32 [] 3");
  const auto packed = read_npz(std::string(TENON_FIXTURES) + "/npz/deflated.npz");
  EXPECT_EQ(packed.at("zeros").shape().to_string(), "[1000]");
}

TEST(Npy, ReadsAllVersionsAndSpellings) {
  const std::string data("\1\0\0\0\2\0\0\0", 8);
  for (int version : {1, 2, 3})
    EXPECT_EQ(parse_npy(npy(dict("<i4", "(2,)"), data, version), "x").to_string(), "int32 [2] [1,2]");
  EXPECT_EQ(parse_npy(npy(dict("<i4", "(2L,)"), data), "x").to_string(), "int32 [2] [1,2]");
  EXPECT_EQ(parse_npy(npy("{\"shape\":(2,1),\"fortran_order\":True,\"descr\":\"=i4\"}", data), "x").to_string(),
            "int32 [2,1] [[1],[2]]");
  EXPECT_EQ(parse_npy(npy(dict(">c8", "()"), std::string("\x3f\x80\0\0\x40\0\0\0", 8)), "x").to_string(),
            "complex64 [] (1+2j)");
  EXPECT_EQ(parse_npy(npy(dict("|S2", "(2, 2)", "True"), std::string("a\0b\0c\0d\0", 8)), "x").to_string(),
            "string [2,2] [[\"a\",\"c\"],[\"b\",\"d\"]]");
}

TEST(Npy, TurnsFortranOrderRound) {
  const Tensor t =
      parse_npy(npy(dict("|u1", "(2, 3, 2)", "True"), std::string("\0\1\2\3\4\5\6\7\10\11\12\13", 12)), "x");
  EXPECT_EQ(t.to_string(12), "uint8 [2,3,2] [[[0,6],[2,8],[4,10]],[[1,7],[3,9],[5,11]]]");
}

TEST(Npy, RefusesObjectsAndRecords) {
  EXPECT_EQ(code_of(npy(dict("|O", "(1,)"), "x")), Code::Unimplemented);
  EXPECT_EQ(code_of(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", "1234")),
            Code::Unimplemented);
  EXPECT_EQ(code_of(npy(dict("<M8[ns]", "(1,)"), "12345678")), Code::DataLoss);
  EXPECT_EQ(code_of(npy(dict("<f16", "(1,)"), std::string(16, 'x'))), Code::Unimplemented);
}

TEST(Npy, RefusesWhatIsDamaged) {
  const std::string good = npy(dict("<i4", "(2,)"), "12345678");
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_EQ(code_of(good.substr(0, size)), Code::DataLoss);
  EXPECT_EQ(code_of(good + "x"), Code::DataLoss);
  EXPECT_EQ(code_of(npy(dict("<i4", "(-2,)"), "")), Code::DataLoss);
  EXPECT_EQ(code_of(npy(dict("<i4", "(99999999999,99999999999)"), "")), Code::DataLoss);
  EXPECT_EQ(code_of(npy(dict("<i4", "(4000000000,)"), "")), Code::DataLoss);
  EXPECT_EQ(code_of(npy(dict("|S0", "(4000000000,)"), "")), Code::DataLoss);
  EXPECT_EQ(code_of(npy(dict("<U1", "(1,)"), "\xff\xff\xff\xff")), Code::DataLoss);
  EXPECT_EQ(code_of("hello"), Code::DataLoss);
}

TEST(Npz, RefusesWhatIsDamaged) {
  const std::string good = npz_bytes({{"a", Tensor({2}, {1, 2})}, {"b", Tensor("x")}});
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_EQ(code_of(good.substr(0, size), true), Code::DataLoss);
  std::string flipped = good;
  flipped[good.find("NUMPY") + 130] ^= 1;
  EXPECT_EQ(code_of(flipped, true), Code::DataLoss);
  EXPECT_EQ(code_of("hello", true), Code::DataLoss);
  EXPECT_EQ(code_of("", true), Code::DataLoss);
}

TEST(Npz, CannotHoldEverything) {
  EXPECT_THROW(npz_bytes({{"a", Tensor(std::string("x\0", 2))}}), Error);
  EXPECT_THROW(npz_bytes({{"a", Tensor::object(DType::Variant, nullptr)}}), Error);
  EXPECT_TRUE(parse_npz(npz_bytes({}), "x").empty());
}

}  // namespace
}  // namespace tenon
