#include "saver/saver_graph.h"

#include <fmt/format.h>

#include <map>

#include "graph/group.h"
#include "graph/names.h"
#include "ops/builder.h"
#include "tenon/error.h"

namespace tenon {
namespace {

constexpr const char* kCpu = "/device:CPU:0";

struct Shard {
  std::string device;
  std::vector<SavedObject> objects;
};

std::vector<Shard> by_device(const std::vector<SavedObject>& objects) {
  std::map<std::string, std::vector<SavedObject>> devices;
  for (const SavedObject& object : objects) {
    const std::string device = canonical_device(object.tensors[0].device);
    for (const SavedTensor& tensor : object.tensors) {
      if (canonical_device(tensor.device) == device) continue;
      throw Error(
          Code::InvalidArgument,
          fmt::format("All tensors of a saveable object must be on the same device: {}: {} is on '{}', {} on '{}'",
                      object.name, object.tensors[0].key, object.tensors[0].device, tensor.key, tensor.device));
    }
    devices[device].push_back(object);
  }
  std::vector<Shard> shards;
  for (auto& [device, list] : devices) shards.push_back({device, std::move(list)});
  return shards;
}

std::string on_cpu(const std::string& device) { return merge_devices(device, kCpu); }

// Builds the nodes of one Saver inside its name scope.
class SaverNodes {
 public:
  SaverNodes(GraphImpl& graph, const SaverOptions& options) : graph_(graph), options_(options) {}

  proto::SaverDef add(const std::vector<SavedObject>& objects) {
    const std::vector<Shard> shards = options_.sharded ? by_device(objects) : std::vector<Shard>();
    const Scope scope = graph_.name_scope(options_.name.empty() ? "save" : options_.name);
    const Output name = add_filename();
    Output saved;
    Node* restored = nullptr;
    if (options_.sharded) {
      saved = options_.v1_format ? add_sharded_v1(name, shards) : add_sharded(name, shards);
      restored = add_restore_shards(name, shards);
    } else {
      saved = add_save(name, objects);
      restored = add_restore(name, objects, "restore_all");
    }
    proto::SaverDef def;
    def.set_filename_tensor_name(name.name());
    def.set_save_tensor_name(saved.name());
    def.set_restore_op_name(restored->name);
    def.set_max_to_keep(options_.max_to_keep);
    def.set_sharded(options_.sharded);
    def.set_keep_checkpoint_every_n_hours(static_cast<float>(options_.keep_checkpoint_every_n_hours));
    def.set_version(options_.v1_format ? proto::SaverDef::V1 : proto::SaverDef::V2);
    return def;
  }

 private:
  Output text(const std::string& value, const std::string& name = "Const") {
    return constant(graph_, Tensor(value), name);
  }
  Output integer(std::int32_t value, const std::string& name) { return constant(graph_, Tensor(value), name); }

  Output with_default(const Output& input, const std::string& name) {
    return add_op(graph_, "PlaceholderWithDefault", name, {input},
                  {{"dtype", string}, {"shape", PartialShape::scalar()}});
  }

  Output add_filename() {
    Output filename;
    {
      const Scope scope = graph_.name_scope("filename");
      filename = with_default(text(options_.filename.empty() ? "model" : options_.filename, "input"), scope.name());
    }
    return with_default(filename, "Const");
  }

  // {tensor_names, shape_and_slices}
  std::pair<Output, Output> add_names(const std::vector<SavedObject>& objects, const char* slices_name) {
    std::vector<std::string> names, slices;
    for (const SavedObject& object : objects) {
      for (const SavedTensor& tensor : object.tensors) {
        names.push_back(tensor.key);
        slices.push_back(tensor.slice);
      }
    }
    const Output first = constant(graph_, Tensor(names), "tensor_names");
    return {first, constant(graph_, Tensor(slices), slices_name)};
  }

  Output add_save(const Output& filename, const std::vector<SavedObject>& objects) {
    std::vector<Output> values;
    for (const SavedObject& object : objects) {
      for (const SavedTensor& tensor : object.tensors) values.push_back(tensor.value());
    }
    Node* save = nullptr;
    {
      const Scope scope = graph_.name_scope(options_.v1_format ? "save" : "SaveV2");
      const auto [names, slices] = add_names(objects, options_.v1_format ? "shapes_and_slices" : "shape_and_slices");
      std::vector<Output> inputs = {filename, names, slices};
      inputs.insert(inputs.end(), values.begin(), values.end());
      save = add_node(graph_, options_.v1_format ? "SaveSlices" : "SaveV2", scope.name(), inputs);
    }
    return after({save}, filename);
  }

  // control_flow_ops.with_dependencies
  Output after(const std::vector<Node*>& nodes, const Output& value) {
    const Scope scope = graph_.name_scope("control_dependency");
    const Scope beside = graph_.colocate_with(value.op().node());
    const Scope dependencies = graph_.control_dependencies(nodes);
    return add_op(graph_, "Identity", scope.name(), {value});
  }

  Node* add_restore(const Output& filename, const std::vector<SavedObject>& objects, const std::string& name) {
    Node* restore = nullptr;
    {
      const Scope placed = graph_.device(kCpu);
      const Scope scope = graph_.name_scope("RestoreV2");
      const auto [names, slices] = add_names(objects, "shape_and_slices");
      std::vector<DType> types;
      for (const SavedObject& object : objects) {
        for (const SavedTensor& tensor : object.tensors) types.push_back(tensor.dtype);
      }
      restore = add_node(graph_, "RestoreV2", scope.name(), {filename, names, slices}, {{"dtypes", types}});
    }
    std::vector<Node*> restored;
    int next = 0;
    for (const SavedObject& object : objects) {
      const std::vector<Ints> shapes = options_.reshape ? wanted_shapes(object) : std::vector<Ints>();
      std::vector<Output> values;
      for (std::size_t i = 0; i < object.tensors.size(); ++i) values.push_back(to_output({restore, next++}));
      restored.push_back(object.restore(values, shapes));
    }
    return group(graph_, restored, name);
  }

  static std::vector<Ints> wanted_shapes(const SavedObject& object) {
    std::vector<Ints> shapes;
    for (const SavedTensor& tensor : object.tensors) {
      const Output value = tensor.value();
      if (const auto known = value.shape().try_shape()) shapes.emplace_back(*known);
      else shapes.emplace_back(shape(value));
    }
    return shapes;
  }

  // The name of one shard's file: "PREFIX_temp/part-00000-of-00002".
  Output shard_name(const Output& prefix, const Output& count, int shard) {
    const Scope scope = graph_.name_scope("ShardedFilename");
    const Output number = integer(shard, "shard");
    return add_op(graph_, "ShardedFilename", scope.name(), {prefix, number, count});
  }

  Output temporary_prefix(const Output& filename) {
    const Scope device = graph_.device("/device:CPU:*");
    const Output is_object_store =
        add_op(graph_, "StaticRegexFullMatch", "StaticRegexFullMatch", {filename}, {{"pattern", "^s3://.*"}});
    const Output part = text(".part"), folder = text("_temp/part");
    const Output suffix = add_op(graph_, "Select", "Select", {is_object_store, part, folder});
    return add_op(graph_, "StringJoin", "StringJoin", {filename, suffix});
  }

  std::vector<Output> save_shards(const Output& prefix, const std::vector<Shard>& shards, std::vector<Output>& names) {
    const Output count = integer(static_cast<std::int32_t>(shards.size()), "num_shards");
    std::vector<Output> saved;
    for (std::size_t i = 0; i < shards.size(); ++i) {
      const Scope device = graph_.device(options_.v1_format ? shards[i].device : on_cpu(shards[i].device));
      names.push_back(shard_name(prefix, count, static_cast<int>(i)));
      saved.push_back(add_save(names.back(), shards[i].objects));
    }
    return saved;
  }

  Output add_sharded(const Output& filename, const std::vector<Shard>& shards) {
    std::vector<Output> names;
    const std::vector<Output> saved = save_shards(temporary_prefix(filename), shards, names);
    std::vector<Node*> after_all;
    for (const Output& output : saved) after_all.push_back(output.op().node());
    const Scope dependencies = graph_.control_dependencies(after_all);
    const Scope device = graph_.device(on_cpu(shards.back().device));
    Node* merge = nullptr;
    {
      const Scope scope = graph_.name_scope("MergeV2Checkpoints");
      const Output prefixes = add_op(graph_, "Pack", "checkpoint_prefixes", names);
      merge = add_node(graph_, "MergeV2Checkpoints", scope.name(), {prefixes, filename}, {{"delete_old_dirs", true}});
    }
    const Scope merged = graph_.control_dependencies({merge});
    return add_op(graph_, "Identity", "Identity", {filename});
  }

  Output add_sharded_v1(const Output& filename, const std::vector<Shard>& shards) {
    std::vector<Output> names;
    std::vector<Node*> after_all;
    for (const Output& output : save_shards(filename, shards, names)) after_all.push_back(output.op().node());
    const Scope dependencies = graph_.control_dependencies(after_all);
    const Output count = to_output({names.front().op().node()->inputs[2].node, 0});
    return add_op(graph_, "ShardedFilespec", "ShardedFilespec", {filename, count});
  }

  Node* add_restore_shards(const Output& filename, const std::vector<Shard>& shards) {
    std::vector<Node*> restored;
    for (const Shard& shard : shards) {
      const Scope device = graph_.device(shard.device);
      restored.push_back(add_restore(filename, shard.objects, "restore_shard"));
    }
    return group(graph_, restored, "restore_all");
  }

  GraphImpl& graph_;
  const SaverOptions& options_;
};

}  // namespace

proto::SaverDef add_saver_nodes(GraphImpl& graph, const std::vector<SavedObject>& objects,
                                const SaverOptions& options) {
  return SaverNodes(graph, options).add(objects);
}

}  // namespace tenon
