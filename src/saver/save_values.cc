#include <fmt/format.h>

#include <filesystem>

#include "base/files.h"
#include "formats/bundle/bundle_writer.h"
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

// The values of all pieces, shard by shard; taken together, so that they belong to one moment as far as no step of
// training runs in between.
std::vector<std::vector<Tensor>> collect_values(Session& session, const SavePlan& plan, const std::string& prefix) {
  std::vector<std::vector<Tensor>> values(plan.shards.size());
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
    throw Error(Code::FailedPrecondition,
                fmt::format("cannot save {}: {} variables have no value; run their initializers or restore them first\n  {}",
                            prefix, missing.size(), fmt::join(missing, "\n  ")));
  }
  if (!fetches.empty()) {
    std::vector<Tensor> results = session.run(fetches);
    for (std::size_t i = 0; i < results.size(); ++i) *fetched[i] = std::move(results[i]);
  }
  return values;
}

void write_bundle(const std::string& prefix, const SaveShard& shard, const std::vector<Tensor>& values) {
  BundleWriter writer(prefix);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const SavePiece& piece = shard.pieces[i];
    if (const auto part = parse_shape_and_slice(piece.slice)) writer.add_slice(piece.key, *part, values[i]);
    else writer.add(piece.key, values[i]);
  }
  writer.finish();
}

// Removes the parts of a sharded save that did not come to its end.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)), existed_(file_exists(path_)) {}
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!existed_) std::filesystem::remove_all(path_, ignored);
  }

 private:
  std::string path_;
  bool existed_;
};

void write_shards(const std::string& prefix, const SavePlan& plan, const std::vector<std::vector<Tensor>>& values) {
  const TemporaryFolder folder(prefix + "_temp");
  std::vector<std::string> parts;
  for (std::size_t s = 0; s < plan.shards.size(); ++s) {
    parts.push_back(fmt::format("{}_temp/part-{:05}-of-{:05}", prefix, s, plan.shards.size()));
    write_bundle(parts.back(), plan.shards[s], values[s]);
  }
  merge_bundles(parts, prefix);
}

}  // namespace

int save_values(Session& session, const SavePlan& plan, const std::string& prefix) {
  const auto values = collect_values(session, plan, prefix);
  if (plan.sharded) write_shards(prefix, plan, values);
  else write_bundle(prefix, plan.shards[0], values[0]);
  return static_cast<int>(plan.shards.size());
}

}  // namespace tenon
