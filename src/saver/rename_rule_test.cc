#include "saver/rename_rule.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <vector>

namespace tenon {
namespace {

using Names = std::vector<std::string>;

// "rule: found of wanted", or "none".
std::string found(const Names& wanted, const Names& keys) {
  const auto rule = find_rename_rule(wanted, keys);
  return rule ? fmt::format("{}: {} of {}", rule->rule.to_string(), rule->found, rule->wanted) : "none";
}

TEST(RenameRule, IsFoundForEachOfTheWaysInWhichNamesDiffer) {
  EXPECT_EQ(found({"a/w", "a/b", "c"}, {"model/a/w", "model/a/b", "model/c"}),
            "with 'model/' in front of each name: 3 of 3");
  EXPECT_EQ(found({"model/a/w", "model/a/b"}, {"a/b", "a/w"}),
            "without 'model/' at the beginning of the names: 2 of 2");
  EXPECT_EQ(found({"student/a/w", "student/b"}, {"teacher/a/w", "teacher/b"}),
            "with 'teacher/' instead of 'student/' at the beginning of the names: 2 of 2");
  EXPECT_EQ(found({"a/w", "a/b"}, {"a/w:0", "a/b:0"}), "with ':0' at the end of each name: 2 of 2");
  EXPECT_EQ(found({"a/w:0", "a/b:0"}, {"a/w", "a/b"}), "without ':0' at the end of the names: 2 of 2");
  EXPECT_EQ(found({"a/w", "b/w"}, {"a/w/ExponentialMovingAverage", "b/w/ExponentialMovingAverage"}),
            "with '/ExponentialMovingAverage' at the end of each name: 2 of 2");
  EXPECT_EQ(found({"a/w/Average", "b/w/Average"}, {"a/w", "b/w"}),
            "without '/Average' at the end of the names: 2 of 2");
  EXPECT_EQ(found({"a/weights", "b/c/weights"}, {"a/kernel", "b/c/kernel"}),
            "with 'kernel' instead of 'weights' as a part of the names: 2 of 2");
  EXPECT_EQ(found({"bn_1/w", "bn_2/w"}, {"norm_1/w", "norm_2/w"}), "with 'norm' instead of 'bn' in the names: 2 of 2");
  EXPECT_EQ(found({"a/b/w", "a/c"}, {"a.b.w", "a.c"}), "with '.' instead of '/' in the names: 2 of 2");
  EXPECT_EQ(found({"layer.0.w", "layer.1.w"}, {"model.layer.0.w", "model.layer.1.w"}),
            "with 'model.' in front of each name: 2 of 2");
}

TEST(RenameRule, TakesWhatFindsMostAndNothingThatFindsNoMore) {
  EXPECT_EQ(found({"a", "b", "c", "d"}, {"x/a", "x/b", "x/c", "y/d"}), "with 'x/' in front of each name: 3 of 4");
  EXPECT_EQ(found({"a", "b", "c"}, {"a", "b", "x/c"}), "none") << "two are found as they are";
  EXPECT_EQ(found({"a"}, {"b", "c"}), "none");
  EXPECT_EQ(found({}, {"b"}), "none");
  EXPECT_EQ(found({"a", ""}, {}), "none");
}

TEST(RenameRule, ChangesNamesAsItSays) {
  using Where = RenameRule::Where;
  EXPECT_EQ((RenameRule{Where::Front, "", "m/"})("a"), "m/a");
  EXPECT_EQ((RenameRule{Where::Front, "m/", ""})("m/a"), "a");
  EXPECT_EQ((RenameRule{Where::Front, "m/", "n/"})("x/m/a"), "x/m/a");
  EXPECT_EQ((RenameRule{Where::End, "", ":0"})("a"), "a:0");
  EXPECT_EQ((RenameRule{Where::End, ":0", ""})("a:0"), "a");
  EXPECT_EQ((RenameRule{Where::Part, "w", "kernel"})("w/ww/w"), "kernel/ww/kernel");
  EXPECT_EQ((RenameRule{Where::Anywhere, "w", "vv"})("w/ww"), "vv/vvvv");
  EXPECT_EQ((RenameRule{Where::Anywhere, "", "x"})("w"), "w");
}

TEST(RenameRule, IsFoundAmongTwentyThousandNames) {
  Names wanted, keys;
  for (int i = 0; i < 20000; ++i) {
    wanted.push_back(fmt::format("layer_{}/block/dense/kernel", i));
    keys.push_back(fmt::format("encoder/layer_{}/block/dense/kernel", i));
  }
  EXPECT_EQ(found(wanted, keys), "with 'encoder/' in front of each name: 20000 of 20000");
}

}  // namespace
}  // namespace tenon
