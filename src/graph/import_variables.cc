#include "graph/import_variables.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_set>

#include "base/parallel_for.h"
#include "formats/message/message_io.h"
#include "formats/message/wire.h"
#include "formats/message/wire_check.h"
#include "graph/names.h"
#include "tenon/error.h"

namespace tenon {
namespace {

constexpr std::array<std::string_view, 9> kVariableCollections = {"variables",
                                                                  "trainable_variables",
                                                                  "local_variables",
                                                                  "model_variables",
                                                                  "metric_variables",
                                                                  "global_step",
                                                                  "moving_average_variables",
                                                                  "concatenated_variables",
                                                                  "trainable_resource_variables"};

// "1.8.0-rc1" is before 1.9; nothing and nonsense are not.
bool is_before_1_9(const std::string& version) {
  int major = 0, minor = 0;
  const char* end = version.data() + version.size();
  const auto first = std::from_chars(version.data(), end, major);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '.') return false;
  if (std::from_chars(first.ptr + 1, end, minor).ec != std::errc()) return false;
  return major == 0 || (major == 1 && minor < 9);
}

// A VariableDef as it lies in a collection.
struct VariableFields {
  std::string_view name, initializer, snapshot, initial_value;
  bool is_resource = false, trainable = false;
  bool special = false;  // it says more than a Variable can

  explicit VariableFields(std::string_view bytes) {
    using Def = proto::VariableDef;
    WireReader reader(bytes);
    for (WireField field; reader.next(field);) {
      const int text = field.is_bytes() ? field.number : 0, flag = field.is_varint() ? field.number : 0;
      if (text == Def::kVariableNameFieldNumber) name = field.bytes;
      else if (text == Def::kInitializerNameFieldNumber) initializer = field.bytes;
      else if (text == Def::kSnapshotNameFieldNumber) snapshot = field.bytes;
      else if (text == Def::kInitialValueNameFieldNumber) initial_value = field.bytes;
      else if (flag == Def::kIsResourceFieldNumber) is_resource = field.value != 0;
      else if (flag == Def::kTrainableFieldNumber) trainable = field.value != 0;
      else special = true;
    }
    special |= snapshot.empty();
  }
};

// The variables of all collections, found among the nodes of the file before the graph changes.
class VariableReader {
 public:
  VariableReader(const GraphFile& file, const FindNode& find, const ChooseCollection& chosen)
      : file_(file),
        find_(find),
        chosen_(chosen),
        old_(is_before_1_9(file.meta().meta_info_def().tensorflow_version())) {
    if (old_) find_trainable();
  }

  ReadVariables read() {
    std::vector<std::pair<const BytesList*, std::vector<Variable>*>> lists;
    for (const BytesList& list : file_.bytes_lists()) {
      const std::string name(list.collection);
      if (is_variable_collection(name) && chosen_(name)) lists.emplace_back(&list, &result_.by_collection[name]);
    }
    // Copies: noting where handles are made takes time. Large lists are filled at the same time.
    parallel_tasks(lists.size(), [&](std::size_t i) { lists[i].second->resize(lists[i].first->items.size(), none_); });
    for (const auto& [list, variables] : lists) read_collection(*list, *variables);
    return std::move(result_);
  }

 private:
  // Old files do not say which variables are trained, except by this collection.
  void find_trainable() {
    const BytesList* list = file_.find_bytes_list("trainable_variables");
    if (!list) return;
    for (const std::string_view bytes : list->items) trainable_.insert(VariableFields(bytes).name);
  }

  void read_collection(const BytesList& list, std::vector<Variable>& variables) {
    constexpr std::int64_t kVariablesOfATask = 1024;
    std::vector<char> special(list.items.size());
    parallel_pieces(static_cast<std::int64_t>(special.size()), kVariablesOfATask,
                    [&](std::int64_t begin, std::int64_t end) {
                      for (std::int64_t i = begin; i < end; ++i) {
                        const auto at = static_cast<std::size_t>(i);
                        const VariableFields fields = read_fields(list, at);
                        variables[at] = to_variable(fields, list.collection);
                        special[at] = fields.special;
                      }
                    });
    for (std::size_t i = 0; i < special.size(); ++i) {
      if (special[i] == 0) continue;
      parse_binary(list.items[i], result_.special.emplace_back());
      result_.special.back().set_trainable(variables[i].trainable);
    }
  }

  VariableFields read_fields(const BytesList& list, std::size_t i) const {
    const std::string_view bytes = list.items[i];
    if (!is_variable_(bytes)) {
      throw Error(Code::InvalidArgument, fmt::format("collection {}: item {} is no VariableDef", list.collection, i));
    }
    VariableFields fields(bytes);
    if (old_) fields.trainable = trainable_.contains(fields.name);
    return fields;
  }

  Variable to_variable(const VariableFields& fields, std::string_view collection) const {
    const auto edge = [&](std::string_view name) {
      const auto parsed = parse_output_name(name);
      if (Node* node = parsed ? find_(parsed->node) : nullptr) return Edge{node, parsed->index.value_or(0)};
      throw Error(Code::InvalidArgument, fmt::format("collection {}: variable {} names '{}', which is not in the graph",
                                                     collection, fields.name, name));
    };
    Variable variable = none_;
    variable.handle = to_output(edge(fields.name));
    if (!fields.initializer.empty()) variable.initializer = to_operation(edge(fields.initializer).node);
    variable.snapshot = fields.snapshot.empty() ? variable.handle : to_output(edge(fields.snapshot));
    if (!fields.initial_value.empty()) variable.initial_value = to_output(edge(fields.initial_value));
    variable.trainable = fields.trainable;
    variable.is_resource = fields.is_resource;
    return variable;
  }

  const GraphFile& file_;
  const FindNode& find_;
  const ChooseCollection& chosen_;
  bool old_ = false;
  std::unordered_set<std::string_view> trainable_;  // names; of old files only
  const MessageCheck is_variable_{*proto::VariableDef::descriptor()};
  const Variable none_;
  ReadVariables result_;
};

}  // namespace

bool is_variable_collection(const std::string& name) {
  return std::find(kVariableCollections.begin(), kVariableCollections.end(), name) != kVariableCollections.end();
}

std::string_view variable_name_in(std::string_view variable_def) { return VariableFields(variable_def).name; }

ReadVariables read_variables(const GraphFile& file, const FindNode& find, const ChooseCollection& chosen) {
  return VariableReader(file, find, chosen).read();
}

}  // namespace tenon
