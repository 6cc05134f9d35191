// The programs as their users see them: output, messages, exit codes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "base/files.h"
#include "formats/npz/npz.h"
#include "tenon/json.h"
#include "testing/temp_dir.h"

namespace tenon {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

const std::string kAddModel = std::string(TENON_FIXTURES) + "/seed_add_model";
const std::string kVariables = std::string(TENON_FIXTURES) + "/seed_variable/model.ckpt";

struct Done {
  int code;
  std::string output;  // both streams
};

Done tenon_program(const std::string& arguments) {
  const std::string command = std::string(TENON_BINARY_DIR) + "/bin/tenon " + arguments + " 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) throw std::runtime_error("cannot run " + command);
  Done done;
  char buffer[4096];
  for (std::size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) done.output.append(buffer, n);
  done.code = WEXITSTATUS(pclose(pipe));
  return done;
}

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

TEST(Tenon, WrongUseIsExitCodeTwo) {
  EXPECT_EQ(tenon_program("").code, 2);
  EXPECT_EQ(tenon_program("ls").code, 2);
  EXPECT_EQ(tenon_program("frobnicate").code, 2);
  EXPECT_EQ(tenon_program("run").code, 2);
  EXPECT_EQ(tenon_program("run x --steps -1").code, 2);
  EXPECT_EQ(tenon_program("--help").code, 0);
  EXPECT_EQ(tenon_program("run --help").code, 0);
}

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
