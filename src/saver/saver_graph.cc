#include "saver/saver_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "graph/graph_extra.h"
#include "graph/group.h"
#include "graph/names.h"
#include "ops/builder.h"
#include "tenon/error.h"
#include "tenon/ops.h"

namespace tenon {
namespace {

constexpr const char* kCpu = "/device:CPU:0";

// "10 2 0,4:0,2" for a piece of a partitioned variable, and the whole variable's name.
void take_slice_info(const GraphImpl& graph, Saveable& saveable) {
  const auto& defs = GraphAccess::extra(graph).variable_defs;
  const auto found = defs.find(saveable.variable.name());
  if (found == defs.end() || !found->second.has_save_slice_info_def()) return;
  const auto& info = found->second.save_slice_info_def();
  if (info.full_shape_size() == 0) return;
  std::string extents;
  for (int i = 0; i < info.full_shape_size(); ++i) {
    saveable.slice += fmt::format("{} ", info.full_shape(i));
    extents += fmt::format("{}{},{}", i ? ":" : "", i < info.var_offset_size() ? info.var_offset(i) : 0,
                           i < info.var_shape_size() ? info.var_shape(i) : info.full_shape(i));
  }
  saveable.slice += extents;
  saveable.key = info.full_name();
}

void sort_and_check(std::vector<Saveable>& saveables) {
  std::stable_sort(saveables.begin(), saveables.end(), [](const Saveable& a, const Saveable& b) { return a.key < b.key; });
  for (std::size_t i = 1; i < saveables.size(); ++i) {
    const Saveable &a = saveables[i - 1], &b = saveables[i];
    if (a.key != b.key) continue;
    if (a.slice.empty() != b.slice.empty()) {
      throw Error(Code::InvalidArgument, fmt::format("Mixing slices and non-slices with the same name: {}", a.key));
    }
    if (a.slice.empty() || a.slice == b.slice) {
      throw Error(Code::InvalidArgument, fmt::format("At least two variables have the same name: {}", a.key));
    }
  }
}

Tensor text_vector(const std::vector<std::string>& values) { return Tensor(values); }

// Builds the nodes of one Saver inside its name scope.
class SaverNodes {
 public:
  SaverNodes(GraphImpl& graph, const SaverOptions& options) : graph_(graph), options_(options) {}

  proto::SaverDef add(const std::vector<Saveable>& saveables) {
    const Scope scope = graph_.name_scope(options_.name.empty() ? "save" : options_.name);
    const Output name = add_filename();
    Output saved;
    Node* restored = nullptr;
    if (options_.sharded) {
      const auto shards = by_device(saveables);
      saved = options_.v1_format ? add_sharded_v1(name, shards) : add_sharded(name, shards);
      restored = add_restore_shards(name, shards);
    } else {
      saved = add_save(name, saveables);
      restored = add_restore(name, saveables, "restore_all", kCpu);
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
  struct Shard {
    std::string device;
    std::vector<Saveable> saveables;
  };

  Output text(const std::string& value, const std::string& name = "Const") { return constant(graph_, Tensor(value), name); }
  Output integer(std::int32_t value, const std::string& name) { return constant(graph_, Tensor(value), name); }

  Output with_default(const Output& input, const std::string& name) {
    return add_op(graph_, "PlaceholderWithDefault", name, {input}, {{"dtype", string}, {"shape", PartialShape::scalar()}});
  }

  Output add_filename() {
    Output filename;
    {
      const Scope scope = graph_.name_scope("filename");
      filename = with_default(text(options_.filename.empty() ? "model" : options_.filename, "input"), scope.name());
    }
    return with_default(filename, "Const");
  }

  // What the checkpoint takes of a variable.
  Output value_of(const Saveable& saveable) {
    const Variable& variable = saveable.variable;
    if (!variable.is_resource) return saveable.slice.empty() ? variable.handle : variable.snapshot;
    if (saveable.slice.empty()) return variable.snapshot;
    Output read;
    {
      const Scope device = graph_.device(variable.handle.op().device());
      const Scope scope = graph_.name_scope("Read");
      add_node(graph_, "DisableCopyOnRead", "DisableCopyOnRead", {variable.handle});
      read = add_op(graph_, "ReadVariableOp", "ReadVariableOp", {variable.handle}, {{"dtype", value_dtype(variable)}});
    }
    {
      const Scope device = graph_.device(variable.handle.op().device());
      read = add_op(graph_, "Identity", "Identity", {read});
    }
    const Scope cpu = graph_.device(kCpu);
    return add_op(graph_, "Identity", "Identity", {read});
  }

  // {tensor_names, shape_and_slices}
  std::pair<Output, Output> add_names(const std::vector<Saveable>& saveables, const char* slices_name) {
    std::vector<std::string> names, slices;
    for (const Saveable& saveable : saveables) {
      names.push_back(saveable.key);
      slices.push_back(saveable.slice);
    }
    const Output first = constant(graph_, text_vector(names), "tensor_names");
    return {first, constant(graph_, text_vector(slices), slices_name)};
  }

  Output add_save(const Output& filename, const std::vector<Saveable>& saveables) {
    std::vector<Output> values;
    for (const Saveable& saveable : saveables) values.push_back(value_of(saveable));
    Node* save = nullptr;
    {
      const Scope scope = graph_.name_scope(options_.v1_format ? "save" : "SaveV2");
      const auto [names, slices] = add_names(saveables, options_.v1_format ? "shapes_and_slices" : "shape_and_slices");
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

  Node* add_restore(const Output& filename, const std::vector<Saveable>& saveables, const std::string& name,
                    const std::string& device) {
    Node* restore = nullptr;
    {
      const Scope placed = graph_.device(device);
      const Scope scope = graph_.name_scope("RestoreV2");
      const auto [names, slices] = add_names(saveables, "shape_and_slices");
      std::vector<DType> types;
      for (const Saveable& saveable : saveables) types.push_back(value_dtype(saveable.variable));
      restore = add_node(graph_, "RestoreV2", scope.name(), {filename, names, slices}, {{"dtypes", types}});
    }
    std::vector<Node*> assigns;
    for (std::size_t i = 0; i < saveables.size(); ++i) {
      assigns.push_back(add_assign(saveables[i].variable, to_output({restore, static_cast<int>(i)})));
    }
    return group(graph_, assigns, name);
  }

  Node* add_assign(const Variable& variable, Output value) {
    const PartialShape shape = variable.is_resource ? variable.handle.op().attr<PartialShape>("shape") : variable.shape();
    if (options_.reshape) value = reshaped(variable, shape, value);
    if (variable.is_resource) {
      const Scope device = graph_.device(variable.handle.op().device());
      value = add_op(graph_, "Identity", "Identity", {value});
      return add_node(graph_, "AssignVariableOp", "AssignVariableOp", {variable.handle, value});
    }
    return add_node(graph_, "Assign", "Assign", {variable.handle, value},
                    {{"validate_shape", !options_.reshape && shape.fully_defined()}, {"use_locking", true}});
  }

  Output reshaped(const Variable& variable, const PartialShape& shape, const Output& value) {
    if (!shape.fully_defined()) {
      const Output wanted = variable.is_resource ? add_op(graph_, "VariableShape", "VariableShape", {variable.handle})
                                                 : add_op(graph_, "Shape", "Shape", {variable.handle});
      return add_op(graph_, "Reshape", "Reshape", {value, wanted});
    }
    const Scope scope = graph_.name_scope("Reshape");
    const Output wanted = int_vector(graph_, {shape.dims().begin(), shape.dims().end()}, "shape");
    return add_op(graph_, "Reshape", scope.name(), {value, wanted});
  }

  std::vector<Shard> by_device(const std::vector<Saveable>& saveables) const {
    std::map<std::string, std::vector<Saveable>> devices;
    for (const Saveable& saveable : saveables) {
      devices[canonical_device(saveable.variable.handle.op().device())].push_back(saveable);
    }
    std::vector<Shard> shards;
    for (auto& [device, list] : devices) shards.push_back({merge_devices(device, kCpu), std::move(list)});
    return shards;
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
      const Scope device = graph_.device(shards[i].device);
      names.push_back(shard_name(prefix, count, static_cast<int>(i)));
      saved.push_back(add_save(names.back(), shards[i].saveables));
    }
    return saved;
  }

  Output add_sharded(const Output& filename, const std::vector<Shard>& shards) {
    std::vector<Output> names;
    const std::vector<Output> saved = save_shards(temporary_prefix(filename), shards, names);
    std::vector<Node*> after_all;
    for (const Output& output : saved) after_all.push_back(output.op().node());
    const Scope device = graph_.device(shards.back().device);
    const Scope dependencies = graph_.control_dependencies(after_all);
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
    for (const Shard& shard : shards) restored.push_back(add_restore(filename, shard.saveables, "restore_shard", shard.device));
    return group(graph_, restored, "restore_all");
  }

  GraphImpl& graph_;
  const SaverOptions& options_;
};

}  // namespace

DType value_dtype(const Variable& variable) {
  return variable.is_resource ? variable.handle.op().attr<DType>("dtype") : variable.dtype();
}

std::vector<Saveable> saveables_of(const GraphImpl& graph, const std::vector<Variable>& variables) {
  std::vector<Saveable> saveables;
  for (const Variable& variable : variables) {
    Saveable saveable{.key = variable.handle.op().name(), .slice = "", .variable = variable};
    take_slice_info(graph, saveable);
    saveables.push_back(std::move(saveable));
  }
  std::stable_sort(saveables.begin(), saveables.end(),
                   [](const Saveable& a, const Saveable& b) { return a.variable.name() < b.variable.name(); });
  sort_and_check(saveables);
  return saveables;
}

std::vector<Saveable> saveables_of(const GraphImpl& graph, const std::map<std::string, Variable>& variables) {
  std::vector<Saveable> saveables;
  std::set<std::string> seen;
  for (const auto& [key, variable] : variables) {
    if (!seen.insert(variable.name()).second) {
      throw Error(Code::InvalidArgument, fmt::format("The same saveable will be restored with two names: {}", key));
    }
    Saveable saveable{.key = key, .slice = "", .variable = variable};
    take_slice_info(graph, saveable);
    saveable.key = key;
    saveables.push_back(std::move(saveable));
  }
  sort_and_check(saveables);
  return saveables;
}

proto::SaverDef add_saver_nodes(GraphImpl& graph, const std::vector<Saveable>& saveables, const SaverOptions& options) {
  return SaverNodes(graph, options).add(saveables);
}

}  // namespace tenon
