#include "tenon/tensor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <cstring>
#include <limits>
#include <sstream>
#include <thread>

#include "tensor/buffer_pool.h"

namespace tenon {
namespace {

TEST(DType, KnowsNamesAndSizes) {
  EXPECT_EQ(dtype_name(DType::Float32), "float32");
  EXPECT_EQ(dtype_name(ref_dtype(DType::Float32)), "float32_ref");
  EXPECT_EQ(dtype_name(static_cast<DType>(77)), "unknown(77)");
  EXPECT_EQ(dtype_enum_name(DType::Float16), "DT_HALF");
  EXPECT_EQ(dtype_enum_name(ref_dtype(DType::Float32)), "DT_FLOAT_REF");
  EXPECT_EQ(dtype_size(DType::Complex128), 16u);
  EXPECT_EQ(dtype_size(DType::Int4), 1u);
  EXPECT_EQ(dtype_size(DType::String), 0u);
}

TEST(DType, TakesEveryNameBack) {
  for (int number = 1; number <= 32; ++number) {
    const auto type = static_cast<DType>(number);
    EXPECT_EQ(dtype_from_name(dtype_name(type)), type);
    EXPECT_EQ(dtype_from_name(dtype_enum_name(type)), type);
    EXPECT_EQ(dtype_from_name(dtype_name(ref_dtype(type))), ref_dtype(type));
  }
  EXPECT_EQ(dtype_from_name("float"), DType::Float32);
  EXPECT_EQ(dtype_from_name("nope"), DType::Invalid);
}

TEST(Half, GoesThroughFloatUnchanged) {
  for (int bits = 0; bits < 0x10000; ++bits) {
    Half half;
    half.bits = static_cast<std::uint16_t>(bits);
    const float wide = static_cast<float>(half);
    if (std::isnan(wide)) {
      EXPECT_EQ(Half(wide).bits & 0x7fff, 0x7e00);
    } else {
      EXPECT_EQ(Half(wide).bits, bits);
    }
  }
}

TEST(Half, RoundsToNearestEven) {
  EXPECT_EQ(Half(2049.f).bits, Half(2048.f).bits);
  EXPECT_EQ(Half(2051.f).bits, Half(2052.f).bits);
  EXPECT_EQ(Half(65519.f).bits, 0x7bff);
  EXPECT_EQ(Half(65520.f).bits, 0x7c00);
  EXPECT_EQ(Half(std::ldexp(1.f, -25)).bits, 0);
  EXPECT_EQ(Half(std::ldexp(1.5f, -25)).bits, 1);
  EXPECT_EQ(Half(-std::numeric_limits<float>::infinity()).bits, 0xfc00);
}

TEST(BFloat16, RoundsToNearestEven) {
  EXPECT_EQ(BFloat16(1.f).bits, 0x3f80);
  EXPECT_EQ(BFloat16(1.00390625f).bits, 0x3f80);   // halfway: even stays
  EXPECT_EQ(BFloat16(1.01171875f).bits, 0x3f82);   // halfway: odd goes up
  EXPECT_EQ(BFloat16(std::numeric_limits<float>::quiet_NaN()).bits, 0x7fc0);
  EXPECT_EQ(BFloat16(std::numeric_limits<float>::max()).bits, 0x7f80);
}

TEST(Shape, CountsAndPrints) {
  EXPECT_EQ((Shape{2, 3}).elements(), 6);
  EXPECT_EQ((Shape{}).elements(), 1);
  EXPECT_EQ((Shape{2, 0}).to_string(), "[2,0]");
}

TEST(Shape, KeepsManyDimensions) {
  Shape shape;
  for (int i = 0; i < 20; ++i) shape.push_back(i + 1);
  const Shape copy = shape;
  EXPECT_EQ(copy[19], 20);
  EXPECT_EQ(copy, shape);
  EXPECT_EQ(Shape(std::span<const std::int64_t>(copy)), shape);
}

Shape shape_of_rank(int rank, std::int64_t size) {
  return Shape(std::vector<std::int64_t>(static_cast<std::size_t>(rank), size));
}

TEST(Shape, IsCopiedAndMovedWhateverTheRanks) {
  for (int from = 0; from < 12; ++from) {
    for (int to = 0; to < 12; ++to) {
      const Shape source = shape_of_rank(from, from + 1);
      Shape copied = shape_of_rank(to, 7);
      Shape moved = copied, given = source;
      copied = source;
      moved = std::move(given);
      EXPECT_EQ(copied, source);
      EXPECT_EQ(moved, source);
      copied.push_back(5);
      EXPECT_EQ(copied.rank(), from + 1);
      EXPECT_EQ(copied.back(), 5);
      EXPECT_NE(copied, moved);
    }
  }
}

TEST(Shape, RefusesWhatIsNoShape) {
  const std::int64_t negative[] = {2, -1}, huge[] = {1ll << 32, 1ll << 32}, empty[] = {1ll << 32, 1ll << 32, 0};
  EXPECT_THROW(Shape::make(negative), Error);
  EXPECT_THROW(Shape::make(huge), Error);
  EXPECT_THROW(Shape::make(empty), Error);
  EXPECT_THROW(Shape::make(std::vector<std::int64_t>(255, 1)), Error);
}

TEST(PartialShape, MergesWhatBothKnow) {
  const PartialShape merged = PartialShape{-1, 28}.merge_with(PartialShape{3, -1});
  EXPECT_EQ(merged.to_string(), "[3,28]");
  EXPECT_EQ((PartialShape{-1, 28, 28}).to_string(), "[?,28,28]");
  EXPECT_EQ(PartialShape::unknown().to_string(), "<unknown>");
  EXPECT_THROW((PartialShape{2}.merge_with(PartialShape{3})), Error);
  EXPECT_FALSE((PartialShape{2}.compatible_with(Shape{2, 2})));
  EXPECT_EQ((PartialShape{2, 3}).elements(), 6);
  EXPECT_EQ((PartialShape{-1, 3}).elements(), -1);
  EXPECT_THROW((PartialShape{-1}.to_shape()), Error);
}

TEST(Tensor, HoldsListsAndScalars) {
  Tensor a({2, 3}, {1.f, 2.f, 3.f, 4.f, 5.f, 6.f});
  EXPECT_EQ(a.data<float>()[4], 5);
  EXPECT_EQ(Tensor(7).scalar<int>(), 7);
  EXPECT_EQ(Tensor("hi").scalar<std::string>(), "hi");
  EXPECT_EQ(Tensor(true).dtype(), DType::Bool);
  EXPECT_EQ(Tensor(Shape{2}, {"a", "b"}).at<std::string>(1), "b");
  EXPECT_THROW(Tensor({2}, {1.f}), Error);
  EXPECT_THROW(a.data<int>(), Error);
  EXPECT_THROW(a.scalar<float>(), Error);
  EXPECT_THROW(Tensor().data<float>(), Error);
}

TEST(Tensor, PrintsAsTheHeaderSays) {
  EXPECT_EQ(Tensor({2, 3}, {1.f, 2.f, 3.f, 4.f, 5.f, 6.f}).to_string(), "float32 [2,3] [[1,2,3],[4,5,6]]");
  EXPECT_EQ(Tensor({2, 3}, {1.f, 2.f, 3.f, 4.f, 5.f, 6.f}).to_string(4), "float32 [2,3] [[1,2,3],[4,...]]");
  EXPECT_EQ(Tensor({2, 2}, {1.f, 2.f, 3.f, 4.f}).to_string(2), "float32 [2,2] [[1,2],...]");
  EXPECT_EQ(Tensor(0.5).to_string(), "float64 [] 0.5");
  EXPECT_EQ(Tensor("a\"b\n").to_string(), "string [] \"a\\\"b\\n\"");
  EXPECT_EQ(Tensor(true).to_string(), "bool [] true");
  std::ostringstream values;
  values << Tensor(3.f) << ' ' << Tensor({2, 2}, {1, 2, 3, 4}) << ' ' << Tensor(float32, {2, 0}) << ' ' << Tensor();
  EXPECT_EQ(values.str(), "3 [[1,2],[3,4]] [] undefined");
  EXPECT_EQ(Tensor(std::complex<float>(1, -2)).to_string(), "complex64 [] (1-2j)");
  EXPECT_EQ(Tensor(DType::Float32, {0, 3}).to_string(), "float32 [0,3] []");
  EXPECT_EQ(Tensor(std::int8_t{-3}).to_string(), "int8 [] -3");
  EXPECT_EQ(Tensor().to_string(), "undefined");
}

TEST(Tensor, AllowsZeroElements) {
  Tensor empty(DType::Float32, {0, 3});
  EXPECT_EQ(empty.elements(), 0);
  EXPECT_TRUE(empty.clone().equals(empty));
  EXPECT_TRUE(empty.reshaped({3, 0}).flat<float>().empty());
  EXPECT_EQ(Tensor(DType::String, {0}).elements(), 0);
  EXPECT_TRUE(Tensor::zeros(DType::Int32, {0}).equals(Tensor(DType::Int32, {0})));
}

TEST(Tensor, SharesMemoryUntilCloned) {
  Tensor a({4}, {1, 2, 3, 4});
  EXPECT_TRUE(a.unique());
  Tensor b = a.reshaped({2, 2});
  EXPECT_FALSE(a.unique());
  Tensor c = a.clone();
  a.at<int>(0) = 9;
  EXPECT_EQ(b.at<int>(0), 9);
  EXPECT_EQ(c.at<int>(0), 1);
  EXPECT_THROW(a.reshaped({3}), Error);
}

TEST(Tensor, SlicesRows) {
  Tensor a({3, 2}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(a.slice0(1, 3).to_string(), "int32 [2,2] [[3,4],[5,6]]");
  EXPECT_THROW(a.slice0(2, 4), Error);
  EXPECT_EQ(Tensor(Shape{3}, {"a", "b", "c"}).slice0(2, 3).at<std::string>(0), "c");
}

TEST(Tensor, TakesBitsAsAnotherType) {
  EXPECT_EQ(Tensor(1.f).bitcast(DType::Int32).scalar<int>(), 0x3f800000);
  EXPECT_THROW(Tensor(1.f).bitcast(DType::Int64), Error);
}

TEST(Tensor, ComparesBits) {
  EXPECT_TRUE(Tensor(1.f).equals(Tensor(1.f)));
  EXPECT_FALSE(Tensor(0.f).equals(Tensor(-0.f)));
  EXPECT_FALSE(Tensor(1.f).equals(Tensor(1)));
  EXPECT_FALSE(Tensor("a").equals(Tensor("b")));
}

struct Thing : Object {
  std::string describe() const override { return "thing"; }
};

TEST(Tensor, CarriesObjects) {
  auto thing = std::make_shared<Thing>();
  std::weak_ptr<Thing> watch = thing;
  {
    Tensor tensor = Tensor::object(DType::Resource, std::move(thing));
    EXPECT_EQ(tensor.object_at(0)->describe(), "thing");
    EXPECT_EQ(tensor.to_string(), "resource [] <thing>");
    EXPECT_THROW(Tensor(1).object_at(0), Error);
  }
  EXPECT_TRUE(watch.expired());
}

TEST(Buffer, IsAlignedAtEverySize) {
  for (std::size_t bytes : {0, 1, 63, 64, 65, 255, 256, 257, 1000, 4096, 5000, 1 << 20, (1 << 20) + 1}) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(Buffer::allocate(bytes)->data()) % 64, 0u) << bytes;
  }
}

TEST(Buffer, KeepsTheOwnerOfWrappedMemory) {
  auto owner = std::make_shared<std::vector<float>>(std::vector<float>{1, 2});
  std::weak_ptr<std::vector<float>> watch = owner;
  auto* data = owner->data();
  {
    Tensor tensor(DType::Float32, {2}, Buffer::wrap(data, 8, std::move(owner)));
    EXPECT_EQ(tensor.at<float>(1), 2);
    EXPECT_FALSE(watch.expired());
  }
  EXPECT_TRUE(watch.expired());
}

TEST(Buffer, RefusesImpossibleSizes) {
  EXPECT_THROW(Buffer::allocate(std::numeric_limits<std::size_t>::max() - 5), Error);
  EXPECT_THROW(Tensor(DType::Float64, {1ll << 62}), Error);
  EXPECT_THROW(Tensor(DType::String, {1ll << 62}), Error);
  EXPECT_THROW(Tensor(DType::Invalid, {1}), Error);
}

#ifndef TENON_SANITIZED
TEST(BufferPool, HandsFreedBlocksOutAgain) {
  pool_trim();
  EXPECT_EQ(pool_cached_bytes(), 0u);
  void* first = pool_allocate(100'000);
  pool_free(first, 100'000);
  EXPECT_GE(pool_cached_bytes(), 100'000u);
  void* second = pool_allocate(99'999);
  EXPECT_EQ(first, second);
  EXPECT_EQ(pool_cached_bytes(), 0u);
  pool_free(second, 99'999);
  pool_trim();
  EXPECT_EQ(pool_cached_bytes(), 0u);
}

TEST(BufferPool, AlignsBlocksOfEverySize) {
  std::vector<std::pair<void*, std::size_t>> blocks;
  for (std::size_t bytes = 0; bytes < 700; ++bytes) {
    void* block = blocks.emplace_back(pool_allocate(bytes), bytes).first;
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % 64, 0u) << bytes;
    std::memset(block, 0xab, bytes);
  }
  for (const auto& [block, bytes] : blocks) pool_free(block, bytes);
}

TEST(BufferPool, CountsEverySizeTheSameWhenFreedAndTrimmed) {
  pool_trim();
  for (std::size_t bytes = 1; bytes < (1 << 24); bytes = bytes * 5 / 4 + 1) pool_free(pool_allocate(bytes), bytes);
  EXPECT_GT(pool_cached_bytes(), 0u);
  pool_trim();
  EXPECT_EQ(pool_cached_bytes(), 0u);
}

TEST(BufferPool, KeepsABoundedAmount) {
  std::vector<void*> blocks;
  for (int i = 0; i < 5; ++i) blocks.push_back(pool_allocate(100 << 20));
  for (void* block : blocks) pool_free(block, 100 << 20);
  EXPECT_LE(pool_cached_bytes(), std::size_t{256} << 20);
  pool_trim();
}
#endif

TEST(BufferPool, ServesManyThreads) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 1; i < 2000; ++i) {
        Tensor tensor(DType::UInt8, {i});
        tensor.data<std::uint8_t>()[i - 1] = static_cast<std::uint8_t>(t);
        ASSERT_EQ(tensor.data<std::uint8_t>()[i - 1], t);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace tenon
