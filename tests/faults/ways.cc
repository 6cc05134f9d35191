#include "faults/ways.h"

#include <fmt/format.h>

#include <stdexcept>

#include "base/files.h"
#include "formats/bundle/bundle_writer.h"
#include "formats/checkpoint_state/checkpoint_state.h"
#include "saver/checkpoint_files.h"
#include "tenon/ops.h"

namespace tenon::faults {
namespace {

constexpr int kKept = 2;

std::vector<Tensor> values_of(int number, std::int64_t elements) {
  const float value = static_cast<float>(number);
  const std::string text(static_cast<std::size_t>(3 * number), static_cast<char>('0' + number));
  return {Tensor({elements}, std::vector<float>(static_cast<std::size_t>(elements), value)),
          Tensor({3}, std::vector<std::int64_t>(3, number)), Tensor({2}, std::vector<std::string>{text, text}),
          Tensor({2, 5}, std::vector<float>(10, value)), Tensor(static_cast<double>(number))};
}

// Different spellings of the one device: different shards.
std::string device_of(std::size_t variable, int shards) {
  const std::vector<std::string> devices = {"", "/cpu:0", "/job:localhost/replica:0/task:0/device:CPU:0"};
  return devices.at(variable % static_cast<std::size_t>(shards));
}

SaverOptions saver_options(const Way& way, int shards) {
  SaverOptions options;
  options.max_to_keep = kKept;
  options.sharded = shards > 1;
  options.v1_format = way.v1;
  return options;
}

std::string path_of(const Way& way, const std::string& folder, int step) {
  const std::string path = folder + "/" + way.base;
  return way.new_prefix && way.call != Way::Call::Save ? fmt::format("{}-{}", path, step) : path;
}

void write_bundle(const Way& way, int number, const std::string& prefix, const std::string& folder) {
  BundleWriter writer(prefix, {.sync = AtomicFile::Sync::Yes});
  const std::vector<Tensor> values = values_of(number, way.elements);
  for (std::size_t i = 0; i < values.size(); ++i) writer.add(fmt::format("v{}", i), values[i]);
  writer.finish();
  CheckpointState state;
  state.model_checkpoint_path = prefix;
  state.all_model_checkpoint_paths = {prefix};
  write_checkpoint_state(folder + "/checkpoint", state, AtomicFile::Sync::Yes);
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Way& way) { return out << way.name; }

std::vector<Way> all_ways() {
  std::vector<Way> ways = {
      {.name = "NewPrefix", .new_prefix = true},
      {.name = "SamePrefix"},
      {.name = "ShardedNewPrefix", .new_prefix = true, .shards_before = 2, .shards = 2},
      {.name = "ShardedSamePrefix", .shards_before = 3, .shards = 3},
      {.name = "MoreShards", .shards_before = 1, .shards = 3},
      {.name = "FewerShards", .shards_before = 3, .shards = 2},
      {.name = "NoMoreShards", .shards_before = 2, .shards = 1},
      {.name = "V1NewPrefix", .new_prefix = true, .v1 = true},
      {.name = "V1SamePrefix", .v1 = true},
      {.name = "V1Sharded", .new_prefix = true, .shards_before = 2, .shards = 2, .v1 = true},
      {.name = "V1ShardedSamePrefix", .shards_before = 2, .shards = 2, .v1 = true},
      {.name = "LargeNewPrefix", .new_prefix = true, .elements = 150000},
      {.name = "LargeSamePrefix", .elements = 150000},
      {.name = "NodesSamePrefix", .call = Way::Call::RunNodes},
      {.name = "AsyncNewPrefix", .new_prefix = true, .async = true},
      {.name = "AsyncSamePrefix", .async = true},
  };
  for (const Way& way : durable_ways()) ways.push_back(way);
  return ways;
}

std::vector<Way> durable_ways() {
  return {
      {.name = "WriterNewPrefix", .new_prefix = true, .durable = true, .call = Way::Call::WriteBundle},
      {.name = "WriterSamePrefix", .durable = true, .call = Way::Call::WriteBundle},
      {.name = "DurableNewPrefix", .new_prefix = true, .durable = true},
      {.name = "DurableSamePrefix", .durable = true},
      {.name = "DurableShardedNewPrefix", .new_prefix = true, .shards_before = 2, .shards = 2, .durable = true},
      {.name = "DurableShardedSamePrefix", .shards_before = 2, .shards = 2, .durable = true},
      {.name = "DurableMoreShards", .shards_before = 1, .shards = 2, .durable = true},
      {.name = "DurableV1", .new_prefix = true, .v1 = true, .durable = true},
      {.name = "DurableAsync", .durable = true, .async = true},
  };
}

Model::Model(const Way& way, int number, int shards) {
  const std::vector<Tensor> values = values_of(number, way.elements);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Scope device = graph.device(device_of(i, shards));
    variables.push_back(variable(graph, values[i], fmt::format("v{}", i)));
  }
}

Trainer::Trainer(const Way& way, const std::string& folder, int number, int shards)
    : way_(way),
      folder_(folder),
      number_(number),
      model_(way, number, shards),
      saver_(model_.graph, saver_options(way, shards)) {
  model_.init();
  saver_.adopt_checkpoints(folder);
}

std::string Trainer::save(int step) {
  const std::string path = path_of(way_, folder_, step);
  if (way_.call == Way::Call::RunNodes) {
    model_.session.run({model_.graph.tensor("save/control_dependency:0")},
                       {{model_.graph.tensor("save/Const:0"), Tensor(path)}});
    return path;
  }
  if (way_.call == Way::Call::WriteBundle) {
    write_bundle(way_, number_, path, folder_);
    return path;
  }
  SaveOptions options;
  if (way_.new_prefix) options.global_step = step;
  if (way_.durable) options.durability = Durability::Durable;
  if (way_.async) return saver_.save_async(model_.session, path, options).wait();
  return saver_.save(model_.session, path, options);
}

void save_before(const Way& way, const std::string& folder) {
  for (int number = 1; number <= kBefore; ++number) Trainer(way, folder, number, way.shards_before).save(number);
}

std::string save(const Way& way, const std::string& folder, int number) {
  return Trainer(way, folder, number, way.shards).save(number);
}

int number_in(const Way& way, const std::string& prefix) {
  Model model(way, 0, 1);
  Saver(model.graph).restore(model.session, prefix);
  std::vector<Output> fetches(model.variables.begin(), model.variables.end());
  const std::vector<Tensor> found = model.session.run(fetches);
  const int number = static_cast<int>(found.back().scalar<double>());
  const std::vector<Tensor> expected = values_of(number, way.elements);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i].equals(expected[i])) continue;
    throw std::runtime_error(fmt::format("{}: v4 is of save {}, v{} is not", prefix, number, i));
  }
  return number;
}

}  // namespace tenon::faults
