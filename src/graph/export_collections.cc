#include "graph/export_collections.h"

#include <algorithm>
#include <map>
#include <span>

#include "base/parallel_for.h"
#include "formats/message/message_io.h"
#include "formats/message/wire.h"
#include "graph/graph_extra.h"
#include "graph/names.h"
#include "meta_graph.pb.h"

namespace tenon {
namespace {

using proto::CollectionDef;

constexpr int kBytesValue = CollectionDef::BytesList::kValueFieldNumber;

// Writes variables one after the other; keeps the memory that it needs for each.
class VariableWriter {
 public:
  explicit VariableWriter(const GraphImpl& graph) : defs_(GraphAccess::extra(graph).variable_defs) {}

  // Valid until the next one is written.
  std::string_view bytes_of(const Variable& variable) {
    using Def = proto::VariableDef;
    body_.clear();
    if (!defs_.empty()) {
      if (const auto found = defs_.find(variable.name()); found != defs_.end()) return body_ = to_binary(found->second);
    }
    put_output(Def::kVariableNameFieldNumber, variable.handle);
    if (variable.initializer.bound()) {
      put_bytes_field(body_, Def::kInitializerNameFieldNumber, variable.initializer.name());
    }
    if (variable.snapshot.bound()) put_output(Def::kSnapshotNameFieldNumber, variable.snapshot);
    if (variable.is_resource) put_varint_field(body_, Def::kIsResourceFieldNumber, 1);
    if (variable.initial_value.bound()) put_output(Def::kInitialValueNameFieldNumber, variable.initial_value);
    if (variable.trainable) put_varint_field(body_, Def::kTrainableFieldNumber, 1);
    return body_;
  }

 private:
  void put_output(int field, const Output& output) {
    const std::string& node = output.op().name();
    const std::string index = std::to_string(output.index());
    begin_bytes_field(body_, field, node.size() + 1 + index.size());
    body_.append(node).append(1, ':').append(index);
  }

  const std::map<std::string, proto::VariableDef>& defs_;
  std::string body_;
};

// What TensorFlow can find in the graph: it refuses a meta graph with other names. Of saveable objects there are names
// that are none of nodes.
bool is_in(const GraphImpl& graph, std::string_view name) {
  const auto parsed = parse_output_name(name);
  return parsed && graph.find(parsed->node);
}

class Collections {
 public:
  Collections(const GraphImpl& graph, const std::optional<std::vector<std::string>>& chosen)
      : graph_(graph), chosen_(chosen) {}

  GraphBytes parts() {
    add_variables();
    add_bytes();
    add_others();
    for (auto& [name, collection] : others_) lists_[name] = {to_binary(collection)};
    GraphBytes parts;
    for (auto& [name, list] : lists_) {
      parts.push_back(header(name, bytes_of(list), !others_.contains(name)));
      std::move(list.begin(), list.end(), std::back_inserter(parts));
    }
    return parts;
  }

 private:
  bool wants(const std::string& name) const {
    return !chosen_ || std::find(chosen_->begin(), chosen_->end(), name) != chosen_->end();
  }

  void add_variables() {
    for (const auto& [name, variables] : GraphAccess::variable_collections(graph_)) {
      if (!variables.empty() && wants(name)) lists_[name] = variable_list(variables);
    }
  }

  GraphBytes variable_list(std::span<const Variable> variables) const {
    constexpr std::size_t kVariablesOfAPart = 1024, kBytesOfAVariable = 128;  // about
    GraphBytes parts((variables.size() + kVariablesOfAPart - 1) / kVariablesOfAPart);
    parallel_tasks(parts.size(), [&, writer = VariableWriter(graph_)](std::size_t part) mutable {
      const std::size_t begin = part * kVariablesOfAPart;
      const auto these = variables.subspan(begin, std::min(kVariablesOfAPart, variables.size() - begin));
      parts[part].reserve(these.size() * kBytesOfAVariable);
      for (const Variable& variable : these) put_bytes_field(parts[part], kBytesValue, writer.bytes_of(variable));
    });
    return parts;
  }

  void add_bytes() {
    for (const auto& [name, values] : graph_.bytes_collections()) {
      if (values.empty() || !wants(name)) continue;
      std::string& list = lists_[name].emplace_back();
      for (const std::string& value : values) put_bytes_field(list, kBytesValue, value);
    }
  }

  void add_others() {
    for (const auto& [name, values] : graph_.node_collections()) {
      if (!wants(name)) continue;
      for (const std::string& value : values) {
        if (name == "saveable_objects" && !is_in(graph_, value)) continue;
        others_[name].mutable_node_list()->add_value(value);
      }
    }
    for (const auto& [name, collection] : GraphAccess::extra(graph_).other_collections) {
      if (wants(name)) others_[name] = collection;
    }
  }

  // What stands before the `bytes` of a list, which are those of a CollectionDef or what is in its BytesList.
  static std::string header(const std::string& name, std::size_t bytes, bool is_bytes_list) {
    std::string collection, entry, field;
    if (is_bytes_list) begin_bytes_field(collection, CollectionDef::kBytesListFieldNumber, bytes);
    put_bytes_field(entry, kMapKey, name);
    begin_bytes_field(entry, kMapValue, collection.size() + bytes);
    entry += collection;
    begin_bytes_field(field, proto::MetaGraphDef::kCollectionDefFieldNumber, entry.size() + bytes);
    return field + entry;
  }

  const GraphImpl& graph_;
  const std::optional<std::vector<std::string>>& chosen_;
  std::map<std::string, GraphBytes> lists_;
  std::map<std::string, CollectionDef> others_;  // of other kinds than bytes
};

}  // namespace

GraphBytes collection_parts(const GraphImpl& graph, const std::optional<std::vector<std::string>>& chosen) {
  return Collections(graph, chosen).parts();
}

proto::VariableDef variable_to_proto(const GraphImpl& graph, const Variable& variable) {
  proto::VariableDef def;
  parse_binary(VariableWriter(graph).bytes_of(variable), def);
  return def;
}

}  // namespace tenon
