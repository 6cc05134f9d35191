#include "formats/checkpoint_state/checkpoint_state.h"

#include <gtest/gtest.h>

#include "testing/errors.h"
#include "testing/temp_dir.h"

namespace tenon {
namespace {

// proves: S2.2 S2.3
TEST(CheckpointState, HasTensorFlowsBytes) {
  const CheckpointState state{"a'b\"c\\d\t\xc3\xa9\x01\x7f", {"a", "b"}, {1700000000.25, 3}, 5.5};
  const std::string text = checkpoint_state_text(state);
  EXPECT_EQ(text,
            "model_checkpoint_path: \"a\\'b\\\"c\\\\d\\t\xc3\xa9\\001\\177\"\n"
            "all_model_checkpoint_paths: \"a\"\n"
            "all_model_checkpoint_paths: \"b\"\n"
            "all_model_checkpoint_timestamps: 1700000000.25\n"
            "all_model_checkpoint_timestamps: 3.0\n"
            "last_preserved_timestamp: 5.5\n");
  EXPECT_EQ(parse_checkpoint_state(text, "checkpoint"), state);
}

// proves: S2.1
TEST(CheckpointState, RewritesReferenceFiles) {
  for (const char* name : {"/seed_variable/checkpoint", "/seed_add_model/checkpoint", "/every_dtype/checkpoint"}) {
    const std::string path = std::string(TENON_FIXTURES) + name;
    EXPECT_EQ(checkpoint_state_text(read_checkpoint_state(path)), read_file(path));
  }
}

// proves: S2.3
TEST(CheckpointState, ReadsOctalEscapes) {
  EXPECT_EQ(parse_checkpoint_state("model_checkpoint_path: \"\\303\\251\"", "c").model_checkpoint_path, "\xc3\xa9");
}

TEST(CheckpointState, IsReplacedAsAWhole) {
  TempDir dir;
  write_checkpoint_state(dir / "checkpoint", {"a", {"a"}, {}, {}});
  write_checkpoint_state(dir / "checkpoint", {"b", {"a", "b"}, {}, {}});
  EXPECT_EQ(read_checkpoint_state(dir / "checkpoint").model_checkpoint_path, "b");
}

// proves: S2.2 E69
TEST(CheckpointState, TellsMissingBrokenAndEmptyApart) {
  expect_code(error_of([] { read_checkpoint_state("/none/checkpoint"); }), Code::NotFound);
  expect_code(error_of([] { parse_checkpoint_state("model_checkpoint_path: 5", "c"); }), Code::DataLoss);
  expect_code(error_of([] { parse_checkpoint_state("foo: 5", "c"); }), Code::DataLoss);
  expect_code(error_of([] { parse_checkpoint_state(std::string(100, '\xff'), "c"); }), Code::DataLoss);
  expect_code(error_of([] { parse_checkpoint_state("", "c"); }), Code::InvalidArgument);
  const std::string two_times =
      "model_checkpoint_path: \"a\" all_model_checkpoint_paths: \"a\" "
      "all_model_checkpoint_timestamps: 1 all_model_checkpoint_timestamps: 2";
  expect_code(error_of([&] { parse_checkpoint_state(two_times, "c"); }), Code::InvalidArgument);
}

}  // namespace
}  // namespace tenon
