#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <numeric>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/crc32c.h"
#include "base/nearest_names.h"
#include "base/parallel_for.h"
#include "base/rare_string.h"
#include "base/simd.h"
#include "tenon/error.h"
#include "testing/errors.h"

namespace tenon {
namespace {

TEST(Crc32c, GivesTheStandardCheckValue) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
}

TEST(Crc32c, ExtendsAcrossPieces) { EXPECT_EQ(crc32c_extend(crc32c("12345"), "6789"), crc32c("123456789")); }

TEST(Crc32c, CombinesPieces) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += static_cast<char>(i * 31);
  for (const std::size_t cut : {std::size_t{0}, std::size_t{1}, std::size_t{255}, std::size_t{4096}, text.size()}) {
    const std::string_view first = std::string_view(text).substr(0, cut), second = std::string_view(text).substr(cut);
    EXPECT_EQ(crc32c_combine(crc32c(first), crc32c(second), second.size()), crc32c(text)) << cut;
  }
}

TEST(Crc32c, MasksAndUnmasks) {
  EXPECT_EQ(crc32c_mask(crc32c("")), 0xa282ead8u);
  EXPECT_EQ(crc32c_unmask(crc32c_mask(0x12345678u)), 0x12345678u);
}

TEST(ByteReader, ReadsWhatTheWriterWrote) {
  std::string bytes;
  put_varint64(bytes, 300);
  put_varint64(bytes, ~std::uint64_t{0});
  put_fixed32(bytes, 7);
  put_fixed64(bytes, 1ull << 40);
  put_big32(bytes, 0x01020304);
  ByteReader reader(bytes, "f");
  EXPECT_EQ(reader.varint32("a"), 300u);
  EXPECT_EQ(reader.varint64("b"), ~std::uint64_t{0});
  EXPECT_EQ(reader.fixed32("c"), 7u);
  EXPECT_EQ(reader.fixed64("d"), 1ull << 40);
  EXPECT_EQ(reader.big32("e"), 0x01020304u);
  EXPECT_TRUE(reader.at_end());
}

TEST(ByteReader, NamesFileByteAndWhatWasWanted) {
  ByteReader reader("abc", "model.index", 100);
  reader.skip(1, "start");
  EXPECT_EQ(error_text(Code::DataLoss, [&] { reader.bytes(~std::uint64_t{0}, "key"); }),
            "model.index: byte 101: key takes 18446744073709551615 bytes, only 2 are left");
}

TEST(ByteReader, RefusesVarintsThatAreTooLong) {
  EXPECT_THROW(ByteReader(std::string(11, '\xff'), "f").varint64("n"), Error);
  EXPECT_THROW(ByteReader("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", "f").varint64("n"), Error);
  EXPECT_THROW(ByteReader("\xff\xff\xff\xff\x7f", "f").varint32("n"), Error);
  EXPECT_THROW(ByteReader("\xff", "f").varint64("n"), Error);
}

TEST(ParallelFor, CoversEachElementOnce) {
  std::vector<int> seen(100'003, 0);
  parallel_for(static_cast<std::int64_t>(seen.size()), 100, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) ++seen[i];
  });
  EXPECT_EQ(std::accumulate(seen.begin(), seen.end(), 0), 100'003);
  EXPECT_EQ(*std::max_element(seen.begin(), seen.end()), 1);
}

TEST(ParallelFor, RunsSmallLoopsOnce) {
  int calls = 0;
  parallel_for(10, 10, [&](std::int64_t begin, std::int64_t end) { calls += begin == 0 && end == 10; });
  parallel_for(0, 10, [&](std::int64_t, std::int64_t) { ++calls; });
  EXPECT_EQ(calls, 1);
}

TEST(ParallelFor, PassesExceptionsOn) {
  EXPECT_THROW(parallel_for(1000, 1, [](std::int64_t, std::int64_t) { throw Error(Code::Aborted, "x"); }), Error);
}

TEST(ParallelFor, NestsInItself) {
  std::atomic<std::int64_t> sum{0};
  parallel_for(8, 1, [&](std::int64_t begin, std::int64_t end) {
    parallel_for(end - begin, 1, [&](std::int64_t b, std::int64_t e) { sum += e - b; });
  });
  EXPECT_EQ(sum, 8);
}

// The number of the task of which the error speaks.
template <typename Run>
int first_failure(Run run) {
  return std::stoi(error_text(Code::Aborted, run));
}

[[noreturn]] void fail_as(std::int64_t task) { throw Error(Code::Aborted, std::to_string(task)); }

TEST(ParallelTasks, ThrowWhatTheFirstOfThemThrew) {
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(first_failure([] {
                parallel_tasks(1000, [](std::size_t task) {
                  if (task % 100 >= 40) fail_as(static_cast<std::int64_t>(task));
                });
              }),
              40);
  }
}

TEST(ParallelPieces, CoverEachElementOnce) {
  std::vector<int> seen(10'003, 0);
  parallel_pieces(static_cast<std::int64_t>(seen.size()), 100, [&](std::int64_t begin, std::int64_t end) {
    EXPECT_TRUE(begin % 100 == 0 && (end - begin == 100 || end == 10'003));
    for (std::int64_t i = begin; i < end; ++i) ++seen[static_cast<std::size_t>(i)];
  });
  EXPECT_EQ(seen, std::vector<int>(10'003, 1));
  parallel_pieces(0, 100, [](std::int64_t, std::int64_t) { ADD_FAILURE(); });
}

TEST(ParallelPieces, ThrowWhatTheFirstOfThemThrewAlsoInsideAnotherLoop) {
  const auto pieces = [] {
    parallel_pieces(1000, 1, [](std::int64_t begin, std::int64_t) {
      if (begin >= 300) fail_as(begin);
    });
  };
  EXPECT_EQ(first_failure(pieces), 300);
  EXPECT_EQ(first_failure([&] { parallel_for(2, 1, [&](std::int64_t, std::int64_t) { pieces(); }); }), 300);
}

TEST(RareString, IsEmptyUntilItIsSet) {
  RareString text;
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(text.str(), "");
  text = "/cpu:0";
  text.edit() += "!";
  EXPECT_EQ(text.str(), "/cpu:0!");
  const RareString moved = std::move(text);
  EXPECT_EQ(std::string_view(moved), "/cpu:0!");
  text = "";
  EXPECT_TRUE(text.empty());
}

TEST(RareString, CopiesItsText) {
  const RareString text("long enough to need memory of its own");
  RareString copy(text), assigned("other");
  assigned = text;
  copy.edit() += "!";
  EXPECT_EQ(assigned.str(), text.str());
  EXPECT_EQ(copy.str(), text.str() + "!");
  assigned = RareString();
  EXPECT_TRUE(assigned.empty());
}

TEST(NearestNames, FindsMistypedWrongCaseAndScopedNames) {
  const std::vector<std::string> names = {"conv2d/kernel", "conv2d/bias", "model/dense/kernel", "beta1_power", "Adam"};
  EXPECT_EQ(nearest_names("conv2d/kernal", names).front(), "conv2d/kernel");
  EXPECT_EQ(nearest_names("adam", names).front(), "Adam");
  EXPECT_EQ(nearest_names("dense/kernel", names).front(), "model/dense/kernel");
  EXPECT_TRUE(nearest_names("zzzzzz", names).empty());
}

TEST(NearestNames, PhrasesThem) {
  const std::vector<std::string> names = {"ab", "ac"};
  EXPECT_EQ(nearest_phrase("ad", names), "; nearest: \"ab\", \"ac\"");
  EXPECT_EQ(nearest_phrase("zz/zz/zz", names), "");
}

TENON_MULTIVERSION void add_one(const float* in, float* out, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) out[i] = in[i] + 1;
}

TEST(Simd, PicksAVersionThatRuns) {
  std::vector<float> values(1001, 1.f);
  add_one(values.data(), values.data(), 1001);
  EXPECT_EQ(values[1000], 2.f);
}

TEST(ErrorCode, HasTensorFlowsNamesAndNumbers) {
  EXPECT_EQ(code_name(Code::DataLoss), "DataLoss");
  EXPECT_EQ(static_cast<int>(Code::DataLoss), 15);
}

}  // namespace
}  // namespace tenon
