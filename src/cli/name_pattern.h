// Regular expressions that users give for tensors' names.
#pragma once

#include <optional>
#include <regex>
#include <string>

namespace tenon {

// Nothing of an empty text. Throws InvalidArgument for what is no regular expression.
std::optional<std::regex> name_pattern(const std::string& text);

// Names that are longer than any sensible one are not searched: std::regex recurses with the length.
bool found_in_name(const std::string& name, const std::regex& pattern);
std::string replace_in_name(const std::string& name, const std::regex& pattern, const std::string& with);

}  // namespace tenon
