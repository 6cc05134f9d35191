#include "tenon/json.h"

#include <gtest/gtest.h>

#include <sstream>

#include "tenon/error.h"
#include "testing/errors.h"

namespace tenon {
namespace {

TEST(Json, KeepsTheOrderOfKeysAndPrintsWithoutSpaces) {
  Json json{{"x", "ExpandDims:0"}, {"train_step", "Adam"}};
  json["a"] = Json::list({"b:0", Json()});
  std::ostringstream out;
  out << json;
  EXPECT_EQ(out.str(), R"({"x":"ExpandDims:0","train_step":"Adam","a":["b:0",null]})");
  EXPECT_EQ(Json::parse(out.str()), json);
}

TEST(Json, IndentsOnRequest) {
  EXPECT_EQ((Json{{"x", "a:0"}, {"l", Json::list({1})}, {"e", Json::dict()}}).dump(2),
            "{\n  \"x\": \"a:0\",\n  \"l\": [\n    1\n  ],\n  \"e\": {}\n}");
}

TEST(Json, EscapesWhatMustBe) {
  EXPECT_EQ(Json("a\"\n\\").dump(), R"("a\"\n\\")");
  EXPECT_EQ(Json::parse(R"("a\u0041")").string(), "aA");
}

TEST(Json, SaysAtWhichByteTheTextIsWrong) {
  expect_says(error_of([] { Json::parse(R"({"x": })"); }), Code::InvalidArgument, "byte 7");
  EXPECT_THROW(Json::parse(""), Error);
  EXPECT_THROW(Json::parse("{} x"), Error);
}

TEST(Json, RejectsEndlessNesting) { EXPECT_THROW(Json::parse(std::string(100000, '[')), Error); }

TEST(Json, NamesTheKindThatItFound) {
  EXPECT_STREQ(error_of([] { Json::parse("[1]").string(); }).what(), "JSON: a string expected, found a list: [1]");
  EXPECT_THROW(Json::parse("{}").at("x"), Error);
  EXPECT_EQ(Json::parse("[1, 2.5, true]").at(1).number(), 2.5);
}

}  // namespace
}  // namespace tenon
