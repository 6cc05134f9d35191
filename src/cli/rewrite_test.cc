// Commands that write checkpoints anew, and the one that compares them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "base/files.h"
#include "cli/programs_test.h"
#include "formats/bundle/bundle_reader.h"
#include "formats/bundle/bundle_writer.h"
#include "formats/checkpoint/checkpoint_path.h"
#include "tenon/json.h"
#include "testing/temp_dir.h"

namespace tenon {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

// proves: S1.37 S1.39 S9.23
TEST(TenonConvert, ThereAndBackGivesTheSameFiles) {
  TempDir folder;
  ASSERT_EQ(tenon_program("convert " + kVariables + " " + folder / "v1" + " --to v1").code, 0);
  const Done done = tenon_program("convert " + folder / "v1" + " " + folder / "v2" + " --to v2");
  EXPECT_EQ(done.output, folder / "v2" + ": V2 checkpoint, 3 tensors, 12 bytes\n");
  for (const char* ending : {".index", ".data-00000-of-00001"}) {
    EXPECT_EQ(read_file(folder / "v2" + ending), read_file(kVariables + ending));
  }
  const std::string pieces = std::string(TENON_FIXTURES) + "/v1/partitioned";
  ASSERT_EQ(tenon_program("convert " + pieces + " " + folder / "p2" + " --to v2").code, 0);
  ASSERT_EQ(tenon_program("convert " + folder / "p2" + " " + folder / "p1" + " --to v1").code, 0);
  EXPECT_EQ(read_file(folder / "p1"), read_file(pieces));
}

TEST(TenonConvert, NamesWhatV1CannotHold) {
  TempDir folder;
  const Done done =
      tenon_program("convert " + std::string(TENON_FIXTURES) + "/every_dtype " + folder / "v1" + " --to v1");
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(done.output, HasSubstr("(bfloat16)"));
  EXPECT_FALSE(file_exists(folder / "v1"));
}

// proves: S9.23
TEST(TenonConvert, CutsIntoShardsAndPutsThemTogether) {
  TempDir folder;
  const Done done = tenon_program("convert " + kVariables + " " + folder / "cut" + " --to v2 --shards 3");
  EXPECT_EQ(done.output, folder / "cut" + ": V2 checkpoint, 3 tensors, 12 bytes, 3 data files\n");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(read_file(shard_path(folder / "cut.data", i, 3)).size(), 4u) << i;
  EXPECT_EQ(tenon_program("diff --exit-code " + kVariables + " " + folder / "cut").code, 0);
  EXPECT_EQ(tenon_program("convert " + folder / "cut" + " " + folder / "one" + " --to v2 --shards 1").code, 0);
  for (const char* ending : {".index", ".data-00000-of-00001"}) {
    EXPECT_EQ(read_file(folder / "one" + ending), read_file(kVariables + ending));
  }
  EXPECT_THAT(tenon_program("convert " + kVariables + " " + folder / "v1" + " --to v1 --shards 2").output,
              HasSubstr("only V2 checkpoints are written in shards"));
}

// proves: S9.23
TEST(TenonRename, ChangesNamesScopesAndWhatAPatternFinds) {
  TempDir folder;
  {
    BundleWriter writer(folder / "m");
    for (const char* name : {"a", "net/b", "net/c", "step"}) writer.add(name, Tensor(std::string(name)));
    writer.finish();
  }
  const Done done = tenon_program("rename " + folder / "m" + " " + folder / "n" +
                                  " a=z net/=model/ --replace '^st(.)p$' --with 'st$1ps'");
  EXPECT_EQ(done.output, "a -> z\nnet/b -> model/b\nnet/c -> model/c\nstep -> steps\n" + folder / "n" +
                             ": 4 tensors, 4 of them renamed\n");
  const BundleReader reader(folder / "n");
  EXPECT_THAT(reader.keys(), testing::ElementsAre("model/b", "model/c", "steps", "z"));
  EXPECT_EQ(reader.read("model/c").scalar<std::string>(), "net/c");
}

TEST(TenonRename, WritesOverItsSourceAndKeepsItsFormat) {
  TempDir folder;
  ASSERT_EQ(tenon_program("convert " + kVariables + " " + folder / "m" + " --to v1").code, 0);
  ASSERT_EQ(tenon_program("rename " + folder / "m" + " " + folder / "m" + " variable=v").code, 0);
  EXPECT_EQ(tenon_program("ls " + folder / "m").output,
            "v           int32  [1]  4\nvariable_1  int32  [1]  4\nvariable_2  int32  [1]  4\n3 tensors, 12 bytes\n");
  EXPECT_FALSE(file_exists(folder / "m.index"));
}

TEST(TenonRename, SaysWhatIsWrong) {
  TempDir folder;
  const auto error = [&](const std::string& rules) {
    const Done done = tenon_program("rename " + kVariables + " " + folder / "m " + rules);
    EXPECT_EQ(done.code, 1) << rules;
    EXPECT_FALSE(file_exists(folder / "m.index")) << rules;
    return done.output;
  };
  EXPECT_THAT(error("variabel_1=v"), AllOf(HasSubstr("no tensor called \"variabel_1\""), HasSubstr("variable_1")));
  EXPECT_THAT(error("net/=b/"), HasSubstr("no tensor below \"net/\""));
  EXPECT_THAT(error("net/=b"), HasSubstr("a scope becomes a scope"));
  EXPECT_THAT(error("variable=variable_1"),
              HasSubstr("\"variable\" and \"variable_1\" would both be called \"variable_1\""));
  EXPECT_THAT(error("variable"), HasSubstr("not of the form OLD=NEW"));
  EXPECT_THAT(error(""), HasSubstr("no name would change"));
  EXPECT_THAT(error("--replace '(' --with x"), HasSubstr("no regular expression"));
}

// proves: S9.23
TEST(TenonDiff, ListsNamesTypesShapesAndValuesThatDiffer) {
  TempDir folder;
  Tensor half(DType::Float16, {2});
  std::memset(half.raw(), 0, half.bytes());
  const auto write = [&](const char* name, float value, Tensor type, Tensor shape, const char* only) {
    BundleWriter writer(folder / name);
    writer.add("same", Tensor({2}, {1.f, std::numeric_limits<float>::quiet_NaN()}));
    writer.add("value", Tensor({3}, {1.f, value, 3.f}));
    writer.add("type", type);
    writer.add("shape", shape);
    writer.add("text", Tensor(std::string(name)));
    writer.add("half", half);
    writer.add(only, Tensor(1));
    writer.finish();
  };
  write("m", 2.f, Tensor(1), Tensor({1}, {1}), "mine");
  write("n", 2.5f, Tensor(1.f), Tensor({2}, {1, 1}), "yours");
  const std::string both = folder / "m" + " " + folder / "n";
  EXPECT_EQ(tenon_program("diff " + both).output,
            "- mine\n+ yours\n! shape  int32[1] and int32[2]\n! text  string[]  1 of 1 elements differ\n"
            "! type  int32[] and float32[]\n! value  float32[3]  1 of 3 elements differ, by at most 0.5\n"
            "2 equal, 4 differ, 1 only in " + folder / "m" + ", 1 only in " + folder / "n" + "\n");
  const Json json = Json::parse(tenon_program("diff --json " + both).output);
  EXPECT_EQ(json.at("differ").at(3u).at("name").string(), "value");
  EXPECT_EQ(json.at("differ").at(3u).at("what").string(), "values");
  EXPECT_EQ(json.at("differ").at(3u).at("largest").number(), 0.5);
  EXPECT_EQ(tenon_program("diff " + both).code, 0);
  EXPECT_EQ(tenon_program("diff --exit-code " + both).code, 1);
  EXPECT_EQ(tenon_program("diff --exit-code " + folder / "m" + " " + folder / "m").code, 0);
}

}  // namespace
}  // namespace tenon
