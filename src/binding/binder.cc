#include <fmt/format.h>

#include <algorithm>

#include "base/nearest_names.h"
#include "graph/graph_impl.h"
#include "graph/unbound.h"
#include "tenon/detail/bind.h"

namespace tenon::detail {
namespace {

std::vector<Variable> variables_of(const Graph& graph) {
  std::vector<Variable> result;
  for (const std::string& collection : graph.collections()) {
    if (collection != "variables" && !collection.ends_with("_variables")) continue;
    const std::vector<Variable>& some = graph.impl().variables(collection);
    result.insert(result.end(), some.begin(), some.end());
  }
  return result;
}

}  // namespace

BindingPath::Step BindingPath::enter(std::string_view name) {
  const std::size_t length = path_.size();
  if (length > 0) path_ += '.';
  path_ += name;
  return {path_, length};
}

BindingPath::Step BindingPath::enter(std::size_t index) {
  const std::size_t length = path_.size();
  path_ += fmt::format("[{}]", index);
  return {path_, length};
}

void BindingPath::problem(Code code, const std::string& what) {
  if (problems_.empty() || code == Code::NotFound) code_ = code;
  problems_.push_back(path_.empty() ? what : fmt::format("{}: {}", path_, what));
}

void BindingPath::finish(std::string_view task) const {
  if (problems_.empty()) return;
  if (problems_.size() == 1) throw Error(code_, fmt::format("{}: {}.{}", task, type_name_, problems_[0]));
  throw Error(code_, fmt::format("{}: {} problems with the fields of {}:\n  {}", task, problems_.size(), type_name_,
                                 fmt::join(problems_, "\n  ")));
}

Json BindingWriter::name_of(const Output& output) {
  if (output.bound()) return output.name();
  problem(Code::FailedPrecondition, "the field is not bound to a graph; set it, or make it a std::optional");
  return {};
}

Json BindingWriter::name_of(const Operation& operation) {
  if (operation.bound()) return operation.name();
  problem(Code::FailedPrecondition, "the field is not bound to a graph; set it, or make it a std::optional");
  return {};
}

Json BindingWriter::name_of(const TensorOrOperation& node) {
  return std::visit([this](const auto& held) { return name_of(held); }, node);
}

const std::string* BindingReader::as_name(const Json* json, std::string_view kind) {
  if (json && json->is_string()) return &json->string();
  if (!json) problem(Code::InvalidArgument, "the binding has no entry for this field");
  else problem(Code::InvalidArgument, fmt::format("the name of {} expected, the binding has {}", kind, json->kind()));
  return nullptr;
}

void BindingReader::bind(Output& field, const Json* json) {
  const std::string* name = as_name(json, "a tensor");
  if (!name) return;
  try {
    const Output found = graph_.tensor(*name);
    if (apply_) field = found;
  } catch (const Error& error) {
    if (const auto operation = graph_.find_operation(*name)) {
      problem(Code::InvalidArgument, fmt::format("\"{}\" is an operation ({}), the field is an Output: a tensor name "
                                                 "such as \"{}:0\" is needed", *name, operation->type(), *name));
    } else {
      problem(error.code(), error.what());
    }
  }
}

void BindingReader::bind(Operation& field, const Json* json) {
  const std::string* name = as_name(json, "an operation");
  if (!name) return;
  try {
    const Operation found = graph_.operation(*name);
    if (apply_) field = found;
  } catch (const Error& error) {
    problem(error.code(), error.what());
  }
}

void BindingReader::bind(TensorOrOperation& field, const Json* json) {
  const std::string* name = as_name(json, "a tensor or an operation");
  if (!name) return;
  if (const auto operation = graph_.find_operation(*name)) {
    if (apply_) field = *operation;
    return;
  }
  Output tensor;
  bind(tensor, json);
  if (apply_) field = tensor;
}

void BindingReader::bind(Variable& field, const Json* json) {
  const std::string* name = as_name(json, "a variable");
  if (!name) return;
  std::vector<std::string> names;
  for (const Variable& variable : variables_of(graph_)) {
    if (variable.handle.name() == *name) {
      if (apply_) field = variable;
      return;
    }
    names.push_back(variable.handle.name());
  }
  problem(Code::NotFound, fmt::format("no collection of the graph has a variable \"{}\"{}", *name,
                                      nearest_phrase(*name, names)));
}

const Json::List* BindingReader::as_list(const Json* json) {
  static const Json::List none;
  if (!json) return &none;
  if (json->is_list()) return &json->elements();
  problem(Code::InvalidArgument, fmt::format("a list expected, the binding has {}", json->kind()));
  return nullptr;
}

const Json::Dict* BindingReader::as_dict(const Json* json) {
  static const Json::Dict none;
  if (!json) return &none;
  if (json->is_dict()) return &json->entries();
  problem(Code::InvalidArgument, fmt::format("a dictionary expected, the binding has {}", json->kind()));
  return nullptr;
}

void BindingReader::check_keys(const Json::Dict& entries, const std::vector<std::string>& fields,
                               std::string_view type_name) {
  for (const auto& [key, value] : entries) {
    if (std::find(fields.begin(), fields.end(), key) != fields.end()) continue;
    auto step = enter(key);
    problem(Code::InvalidArgument,
            fmt::format("{} has no node field of this name{}", type_name, nearest_phrase(key, fields)));
  }
}

bool register_handles(std::string_view type_name, const std::vector<std::string>& fields) {
  register_struct_fields(std::string(type_name), fields);
  return true;
}

}  // namespace tenon::detail
