// The file called "checkpoint" that stands beside checkpoints and says which there are.
//
//   model_checkpoint_path: "model.ckpt-20"
//   all_model_checkpoint_paths: "model.ckpt-10"
//   all_model_checkpoint_paths: "model.ckpt-20"
//   all_model_checkpoint_timestamps: 1700000000.25     one for each path, or none
//   last_preserved_timestamp: 1700000000.0             or none
//
// A protobuf CheckpointState in text form. Paths are relative to the file's directory or absolute, oldest first; they
// are given here as they stand in the file. UTF-8 is written as it is; octal escapes, as older writers use, are read.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"

namespace tenon {

struct CheckpointState {
  std::string model_checkpoint_path;
  std::vector<std::string> all_model_checkpoint_paths;
  std::vector<double> all_model_checkpoint_timestamps;
  std::optional<double> last_preserved_timestamp;
  bool operator==(const CheckpointState&) const = default;
};

// Throw NotFound (or another file error), DataLoss for a file that is no such text, and InvalidArgument for one that
// names no checkpoint or has timestamps for other than all paths.
CheckpointState read_checkpoint_state(const std::string& path);
CheckpointState parse_checkpoint_state(std::string_view text, const std::string& name);

// With TensorFlow's bytes; the file is replaced as a whole.
std::string checkpoint_state_text(const CheckpointState& state);
void write_checkpoint_state(const std::string& path, const CheckpointState& state,
                            AtomicFile::Sync sync = AtomicFile::Sync::No);

}  // namespace tenon
