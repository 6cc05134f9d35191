// Between the variables of a session and the files of a checkpoint.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "saver/saver_plan.h"
#include "tenon/progress.h"
#include "tenon/restore.h"
#include "tenon/session.h"

namespace tenon {

// The values of all variables of a plan at one moment, shard by shard. They share the variables' memory: a step that
// changes a variable meanwhile copies it first.
struct Snapshot {
  std::vector<std::vector<Tensor>> values;
  std::uint64_t bytes = 0;
};

// Throws FailedPrecondition naming all variables without a value.
Snapshot take_snapshot(Session& session, const SavePlan& plan, const std::string& prefix);

// Writes the files of the checkpoint and returns its name, which for V1 shards is a pattern ("P-?????-of-00002").
// Throws the errors of the writers. Nothing is left behind then.
std::string write_snapshot(const SavePlan& plan, const Snapshot& snapshot, const std::string& prefix,
                           AtomicFile::Sync sync, const ProgressFunction& progress);

// Checks everything, reads it all, and only then changes variables. See tenon/restore.h.
RestoreReport restore_pieces(Session& session, const RestorePlan& plan, const std::string& prefix,
                             const RestoreOptions& options);

}  // namespace tenon
