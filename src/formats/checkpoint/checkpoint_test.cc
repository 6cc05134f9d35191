#include "tenon/checkpoint.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/files.h"
#include "testing/errors.h"
#include "testing/temp_dir.h"

namespace tenon {
namespace {

const std::string kFixtures = TENON_FIXTURES;

// proves: S1.43
TEST(Checkpoint, ShowsWholeNamesOnlyAndAssemblesTheirPieces) {
  for (const char* name : {"/sharded_partitioned/model.ckpt", "/v1/partitioned"}) {
    const Checkpoint checkpoint(kFixtures + name);
    int sliced = 0;
    for (const std::string& key : checkpoint.keys()) {
      EXPECT_NE(key[0], '\0') << name;
      EXPECT_TRUE(checkpoint.has(key));
      EXPECT_EQ(checkpoint.read(key).shape(), checkpoint.shape(key)) << key;
      EXPECT_EQ(checkpoint.read(key).dtype(), checkpoint.dtype(key)) << key;
      sliced += checkpoint.slices(key) > 0;
    }
    EXPECT_GT(sliced, 0) << name;
    EXPECT_FALSE(checkpoint.has("nope"));
    EXPECT_FALSE(checkpoint.has(""));
  }
}

// proves: S1.44
TEST(Checkpoint, DescribesBothFormatsAlike) {
  const Checkpoint v1(kFixtures + "/v1/partitioned");
  EXPECT_NE(v1.debug_string().find("net/w0 (DT_FLOAT) [5,3], 3 slices\n"), std::string::npos) << v1.debug_string();
  EXPECT_NE(v1.debug_string().find("words (DT_STRING) [3]\n"), std::string::npos) << v1.debug_string();
  EXPECT_EQ(Checkpoint(kFixtures + "/seed_add_model/add_model.ckpt").debug_string(),
            "a (DT_FLOAT) [1]\nb (DT_FLOAT) [1]\n");
  const std::string v2 = Checkpoint(kFixtures + "/sharded_partitioned/model.ckpt").debug_string();
  EXPECT_NE(v2.find(" slices\n"), std::string::npos) << v2;
  EXPECT_EQ(v2.find('\0'), std::string::npos);
}

// proves: S1.46
TEST(Checkpoint, IsNamedByItsPrefixAFolderOrAnyOfItsFiles) {
  const std::string folder = kFixtures + "/seed_add_model";
  const std::string prefix = folder + "/add_model.ckpt";
  for (const std::string& path :
       {prefix, folder, prefix + ".index", prefix + ".meta", prefix + ".data-00000-of-00001", folder + "/checkpoint"}) {
    EXPECT_EQ(load_checkpoint(path).prefix(), prefix) << path;
    const auto variables = list_variables(path);
    ASSERT_EQ(variables.size(), 2u);
    EXPECT_EQ(variables[0].name, "a");
    EXPECT_EQ(variables[1].name, "b");
    EXPECT_EQ(variables[1].dtype, DType::Float32);
    EXPECT_EQ(variables[1].shape, (Shape{1}));
    EXPECT_EQ(load_variable(path, "b").to_string(), "float32 [1] [2]");
    EXPECT_EQ(load_variable(path, "b:0").to_string(), "float32 [1] [2]");
  }
}

// proves: S1.46
TEST(Checkpoint, OfVersion1IsReadTheSameWay) {
  EXPECT_EQ(load_variable(kFixtures + "/v1/sharded", "b").to_string(), "int32 [] -7");
  EXPECT_EQ(list_variables(kFixtures + "/v1/sharded-\?\?\?\?\?-of-00002").size(), 3u);
}

TEST(Checkpoint, GivesPartsAsRestoreV2Does) {
  const Checkpoint checkpoint(kFixtures + "/v1/sharded");
  EXPECT_EQ(checkpoint.read("both", "4 2 2,2:1,1").to_string(), "float32 [2,1] [[5],[7]]");
  EXPECT_TRUE(checkpoint.read("both", "").equals(checkpoint.read("both")));
  expect_says(error_of([&] { checkpoint.read("both", "5 2 2,2:-"); }), Code::InvalidArgument,
              "does not match the shape");
  expect_says(error_of([&] { checkpoint.read("both", "4"); }), Code::InvalidArgument, "Need least two elements");
}

// proves: E43
TEST(Checkpoint, SaysWhatIsMissing) {
  const std::string prefix = kFixtures + "/seed_add_model/add_model.ckpt";
  expect_says(error_of([&] { load_checkpoint("/none/model"); }), Code::NotFound,
              "Failed to find any matching files for /none/model");
  expect_says(error_of([&] { load_variable(prefix, "q"); }), Code::NotFound, "Key q not found in checkpoint");
  expect_says(error_of([&] { load_variable(kFixtures + "/v1/sharded", "q"); }), Code::NotFound,
              "not found in checkpoint file");
  const Checkpoint checkpoint(prefix);
  expect_says(error_of([&] { checkpoint.dtype("A"); }), Code::NotFound, "nearest: \"a\"");
}

// proves: E70
TEST(Checkpoint, SaysThatAFolderHasNone) {
  TempDir dir;
  expect_says(error_of([&] { load_checkpoint(dir.path()); }), Code::NotFound,
              "Couldn't find 'checkpoint' file or checkpoints in given directory " + dir.path());
  write_file_atomic(dir / "checkpoint", "model_checkpoint_path: \"gone\"\n");
  expect_says(error_of([&] { load_checkpoint(dir.path()); }), Code::NotFound, "gone");
}

TEST(Checkpoint, GoesOnToSeeTheSameValuesWhenItsFilesAreRemoved) {
  TempDir dir;
  for (const char* ending : {".index", ".data-00000-of-00001"}) {
    std::filesystem::copy_file(kFixtures + "/seed_add_model/add_model.ckpt" + ending, dir / "m" + ending);
  }
  const Checkpoint checkpoint(dir / "m");
  const Checkpoint copy = checkpoint;
  EXPECT_EQ(checkpoint.read("a").to_string(), "float32 [1] [1]");
  remove_file(dir / "m.index");
  remove_file(dir / "m.data-00000-of-00001");
  EXPECT_EQ(copy.read("b").to_string(), "float32 [1] [2]");
}

}  // namespace
}  // namespace tenon
