#include "graph/export_part.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_set>

#include "formats/message/message_io.h"
#include "graph/import_meta_graph.h"
#include "graph/names.h"
#include "graph/rename_protos.h"
#include "graph/unbound_inputs.h"
#include "meta_graph.pb.h"
#include "tenon/error.h"

namespace tenon {
namespace {

using Strings = google::protobuf::RepeatedPtrField<std::string>;

constexpr std::array<std::string_view, 11> kSaveAndRestore = {
    "SaveV2",    "Save",    "SaveSlice",    "SaveSlices",    "LegacySave",        "LegacySaveSlice",
    "RestoreV2", "Restore", "RestoreSlice", "LegacyRestore", "LegacyRestoreSlice"};

std::string_view node_of(std::string_view tensor) { return tensor.substr(0, tensor.find(':')); }

// "outer/save/" for "outer/save/restore_all"; "/" at the root, where no node is.
std::string scope_of(std::string_view node) {
  const std::size_t slash = node.rfind('/');
  return slash == std::string_view::npos ? "/" : std::string(node.substr(0, slash + 1));
}

std::string_view without_slash(std::string_view scope) {
  if (scope.ends_with('/')) scope.remove_suffix(1);
  return scope;
}

template <typename Keep>
void keep_if(Strings& values, Keep keep) {
  values.erase(std::remove_if(values.begin(), values.end(), [&](std::string& value) { return !keep(value); }),
               values.end());
}

class PartExporter {
 public:
  PartExporter(proto::MetaGraphDef& meta, const MetaGraphOptions& options)
      : meta_(meta),
        options_(options),
        scope_(options.export_scope),
        strip_(Renamer::without_scope(without_slash(scope_))) {}

  void run() {
    if (options_.clear_extraneous_savers) find_other_savers();
    take_nodes();
    take_collections();
    if (!meta_.has_saver_def()) return;
    if (in_scope(meta_.saver_def())) strip_.rename(*meta_.mutable_saver_def());
    else meta_.clear_saver_def();  // it would name nodes that are not there
  }

 private:
  bool in_scope(std::string_view name) const { return in_export_scope(name, scope_); }
  bool in_scope(const proto::SaverDef& def) const {
    return in_scope(def.filename_tensor_name()) && in_scope(def.save_tensor_name()) && in_scope(def.restore_op_name());
  }

  // Everything in the scopes of save and restore operations, but for those of the Saver that is exported.
  void find_other_savers() {
    std::unordered_set<std::string> scopes;
    for (const auto& node : meta_.graph_def().node()) {
      if (std::find(kSaveAndRestore.begin(), kSaveAndRestore.end(), node.op()) != kSaveAndRestore.end()) {
        scopes.insert(scope_of(node.name()));
      }
    }
    if (meta_.has_saver_def()) {
      scopes.erase(scope_of(node_of(meta_.saver_def().save_tensor_name())));
      scopes.erase(scope_of(node_of(meta_.saver_def().restore_op_name())));
    }
    for (const auto& node : meta_.graph_def().node()) {
      const bool other = std::any_of(scopes.begin(), scopes.end(),
                                     [&](const std::string& scope) { return node.name().starts_with(scope); });
      if (other) left_out_.insert(node.name());
    }
  }

  bool is_left_out(std::string_view tensor) const { return left_out_.contains(std::string(node_of(tensor))); }

  void take_nodes() {
    auto& nodes = *meta_.mutable_graph_def()->mutable_node();
    nodes.erase(std::remove_if(nodes.begin(), nodes.end(),
                               [&](const proto::NodeDef& node) {
                                 return is_left_out(node.name()) ||
                                        !(in_scope(node.name()) || node.name().starts_with(kUnboundInput));
                               }),
                nodes.end());
    for (auto& node : nodes) take_node(node);
  }

  void take_node(proto::NodeDef& node) {
    for (std::string& input : *node.mutable_input()) take_input(node, input);
    if (scope_.empty()) return;
    node.set_name(strip_(node.name()));
    if (const auto found = node.mutable_attr()->find("_class"); found != node.mutable_attr()->end()) {
      auto& groups = *found->second.mutable_list()->mutable_s();
      keep_if(groups,
              [&](const std::string& group) { return in_scope(std::string_view(group).substr(group.find('@') + 1)); });
      for (std::string& group : groups) group = strip_group(group);
    }
    if (node.op() != "Enter" && node.op() != "RefEnter") return;
    const auto frame = node.mutable_attr()->find("frame_name");
    if (frame != node.mutable_attr()->end()) frame->second.set_s(strip_(frame->second.s()));
  }

  std::string strip_group(const std::string& group) const {
    const bool location = group.starts_with(kColocationPrefix);
    return location ? std::string(kColocationPrefix) + strip_(std::string_view(group).substr(kColocationPrefix.size()))
                    : group;
  }

  void take_input(const proto::NodeDef& node, std::string& input) {
    const bool control = input.starts_with('^');
    const std::string name = input.substr(control ? 1 : 0);
    if (is_left_out(name)) {
      throw Error(
          Code::InvalidArgument,
          fmt::format("clear_extraneous_savers: node '{}' has the input '{}', which belongs to a Saver that is left "
                      "out; export this graph with all its Savers",
                      node.name(), input));
    }
    if (in_scope(name)) {
      input = strip_(input);
      return;
    }
    input = fmt::format("{}{}{}", control ? "^" : "", kUnboundInput, name);
    if (unbound_seen_.insert(input).second) unbound_.push_back(input);
  }

  void take_collections() {
    auto& collections = *meta_.mutable_collection_def();
    if (options_.clear_extraneous_savers) keep_own_saver(collections);
    if (!options_.unbound_inputs.empty()) collections.erase(options_.unbound_inputs);
    std::vector<std::string> empty;
    for (auto& [name, collection] : collections) {
      if (!take_collection(name, collection)) empty.push_back(name);
    }
    for (const std::string& name : empty) collections.erase(name);
    if (options_.unbound_inputs.empty() || unbound_.empty()) return;
    auto& list = *collections[options_.unbound_inputs].mutable_bytes_list();
    for (const std::string& name : unbound_) list.add_value(name);
  }

  void keep_own_saver(google::protobuf::Map<std::string, proto::CollectionDef>& collections) {
    const auto found = collections.find("savers");
    if (found == collections.end()) return;
    found->second.Clear();
    if (meta_.has_saver_def()) found->second.mutable_bytes_list()->add_value(to_binary(meta_.saver_def()));
    else collections.erase(found);
  }

  // False if nothing is left of it.
  bool take_collection(const std::string& name, proto::CollectionDef& collection) {
    if (collection.has_node_list()) {
      auto& values = *collection.mutable_node_list()->mutable_value();
      keep_if(values, [&](const std::string& value) { return in_scope(value) && !is_left_out(value); });
      for (std::string& value : values) value = strip_(value);
      return !values.empty();
    }
    if (!collection.has_bytes_list() || scope_.empty()) return true;
    auto& values = *collection.mutable_bytes_list()->mutable_value();
    if (is_variable_collection(name)) {
      take_items<proto::VariableDef>(values, [&](const auto& def) { return in_scope(def.variable_name()); });
    } else if (name == "savers") {
      take_items<proto::SaverDef>(values, [&](const auto& def) { return in_scope(def); });
    } else {
      keep_if(values, [&](const std::string& bytes) { return in_scope(named_by_item(name, bytes), true); });
      for (std::string& bytes : values) bytes = strip_.rename_item(name, bytes);
    }
    return !values.empty();
  }

  // What names no node is kept.
  bool in_scope(const std::string& name, bool if_unnamed) const { return name.empty() ? if_unnamed : in_scope(name); }

  template <typename Message, typename Keep>
  void take_items(Strings& values, Keep keep) {
    keep_if(values, [&](std::string& bytes) {
      Message message;
      if (!parse_binary(bytes, message) || !keep(message)) return false;
      strip_.rename(message);
      bytes = to_binary(message);
      return true;
    });
  }

  proto::MetaGraphDef& meta_;
  const MetaGraphOptions& options_;
  const std::string& scope_;
  const Renamer strip_;
  std::unordered_set<std::string> left_out_, unbound_seen_;
  std::vector<std::string> unbound_;
};

}  // namespace

bool exports_part(const MetaGraphOptions& options) {
  return !options.export_scope.empty() || options.clear_extraneous_savers;
}

bool in_export_scope(std::string_view name, std::string_view export_scope) { return name.starts_with(export_scope); }

void take_part(proto::MetaGraphDef& meta, const MetaGraphOptions& options) { PartExporter(meta, options).run(); }

}  // namespace tenon
