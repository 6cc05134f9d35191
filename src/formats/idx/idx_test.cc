#include "formats/idx/idx.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "base/files.h"
#include "testing/errors.h"

namespace tenon {
namespace {

const std::string kMnist = std::string(TENON_SOURCE_DIR) + "/examples/data/mnist/";

std::string gzipped(const std::string& bytes) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(bytes.size() + 1000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Error error_in(const std::string& bytes) {
  return error_of([&] { parse_idx(bytes, "x"); });
}

TEST(Idx, ImagesBecomeFloatsFromZeroToOne) {
  const Tensor pixels = read_idx(kMnist + "t10k-images-idx3-ubyte.gz");
  const Tensor images = read_images(kMnist + "t10k-images-idx3-ubyte.gz");
  ASSERT_EQ(images.shape(), pixels.shape());
  for (std::int64_t i = 0; i < images.elements(); ++i) {
    ASSERT_EQ(images.at<float>(i), static_cast<float>(pixels.at<std::uint8_t>(i)) / 255.f);
  }
}

TEST(Idx, ReadsDigitsAndLabels) {
  const Tensor images = read_idx(kMnist + "t10k-images-idx3-ubyte.gz");
  const Tensor labels = read_idx(kMnist + "t10k-labels-idx1-ubyte.gz");
  EXPECT_EQ(images.shape().to_string(), "[1000,28,28]");
  EXPECT_EQ(images.dtype(), DType::UInt8);
  EXPECT_EQ(labels.shape().to_string(), "[1000]");
  for (const std::uint8_t label : labels.flat<std::uint8_t>()) EXPECT_LT(label, 10);
}

const std::string kInts("\0\0\x0b\1\0\0\0\2\1\2\xff\xff", 12);

TEST(Idx, TurnsBigEndianElementsRound) {
  EXPECT_EQ(parse_idx(kInts, "x").to_string(), "int16 [2] [258,-1]");
  EXPECT_EQ(parse_idx(gzipped(kInts), "x").to_string(), "int16 [2] [258,-1]");
  EXPECT_EQ(parse_idx(gzipped(kInts.substr(0, 9)) + gzipped(kInts.substr(9)), "x").to_string(), "int16 [2] [258,-1]");
}

TEST(Idx, RefusesFilesThatAreTooShortOrTooLong) {
  for (const bool zip : {false, true}) {
    const auto bytes = [&](const std::string& plain) { return zip ? gzipped(plain) : plain; };
    expect_says(error_in(bytes(kInts + "x")), Code::DataLoss, "after the last element");
    for (std::size_t size = 0; size < kInts.size(); ++size)
      expect_code(error_in(bytes(kInts.substr(0, size))), Code::DataLoss);
  }
  const std::string packed = gzipped(kInts);
  for (std::size_t size = 0; size < packed.size(); ++size)
    expect_code(error_in(packed.substr(0, size)), Code::DataLoss);
}

TEST(Idx, AllocatesNothingForAMereClaim) {
  const std::string huge("\0\0\x08\2\x7f\xff\xff\xff\x7f\xff\xff\xff", 12);
  expect_says(error_in(huge), Code::DataLoss, "does not fit");
  expect_says(error_in(gzipped(huge)), Code::DataLoss, "does not fit");
}

TEST(Idx, SaysWhatIsNone) { expect_says(error_in("hello"), Code::DataLoss, "no idx file"); }

}  // namespace
}  // namespace tenon
