// Checkpoints written anew from others: what convert and rename share.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/model_path.h"
#include "cli/progress.h"
#include "formats/checkpoint/checkpoint_reader.h"

namespace tenon {

struct TensorCopy {
  std::string name;      // in the source
  std::string new_name;
};

// The checkpoint of a model, with all its files open: it may be overwritten. Throws InvalidArgument if there is none.
std::unique_ptr<CheckpointReader> open_source(const ModelPath& model);

// All tensors, under their names.
std::vector<TensorCopy> all_tensors(const CheckpointReader& reader);

struct CopyOptions {
  CheckpointFormat to = CheckpointFormat::V2;
  int shards = 1;                  // data files of about the same size; of V2 only
  std::string doing = "copying";   // what the progress bar says
};

// Reads, checks and writes one tensor after another; pieces of partitioned tensors stay pieces. Nothing is left behind
// on failure. Throws InvalidArgument for types that V1 cannot hold, before writing anything. Returns a line that says
// what was written.
std::string copy_checkpoint(const CheckpointReader& reader, const std::vector<TensorCopy>& tensors,
                            const std::string& prefix, const CopyOptions& options);

}  // namespace tenon
