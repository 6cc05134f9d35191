// The programs as their users see them: output, messages, exit codes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/files.h"
#include "cli/programs_test.h"
#include "formats/npz/npz.h"
#include "tenon/json.h"
#include "testing/temp_dir.h"

namespace tenon {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

// proves: S9.4
TEST(TenonLs, ListsACheckpointByItsNameFilesOrFolder) {
  const std::string expected = "variable    int32  [1]  4\nvariable_1  int32  [1]  4\nvariable_2  int32  [1]  4\n"
                               "3 tensors, 12 bytes\n";
  const std::string folder = std::filesystem::path(kVariables).parent_path();
  for (const std::string& model : {kVariables, kVariables + ".index", kVariables + ".data-00000-of-00001", folder}) {
    const Done done = tenon_program("ls " + model);
    EXPECT_EQ(done.code, 0) << model;
    EXPECT_EQ(done.output, expected) << model;
  }
}

TEST(TenonLs, PrintsJson) {
  const Json json = Json::parse(tenon_program("ls --json " + kAddModel).output);
  EXPECT_EQ(json.at("kind").string(), "checkpoint");
  EXPECT_EQ(json.at("tensors").at(1).at("name").string(), "b");
  EXPECT_EQ(json.at("tensors").at(1).at("shape").at(0u).integer(), 1);
  EXPECT_EQ(json.at("bytes").integer(), 8);
}

TEST(TenonLs, ListsAGraph) {
  const Json json = Json::parse(tenon_program("ls --json " + kAddModel + "/add_model.ckpt.meta").output);
  EXPECT_EQ(json.at("kind").string(), "graph");
  const Json& graph = json.at("graphs").at(0u);
  EXPECT_EQ(graph.at("operations").at("VariableV2").integer(), 2);
  EXPECT_EQ(graph.at("variables").at(0u).at("name").string(), "a:0");
  EXPECT_EQ(graph.at("collections").at("variables").integer(), 2);
}

TEST(TenonLs, FailsWithOneMessage) {
  const Done done = tenon_program("ls /nowhere/model.ckpt");
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(done.output, StartsWith("tenon: NotFound: there is no model \"/nowhere/model.ckpt\""));
  TempDir folder;
  write_file_atomic(folder / "text", "hello");
  EXPECT_THAT(tenon_program("ls " + folder / "text").output, HasSubstr("is no model"));
}

TEST(TenonLs, ListsTheObjectsOfAnObjectBasedCheckpoint) {
  const std::string objects = std::string(TENON_FIXTURES) + "/objects";
  EXPECT_EQ(tenon_program("ls --objects " + objects + "/graph-1").output,
            ".\n"
            "  dense\n"
            "    0 float32[3,2] (dense/kernel)\n"
            "    1 float32[2] (dense/bias)\n"
            "  optimizer\n"
            "    slot momentum of dense/0 float32[3,2] (dense/kernel/Momentum)\n"
            "    slot momentum of dense/1 float32[2] (dense/bias/Momentum)\n"
            "  step int64[] (global_step)\n"
            "  save_counter int64[] (save_counter)\n");
  const std::string modules = tenon_program("ls --objects " + objects + "/modules").output;
  EXPECT_THAT(modules, HasSubstr("    layers\n      0 = net/shared\n      1\n        w float32[3,2] (second/w)\n"));
  EXPECT_THAT(modules, HasSubstr("    shared\n      w float32[2,2] (first/w)\n"));
  EXPECT_THAT(modules, HasSubstr("    counter py_state string[]\n"));
  EXPECT_THAT(tenon_program("ls --objects " + objects + "/weights").output,
              HasSubstr("  layer-0 = layer_with_weights-0\n"));
  const Json json = Json::parse(tenon_program("ls --objects --json " + objects + "/modules/ckpt-1").output);
  EXPECT_EQ(json.at(5u).at("children").at(1u).at("name").string(), "a/b.c");
  EXPECT_EQ(json.at(14u).at("path").string(), "net/odd/a.Sb..c");
  EXPECT_EQ(json.at(14u).at("values").at(0u).at("key").string(), "net/odd/a.Sb..c/.ATTRIBUTES/VARIABLE_VALUE");
  EXPECT_THAT(tenon_program("ls " + objects + "/graph-1").output, HasSubstr("step/.ATTRIBUTES/VARIABLE_VALUE"));
  EXPECT_THAT(tenon_program("ls --objects " + kAddModel).output, HasSubstr("not an object-based checkpoint"));
}

// proves: S1.44
TEST(TenonLs, ListsPartitionedVariablesByTheirNames) {
  EXPECT_EQ(tenon_program("ls " + std::string(TENON_FIXTURES) + "/sharded_partitioned").output,
            "a  float32  [10,4]  160\nb  float32  [3]      12\n2 tensors, 172 bytes\n");
}

// proves: S1.45
TEST(TenonInspect, PrintsWhatTensorFlowsToolPrints) {
  EXPECT_EQ(tenon_program("inspect " + kVariables).output,
            "variable (DT_INT32) [1]\nvariable_1 (DT_INT32) [1]\nvariable_2 (DT_INT32) [1]\n\n"
            "# Total number of params: 3\n");
  EXPECT_EQ(tenon_program("inspect " + kAddModel + " --tensor_name b").output,
            "tensor: b (float32) [1]\n[2]\n# Total number of params: 2\n");
  const std::string v1 = std::string(TENON_FIXTURES) + "/v1";
  EXPECT_EQ(tenon_program("inspect " + v1 + "/sharded --all_tensors").output,
            "tensor: a (float32) [2]\n[1,2]\ntensor: b (int32) []\n-7\ntensor: both (float32) [4, 2]\n"
            "[[0,1],[2,3],[4,5],[6,7]]\n# Total number of params: 11\n");
  EXPECT_EQ(tenon_program("inspect " + v1 + "/sharded --all_tensor_names --count_exclude_pattern '^b'").output,
            "tensor: a (float32) [2]\ntensor: b (int32) []\ntensor: both (float32) [4, 2]\n"
            "# Excluding 2 tensors (9 params) that match ^b when counting.\n# Total number of params: 2\n");
}

// proves: S1.45
TEST(TenonInspect, TakesAFileForItsCheckpointAndSaysWhatIsMissing) {
  EXPECT_EQ(tenon_program("inspect " + kVariables + ".index").output, tenon_program("inspect " + kVariables).output);
  const Done missing = tenon_program("inspect " + kVariables + " --tensor_name Variable_1");
  EXPECT_EQ(missing.code, 1);
  EXPECT_THAT(missing.output, HasSubstr("Tensor Variable_1 not found in checkpoint; nearest: \"variable_1\""));
  EXPECT_THAT(tenon_program("inspect " + kVariables + " --count_exclude_pattern '('").output,
              HasSubstr("is no regular expression"));
}

TEST(TenonLs, ListsV1Checkpoints) {
  const std::string v1 = std::string(TENON_FIXTURES) + "/v1";
  EXPECT_THAT(tenon_program("ls " + v1 + "/partitioned").output, HasSubstr("net/w0  float32  [5,3]  60\n"));
  for (const char* name : {"/sharded", "/sharded-00000-of-00002", "/sharded-\?\?\?\?\?-of-00002"}) {
    EXPECT_EQ(tenon_program("ls '" + v1 + name + "'").output,
              "a     float32  [2]     8\nb     int32    []      4\nboth  float32  [4,2]  32\n3 tensors, 44 bytes\n")
        << name;
  }
}

// A copy of a checkpoint, to be damaged.
class Damaged : public testing::Test {
 protected:
  Damaged() {
    for (const char* ending : {".index", ".meta", ".data-00000-of-00001"}) {
      write_file_atomic(prefix_ + ending, read_file(kVariables + ending));
    }
  }
  void flip(const std::string& ending, std::size_t at) {
    std::string bytes = read_file(prefix_ + ending);
    bytes.at(at) ^= 1;
    write_file_atomic(prefix_ + ending, bytes);
  }
  void expect_problem(const std::string& words) {
    const Done done = tenon_program("verify " + prefix_);
    EXPECT_EQ(done.code, 1);
    EXPECT_THAT(done.output, AllOf(StartsWith("tenon: DataLoss: "), HasSubstr(words)));
    const Done json = tenon_program("verify --json " + prefix_ + " 2>/dev/null");
    EXPECT_EQ(json.code, 1);
  }

  TempDir folder_;
  const std::string prefix_ = folder_ / "m";
  const std::string data_ = ".data-00000-of-00001";
};

TEST_F(Damaged, NothingIsSaidOfAnIntactCheckpoint) {
  const Done done = tenon_program("verify " + prefix_);
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.output, prefix_ + ": intact V2 checkpoint, 3 tensors, 12 bytes\n");
  EXPECT_EQ(tenon_program("verify " + std::string(TENON_FIXTURES) + "/v1/sharded").code, 0);
}

TEST_F(Damaged, VerifyNamesTheTensor) {
  flip(data_, 5);
  expect_problem("1 problem\n  tensor variable_1: ");
}

TEST_F(Damaged, VerifyNamesTheFile) {
  flip(".index", 20);
  expect_problem("file " + prefix_ + ".index: ");
}

TEST_F(Damaged, VerifyFindsFilesThatAreMissing) {
  remove_file(prefix_ + data_);
  expect_problem("1 problem\n  file " + prefix_ + data_ + ": the data file is missing");
  write_file_atomic(prefix_ + data_, read_file(kVariables + data_));
  remove_file(prefix_ + ".index");
  expect_problem("file " + prefix_ + ".index: the index is missing");
}

TEST_F(Damaged, VerifyFindsFilesThatWereCut) {
  write_file_atomic(prefix_ + data_, read_file(prefix_ + data_).substr(0, 9));
  expect_problem("variable_2: ");
  write_file_atomic(prefix_ + ".meta", read_file(prefix_ + ".meta").substr(0, 600));
  expect_problem("file " + prefix_ + ".meta: ");
}

TEST_F(Damaged, VerifyKnowsWhatHappenedToAFile) {
  const std::string pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n";
  write_file_atomic(prefix_ + data_, pointer);
  expect_problem("Git LFS pointer");
  write_file_atomic(prefix_ + ".index", pointer);
  expect_problem("Git LFS pointer");
  write_file_atomic(prefix_ + ".index", "\x1f\x8b\x08 and so on");
  expect_problem("it is gzip'ed");
  write_file_atomic(prefix_ + ".index", "<!DOCTYPE html><html></html>");
  expect_problem("a web page");
}

TEST_F(Damaged, RepairSavesTheRest) {
  flip(data_, 5);
  const Done done = tenon_program("repair " + prefix_ + " " + folder_ / "new");
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(done.output, AllOf(HasSubstr("2 tensors saved, 1 lost"), HasSubstr("lost variable_1: ")));
  EXPECT_THAT(tenon_program("verify " + folder_ / "new").output, HasSubstr("intact V2 checkpoint, 2 tensors"));
}

TEST_F(Damaged, RepairReadsADamagedIndex) {
  write_file_atomic(prefix_ + ".index", read_file(prefix_ + ".index").substr(0, 80));
  const Done done = tenon_program("repair --json " + prefix_ + " " + folder_ / "new");
  EXPECT_EQ(done.code, 0) << done.output;
  const Json json = Json::parse(done.output);
  EXPECT_GE(json.at("tensors").integer(), 1);
  EXPECT_EQ(tenon_program("verify " + folder_ / "new").code, 0);
}

TEST_F(Damaged, RepairDoesNotReplaceItsSource) {
  EXPECT_EQ(tenon_program("repair " + prefix_ + " " + prefix_).code, 1);
  flip(data_, 1);
  flip(data_, 5);
  flip(data_, 9);
  EXPECT_THAT(tenon_program("repair " + prefix_ + " " + folder_ / "new").output, HasSubstr("no tensor could be saved"));
  EXPECT_FALSE(file_exists(folder_ / "new.index"));
}

TEST(Tenon, WrongUseIsExitCodeTwo) {
  EXPECT_EQ(tenon_program("convert a b").code, 2);
  EXPECT_EQ(tenon_program("convert a b --to v3").code, 2);
  EXPECT_EQ(tenon_program("verify").code, 2);
  EXPECT_EQ(tenon_program("repair a").code, 2);
  EXPECT_EQ(tenon_program("rename a").code, 2);
  EXPECT_EQ(tenon_program("rename a b --with c").code, 2);
  EXPECT_EQ(tenon_program("diff a").code, 2);
  EXPECT_EQ(tenon_program("convert a b --to v2 --shards 0").code, 2);
  EXPECT_EQ(tenon_program("").code, 2);
  EXPECT_EQ(tenon_program("ls").code, 2);
  EXPECT_EQ(tenon_program("frobnicate").code, 2);
  EXPECT_EQ(tenon_program("run").code, 2);
  EXPECT_EQ(tenon_program("run x --steps -1").code, 2);
  EXPECT_EQ(tenon_program("--help").code, 0);
  EXPECT_EQ(tenon_program("run --help").code, 0);
}

// proves: S7.21
TEST(TenonRun, FetchesFromARestoredModel) {
  const Done done = tenon_program("run " + kAddModel + " --fetch add:0 --fetch a:0");
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.output, "add:0 float32 [1] [3]\na:0 float32 [1] [1]\n");
}

TEST(TenonRun, FeedsAndWritesArchives) {
  TempDir folder;
  write_npz(folder / "feeds.npz", {{"a/read:0", Tensor({1}, {40.0})}});  // float64 becomes float32
  const Done done = tenon_program("run " + kAddModel + "/add_model.ckpt.meta --feeds " + folder / "feeds.npz" +
                                  " --fetch add:0 --out " + folder / "out.npz");
  EXPECT_EQ(done.code, 0) << done.output;
  EXPECT_TRUE(read_npz(folder / "out.npz").at("add:0").equals(Tensor({1}, {42.f})));
}

TEST(TenonRun, RunsInitialisersInsteadOfRestoringAndSaves) {
  TempDir folder;
  const Done done = tenon_program("run " + kVariables + " --no-restore --init variable/Assign --init variable_1/Assign "
                                  "--init variable_2/Assign --save " + folder / "saved");
  EXPECT_EQ(done.code, 0) << done.output;
  EXPECT_THAT(tenon_program("ls " + folder.path()).output, HasSubstr("3 tensors, 12 bytes"));
}

TEST(TenonRun, SaysWhatIsWrong) {
  Done done = tenon_program("run " + kAddModel + " --fetch ad:0");
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(done.output, AllOf(StartsWith("tenon run: "), HasSubstr("ad")));
  done = tenon_program("run " + kAddModel + " --no-restore --fetch add:0");
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(done.output, HasSubstr("Attempting to use uninitialized value"));
}

}  // namespace
}  // namespace tenon
