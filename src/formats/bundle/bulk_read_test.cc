#include <gtest/gtest.h>

#include <numeric>

#include "formats/bundle/bundle_reader.h"
#include "formats/bundle/bundle_writer.h"
#include "testing/temp_dir.h"

namespace tenon {
namespace {

Tensor counting(std::int64_t n) {
  Tensor tensor(DType::Float32, {n});
  std::iota(tensor.data<float>(), tensor.data<float>() + n, 1.f);
  return tensor;
}

// Tensors of all sizes around those at which reading and writing are cut into pieces.
class BulkReadTest : public testing::Test {
 protected:
  void SetUp() override {
    BundleWriter writer(dir_ / "m");
    for (const std::int64_t n : {0, 1, 3, 1000, 131071, 131072, 131073, 300000, 5, 0, 2}) {
      requests_.push_back({"t" + std::to_string(requests_.size()), std::nullopt});
      tensors_.push_back(counting(n));
      writer.add(requests_.back().name, tensors_.back());
    }
    requests_.push_back({"text", std::nullopt});
    tensors_.push_back(Tensor(Shape{2}, {"a", "bc"}));
    writer.add("text", tensors_.back());
    requests_.push_back({"flags", std::nullopt});
    tensors_.push_back(Tensor(Shape{3}, {true, false, true}));
    writer.add("flags", tensors_.back());
    writer.finish();
  }

  void expect_all(const std::vector<Tensor>& read) const {
    ASSERT_EQ(read.size(), tensors_.size());
    for (std::size_t i = 0; i < read.size(); ++i) EXPECT_TRUE(read[i].equals(tensors_[i])) << requests_[i].name;
  }

  TempDir dir_;
  std::vector<TensorRequest> requests_;
  std::vector<Tensor> tensors_;
};

TEST_F(BulkReadTest, GivesWhatWasWritten) { expect_all(BundleReader(dir_ / "m").read_all(requests_)); }

TEST_F(BulkReadTest, MapsWithTheSameValues) {
  expect_all(BundleReader(dir_ / "m").read_all(requests_, {.mapped = true}));
  expect_all(BundleReader(dir_ / "m").read_all(requests_, {.mapped = true, .check_mapped = true}));
}

TEST_F(BulkReadTest, NoticesADamagedByteInEachPiece) {
  std::string data = read_file(data_path(dir_ / "m", 0, 1));
  const std::string whole = data;
  for (std::size_t at = 0; at < data.size(); at += 65536) {
    data[at] ^= 1;
    write_file_atomic(data_path(dir_ / "m", 0, 1), data);
    EXPECT_THROW(BundleReader(dir_ / "m").read_all(requests_), Error) << at;
    EXPECT_THROW(BundleReader(dir_ / "m").read_all(requests_, {.mapped = true, .check_mapped = true}), Error) << at;
    data[at] ^= 1;
  }
}

TEST_F(BulkReadTest, ChangesOfMappedTensorsStayInTheProcess) {
  auto read = BundleReader(dir_ / "m").read_all(requests_, {.mapped = true});
  read[3].data<float>()[0] = -1;
  expect_all(BundleReader(dir_ / "m").read_all(requests_));
}

TEST_F(BulkReadTest, OneTensorAskedForTwiceGivesTwo) {
  const TensorRequest twice[] = {{"t3", std::nullopt}, {"t3", std::nullopt}};
  auto read = BundleReader(dir_ / "m").read_all(twice, {.mapped = true});
  read[0].data<float>()[0] = -1;
  EXPECT_EQ(read[1].data<float>()[0], 1);
}

TEST_F(BulkReadTest, TellsItsProgressUpToTheEnd) {
  std::uint64_t last = 0, total = 0;
  for (const Tensor& tensor : tensors_) total += tensor.bytes();
  ProgressMeter meter([&](std::uint64_t done, std::uint64_t all) {
    EXPECT_GE(done, last);
    EXPECT_EQ(all, total);
    last = done;
  }, total);
  BundleReader(dir_ / "m").read_all(requests_, {.progress = &meter});
  meter.finish();
  EXPECT_EQ(last, total);
}

}  // namespace
}  // namespace tenon
