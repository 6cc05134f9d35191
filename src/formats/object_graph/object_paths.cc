#include "formats/object_graph/object_paths.h"

#include <fmt/format.h>

#include "tenon/object_checkpoint.h"

namespace tenon {
namespace {

std::optional<std::string> unescaped(std::string_view name) {
  std::string result;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] != '.') {
      result += name[i];
      continue;
    }
    if (++i == name.size() || (name[i] != '.' && name[i] != 'S')) return std::nullopt;
    result += name[i] == '.' ? '.' : '/';
  }
  return result;
}

}  // namespace

std::string escape_object_name(std::string_view name) {
  std::string result;
  for (const char c : name) {
    if (c == '.') result += "..";
    else if (c == '/') result += ".S";
    else result += c;
  }
  return result;
}

std::optional<std::vector<std::string>> object_path_names(std::string_view path) {
  std::vector<std::string> names;
  if (path.empty()) return names;
  for (std::size_t begin = 0;;) {
    const std::size_t end = path.find('/', begin);
    auto name = unescaped(path.substr(begin, end - begin));
    if (!name) return std::nullopt;
    names.push_back(*std::move(name));
    if (end == std::string_view::npos) return names;
    begin = end + 1;
  }
}

std::optional<SplitPath> split_path(std::string_view path, std::string_view mark) {
  const std::string wanted = fmt::format("/{}/", mark);
  if (path.starts_with(wanted.substr(1))) return SplitPath{"", path.substr(wanted.size() - 1)};  // of the root
  const std::size_t at = path.find(wanted);
  if (at == std::string_view::npos) return std::nullopt;
  return SplitPath{path.substr(0, at), path.substr(at + wanted.size())};
}

std::string attribute_key(std::string_view path, std::string_view attribute) {
  return fmt::format("{}/{}/{}", path, kAttributes, escape_object_name(attribute));
}

std::string slot_path(std::string_view variable, std::string_view optimizer, std::string_view slot) {
  return fmt::format("{}/{}/{}/{}", variable, kOptimizerSlot, optimizer, escape_object_name(slot));
}

}  // namespace tenon
