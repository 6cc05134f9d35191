#include "formats/meta_graph/recent_bytes.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <fmt/format.h>

namespace tenon {
namespace {

// Counts the questions.
struct Asked {
  RecentBytes recent;
  int times = 0;
  bool known_or(std::string_view bytes, bool right = true) {
    return recent.known_or(bytes, [&] {
      ++times;
      return right;
    });
  }
};

TEST(RecentBytes, AskOnceForWhatRepeats) {
  Asked asked;
  const std::string first = "T is float", again = first;
  EXPECT_TRUE(asked.known_or(first));
  EXPECT_TRUE(asked.known_or(again));
  EXPECT_EQ(asked.times, 1);
}

TEST(RecentBytes, AskForBytesThatDifferAnywhere) {
  Asked asked;
  const std::string right = "the key and the value";
  EXPECT_TRUE(asked.known_or(right));
  std::vector<std::string> others;
  for (std::size_t i = 0; i < right.size(); ++i) {
    std::string& other = others.emplace_back(right);
    other[i] ^= 1;
    EXPECT_FALSE(asked.known_or(other, false)) << i;
    EXPECT_FALSE(asked.known_or(right.substr(0, i), false)) << i;
  }
}

TEST(RecentBytes, AskAgainForWhatWasWrong) {
  Asked asked;
  EXPECT_FALSE(asked.known_or("wrong", false));
  EXPECT_FALSE(asked.known_or("wrong", false));
  EXPECT_EQ(asked.times, 2);
}

TEST(RecentBytes, MayForgetButNeverMistakeOneForAnother) {
  Asked asked;
  std::vector<std::string> many;
  for (int i = 0; i < 5000; ++i) many.push_back(fmt::format("attribute {} of many", i));
  for (const std::string& bytes : many) EXPECT_TRUE(asked.known_or(bytes));
  EXPECT_EQ(asked.times, 5000);
}

TEST(RecentBytes, AskForBytesThatAreVeryShortOrLong) {
  Asked asked;
  const std::string longer(1000, 'x');
  for (const std::string_view bytes : {std::string_view(), std::string_view("abc"), std::string_view(longer)}) {
    EXPECT_TRUE(asked.known_or(bytes));
    EXPECT_FALSE(asked.known_or(bytes, false));
  }
}

}  // namespace
}  // namespace tenon
