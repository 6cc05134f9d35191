// The file called "checkpoint", and the latest checkpoint by it.
#include "saver/saver_test_harness.h"
#include "testing/working_folder.h"

namespace tenon {
namespace {

using testing::HasSubstr;

class StateFileTest : public SaverTest {
 protected:
  StateFileTest() { model_.init(); }
  void write(const std::string& bytes) { write_file_atomic(path("checkpoint"), bytes); }

  Model model_;
};

// proves: S2.8 S9.10
TEST_F(StateFileTest, FindsTheLatestCheckpointAfterAMove) {
  fs::create_directories(path("old"));
  Saver(model_.graph).save(model_.session, path("old/m"), 5);
  EXPECT_EQ(latest_checkpoint(path("old")), path("old/m-5"));
  fs::rename(path("old"), path("new"));
  EXPECT_EQ(latest_checkpoint(path("new")), path("new/m-5"));
  remove_file(path("new/m-5.index"));
  EXPECT_EQ(latest_checkpoint(path("new")), std::nullopt);
  EXPECT_EQ(latest_checkpoint(path("nowhere")), std::nullopt);
}

// The bytes are those that TensorFlow wrote for the same saves.
// proves: S2.1 S2.5 S2.18
TEST_F(StateFileTest, WritesPathsAsSeenFromItsFolder) {
  const WorkingFolder here(folder());
  fs::create_directory("one");
  fs::create_directory("other");
  Saver saver(model_.graph);
  EXPECT_EQ(saver.save(model_.session, "one/m", 1), "one/m-1");
  EXPECT_EQ(text("one/checkpoint"), "model_checkpoint_path: \"m-1\"\nall_model_checkpoint_paths: \"m-1\"\n");
  saver.save(model_.session, "other/m", 2);
  EXPECT_EQ(text("other/checkpoint"), "model_checkpoint_path: \"m-2\"\nall_model_checkpoint_paths: \"../one/m-1\"\n"
                                      "all_model_checkpoint_paths: \"m-2\"\n");
  saver.save(model_.session, "m", 3);
  EXPECT_EQ(saver.save(model_.session, "./n", 3), "./n-3");
  EXPECT_EQ(text("checkpoint"), "model_checkpoint_path: \"n-3\"\nall_model_checkpoint_paths: \"one/m-1\"\n"
                                "all_model_checkpoint_paths: \"other/m-2\"\nall_model_checkpoint_paths: \"m-3\"\n"
                                "all_model_checkpoint_paths: \"n-3\"\n");
  Saver(model_.graph).save(model_.session, path("one/a"));
  EXPECT_THAT(text("one/checkpoint"), HasSubstr("model_checkpoint_path: \"" + path("one/a") + "\"\n"));
  Saver(model_.graph, {.save_relative_paths = true}).save(model_.session, path("one/a"));
  EXPECT_THAT(text("one/checkpoint"), HasSubstr("model_checkpoint_path: \"a\"\n"));
}

// proves: S2.6
TEST_F(StateFileTest, JoinsPathsWithTheFolderAsItWasNamed) {
  const WorkingFolder here(folder());
  fs::create_directory("one");
  for (const char* name : {"m", "one/m"}) Saver(model_.graph).save(model_.session, name);
  EXPECT_EQ(latest_checkpoint("."), "./m");
  EXPECT_EQ(latest_checkpoint(""), "m");
  EXPECT_EQ(latest_checkpoint("one"), "one/m");
  EXPECT_EQ(latest_checkpoint("one/"), "one/m");
  EXPECT_EQ(latest_checkpoint("./one"), "./one/m");
}

// proves: S2.4
TEST_F(StateFileTest, IsReplacedByAnotherFile) {
  Saver saver(model_.graph);
  saver.save(model_.session, path("m"), 1);
  fs::create_hard_link(path("checkpoint"), path("link"));
  const std::string before = text("link");
  saver.save(model_.session, path("m"), 2);
  EXPECT_EQ(text("link"), before) << "it was written in place";
  EXPECT_NE(text("checkpoint"), before);
  for (const std::string& name : files()) EXPECT_FALSE(name.starts_with("checkpoint.")) << name;
}

// proves: S2.7 E68
TEST_F(StateFileTest, SaysWhatIsWrongWithIt) {
  EXPECT_EQ(latest_checkpoint(folder()), std::nullopt);
  for (const char* bytes : {"", "all_model_checkpoint_paths: \"m\""}) {
    write(bytes);
    expect_says(error_of([&] { latest_checkpoint(folder()); }), Code::InvalidArgument,
                "Invalid checkpoint state loaded from " + path("checkpoint"));
  }
  for (const char* bytes : {"model_checkpoint_path: 5", "unknown_field: 1", "\xff\xfe"}) {
    write(bytes);
    EXPECT_THAT(error_text(Code::DataLoss, [&] { latest_checkpoint(folder()); }), HasSubstr(path("checkpoint")))
        << bytes;
  }
}

// proves: S2.2 S2.3
TEST_F(StateFileTest, MayHoldTimesAndNamesInOctal) {
  Saver(model_.graph).save(model_.session, path("m\xc3\xa9"), SaveOptions{.write_state = false});
  write("model_checkpoint_path: \"m\\303\\251\"\nall_model_checkpoint_paths: \"m\\303\\251\"\n"
        "all_model_checkpoint_timestamps: 1700000000.25\nlast_preserved_timestamp: 1700000000.0\n");
  EXPECT_EQ(latest_checkpoint(folder()), path("m\xc3\xa9"));
  Saver(model_.graph).save(model_.session, path("m\xc3\xa9"));
  EXPECT_EQ(text("checkpoint"), "model_checkpoint_path: \"" + path("m\xc3\xa9") + "\"\nall_model_checkpoint_paths: \"" +
                                    path("m\xc3\xa9") + "\"\n");
}

// proves: S2.1
TEST_F(StateFileTest, HasTheNameThatItIsGiven) {
  Saver saver(model_.graph);
  saver.save(model_.session, path("m"), {.latest_filename = "newest"});
  EXPECT_FALSE(files().contains("checkpoint"));
  EXPECT_EQ(latest_checkpoint(folder(), "newest"), path("m"));
  EXPECT_EQ(latest_checkpoint(folder()), std::nullopt);
}

// proves: E70
TEST_F(StateFileTest, AFolderWithoutOneIsNoCheckpoint) {
  fs::create_directory(path("empty"));
  Saver saver(model_.graph);
  expect_says(error_of([&] { saver.restore(model_.session, path("empty")); }), Code::NotFound,
              "Couldn't find 'checkpoint' file or checkpoints in given directory " + path("empty"));
}

}  // namespace
}  // namespace tenon
