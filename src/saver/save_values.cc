#include <fmt/format.h>

#include "base/progress_meter.h"
#include "formats/bundle/bundle_writer.h"
#include "formats/checkpoint/checkpoint_path.h"
#include "formats/v1/add_order.h"
#include "formats/v1/v1_writer.h"
#include "kernels/state/variable_key.h"
#include "runtime/session_impl.h"
#include "saver/values.h"
#include "tenon/error.h"

namespace tenon {
namespace {

std::string uninitialised_text(const Node& variable) {
  if (variable.type != "VarHandleOp") return fmt::format("Attempting to use uninitialized value {}", variable.name);
  return fmt::format("Could not find variable {}. This could mean that the variable has been deleted. In TF1, it can "
                     "also mean the variable is uninitialized",
                     variable.name);
}

}  // namespace

Snapshot take_snapshot(Session& session, const SavePlan& plan, const std::string& prefix) {
  Snapshot snapshot;
  std::vector<std::vector<Tensor>>& values = snapshot.values;
  values.resize(plan.shards.size());
  std::vector<std::string> missing;
  std::vector<Output> fetches;
  std::vector<Tensor*> fetched;
  SessionState& state = session.impl().state();
  for (std::size_t s = 0; s < plan.shards.size(); ++s) {
    values[s].resize(plan.shards[s].pieces.size());
    for (std::size_t i = 0; i < values[s].size(); ++i) {
      const SavePiece& piece = plan.shards[s].pieces[i];
      if (!piece.variable) {
        fetches.push_back(to_output(piece.value));
        fetched.push_back(&values[s][i]);
        continue;
      }
      const auto variable = state.find_variable(variable_key(*piece.variable));
      if (variable && variable->initialised()) values[s][i] = variable->read();
      else missing.push_back(uninitialised_text(*piece.variable));
    }
  }
  if (!missing.empty()) {
    throw Error(
        Code::FailedPrecondition,
        fmt::format("cannot save {}: {} variables have no value; run their initializers or restore them first\n  {}",
                    prefix, missing.size(), fmt::join(missing, "\n  ")));
  }
  if (!fetches.empty()) {
    std::vector<Tensor> results = session.run(fetches);
    for (std::size_t i = 0; i < results.size(); ++i) *fetched[i] = std::move(results[i]);
  }
  for (const auto& shard : values) {
    for (const Tensor& value : shard) snapshot.bytes += value.bytes();
  }
  return snapshot;
}

namespace {

void write_v2(const SavePlan& plan, const Snapshot& snapshot, const std::string& prefix, AtomicFile::Sync sync,
              ProgressMeter& progress) {
  BundleWriter writer(prefix, {sync, static_cast<int>(plan.shards.size()), &progress, kNoLimit});
  for (std::size_t s = 0; s < plan.shards.size(); ++s) {
    if (s > 0) writer.next_shard();
    for (std::size_t i = 0; i < plan.shards[s].pieces.size(); ++i) {
      const SavePiece& piece = plan.shards[s].pieces[i];
      const Tensor& value = snapshot.values[s][i];
      if (const auto part = parse_shape_and_slice(piece.slice)) writer.add_slice(piece.key, *part, value);
      else writer.add(piece.key, value);
    }
  }
  writer.finish();
}

void write_v1_shard(const SaveShard& shard, const std::vector<Tensor>& values, AtomicFile& file,
                    ProgressMeter& progress) {
  V1Writer writer(file.path());
  std::vector<std::string_view> names;
  for (const SavePiece& piece : shard.pieces) names.push_back(piece.key);
  for (const std::size_t i : v1_add_order(names)) {
    const SavePiece& piece = shard.pieces[i];
    const auto part = parse_shape_and_slice(piece.slice);
    const ShapeAndSlice whole = {values[i].shape(), TensorSlice::whole(values[i].rank())};
    if (part) check_piece_shape(piece.key, *part, values[i]);
    writer.add_later(piece.key, values[i].dtype(), part.value_or(whole), [&progress, value = values[i]] {
      progress.add(value.bytes());
      return value;
    });
  }
  writer.write_to(file);
}

std::string write_v1(const SavePlan& plan, const Snapshot& snapshot, const std::string& prefix, AtomicFile::Sync sync,
                     ProgressMeter& progress) {
  const int count = static_cast<int>(plan.shards.size());
  CheckpointCommit commit(prefix, sync);
  for (int s = 0; s < count; ++s) {
    AtomicFile& file = commit.create(plan.sharded ? shard_path(prefix, s, count) : prefix);
    write_v1_shard(plan.shards[static_cast<std::size_t>(s)], snapshot.values[static_cast<std::size_t>(s)], file,
                   progress);
  }
  commit.commit();
  return plan.sharded ? fmt::format("{}-\?\?\?\?\?-of-{:05}", prefix, count) : prefix;
}

}  // namespace

std::string write_snapshot(const SavePlan& plan, const Snapshot& snapshot, const std::string& prefix,
                           AtomicFile::Sync sync, const ProgressFunction& progress) {
  ProgressMeter meter(progress, snapshot.bytes);
  std::string name = prefix;
  if (plan.v1) {
    name = write_v1(plan, snapshot, prefix, sync, meter);
  } else {
    write_v2(plan, snapshot, prefix, sync, meter);
  }
  meter.finish();
  return name;
}

}  // namespace tenon
