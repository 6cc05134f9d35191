#include "cli/name_pattern.h"

#include <fmt/format.h>

#include "tenon/error.h"

namespace tenon {
namespace {

constexpr std::size_t kLongestSearched = 2000;

}  // namespace

std::optional<std::regex> name_pattern(const std::string& text) {
  if (text.empty()) return std::nullopt;
  try {
    return std::regex(text);
  } catch (const std::regex_error& error) {
    throw Error(Code::InvalidArgument,
                fmt::format("the pattern \"{}\" is no regular expression: {}", text, error.what()));
  }
}

bool found_in_name(const std::string& name, const std::regex& pattern) {
  return name.size() <= kLongestSearched && std::regex_search(name, pattern);
}

std::string replace_in_name(const std::string& name, const std::regex& pattern, const std::string& with) {
  return name.size() <= kLongestSearched ? std::regex_replace(name, pattern, with) : name;
}

}  // namespace tenon
