#include "base/inline_vector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace tenon {
namespace {

using testing::ElementsAre;

using Texts = InlineVector<std::string, 2>;
const std::string kLong(100, 'x');

Texts texts(std::initializer_list<std::string> all) {
  Texts result;
  result.assign(std::span(all.begin(), all.size()));
  return result;
}

TEST(InlineVector, KeepsItsFirstElementsInsideAndTheRestElsewhere) {
  InlineVector<int, 2> numbers;
  const auto inside = [&] {
    const auto* at = reinterpret_cast<const char*>(numbers.data());
    const auto* self = reinterpret_cast<const char*>(&numbers);
    return at >= self && at < self + sizeof numbers;
  };
  for (const int i : {1, 2}) numbers.push_back(i);
  EXPECT_TRUE(inside());
  numbers.push_back(3);
  EXPECT_FALSE(inside());
  EXPECT_THAT(numbers, ElementsAre(1, 2, 3));
}

TEST(InlineVector, CopiesAndMovesElementsThatOwnMemory) {
  for (const Texts& all : {texts({}), texts({"a", kLong}), texts({"a", kLong, "c"})}) {
    Texts copy(all), assigned = texts({kLong, kLong, kLong});
    assigned = all;
    EXPECT_TRUE(std::ranges::equal(copy, all));
    EXPECT_TRUE(std::ranges::equal(assigned, all));
    Texts moved(std::move(copy));
    EXPECT_TRUE(std::ranges::equal(moved, all));
    assigned = std::move(moved);
    EXPECT_TRUE(std::ranges::equal(assigned, all));
    copy.push_back("again");  // what was moved from can be used
    EXPECT_THAT(copy, ElementsAre("again"));
  }
}

TEST(InlineVector, GrowsAndShrinks) {
  Texts all = texts({"a"});
  all.resize(2, kLong);
  EXPECT_THAT(all, ElementsAre("a", kLong));
  all.resize(4);
  EXPECT_THAT(all, ElementsAre("a", kLong, "", ""));
  all.resize(1);
  EXPECT_THAT(all, ElementsAre("a"));
  all.insert(all.begin(), kLong);
  EXPECT_THAT(all, ElementsAre(kLong, "a"));
  all.clear();
  EXPECT_TRUE(all.empty());
}

TEST(InlineVector, HoldsElementsThatCanOnlyBeMoved) {
  InlineVector<std::unique_ptr<int>, 1> all;
  for (int i = 0; i < 3; ++i) all.push_back(std::make_unique<int>(i));
  const auto moved = std::move(all);
  ASSERT_EQ(moved.size(), 3u);
  EXPECT_EQ(*moved[2], 2);
}

}  // namespace
}  // namespace tenon
