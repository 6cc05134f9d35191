#include "cli/rename.h"

#include <fmt/format.h>

#include <map>

#include "base/nearest_names.h"
#include "cli/checkpoint_copy.h"
#include "cli/name_pattern.h"
#include "tenon/error.h"

namespace tenon {
namespace {

struct Rule {
  std::string from, to;
  bool scope = false;
  bool used = false;

  bool applies(const std::string& name) const { return scope ? name.starts_with(from) : name == from; }
};

Rule rule_of(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    throw Error(Code::InvalidArgument, fmt::format("\"{}\" is not of the form OLD=NEW", text));
  }
  Rule rule{text.substr(0, equals), text.substr(equals + 1)};
  rule.scope = rule.from.back() == '/';
  if (rule.scope && rule.to.back() != '/') {
    throw Error(Code::InvalidArgument,
                fmt::format("{}: a scope becomes a scope; write {}=...{}/", text, rule.from, rule.to));
  }
  return rule;
}

std::string new_name(const std::string& name, std::vector<Rule>& rules) {
  for (Rule& rule : rules) {
    if (!rule.applies(name)) continue;
    rule.used = true;
    return rule.to + name.substr(rule.from.size());
  }
  return name;
}

void check_all_used(const std::vector<Rule>& rules, const CheckpointReader& reader) {
  for (const Rule& rule : rules) {
    if (rule.used) continue;
    throw Error(Code::NotFound, fmt::format("{} has no tensor {} \"{}\"{}", reader.prefix(),
                                            rule.scope ? "below" : "called", rule.from,
                                            nearest_phrase(rule.from, reader.keys())));
  }
}

void check_all_different(const std::vector<TensorCopy>& tensors) {
  std::map<std::string, std::string> owners;
  for (const TensorCopy& tensor : tensors) {
    const auto [owner, is_new] = owners.emplace(tensor.new_name, tensor.name);
    if (is_new) continue;
    throw Error(Code::InvalidArgument, fmt::format("\"{}\" and \"{}\" would both be called \"{}\"", owner->second,
                                                   tensor.name, tensor.new_name));
  }
}

}  // namespace

nlohmann::ordered_json rename_tensors(const ModelPath& model, const std::string& prefix, const RenameOptions& options) {
  std::vector<Rule> rules;
  for (const std::string& text : options.names) rules.push_back(rule_of(text));
  const auto pattern = name_pattern(options.replace);
  const auto reader = open_source(model);
  std::vector<TensorCopy> tensors = all_tensors(*reader);
  nlohmann::ordered_json renamed = nlohmann::ordered_json::object();
  for (TensorCopy& tensor : tensors) {
    tensor.new_name = new_name(tensor.name, rules);
    if (pattern) tensor.new_name = replace_in_name(tensor.new_name, *pattern, options.with);
    if (tensor.new_name != tensor.name) renamed[tensor.name] = tensor.new_name;
  }
  check_all_used(rules, *reader);
  if (renamed.empty()) throw Error(Code::InvalidArgument, "no name would change: say OLD=NEW, or --replace and --with");
  check_all_different(tensors);
  copy_checkpoint(*reader, tensors, prefix, {.to = reader->format(), .doing = "renaming"});
  return {{"path", prefix}, {"tensors", tensors.size()}, {"renamed", std::move(renamed)}};
}

std::string renaming_as_text(const nlohmann::ordered_json& report) {
  std::string text;
  for (const auto& [name, new_name] : report["renamed"].items()) {
    text += fmt::format("{} -> {}\n", name, new_name.get<std::string>());
  }
  return text + fmt::format("{}: {} tensors, {} of them renamed\n", report["path"].get<std::string>(),
                            report["tensors"].get<std::size_t>(), report["renamed"].size());
}

}  // namespace tenon
