#include "graph/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "tenon/error.h"

namespace tenon {
namespace {

bool is_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool is_name_char(char c) {
  return is_alnum(c) || c == '_' || c == '.' || c == '\\' || c == '/' || c == '>' || c == '-';
}

std::string upper_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return result;
}

// "/job:ps/replica:0/task:1/device:CPU:0" in its parts; an empty part was not given.
struct DeviceParts {
  std::string job, replica, task, type, index;

  std::string text() const {
    std::string result;
    if (!job.empty()) result += "/job:" + job;
    if (!replica.empty()) result += "/replica:" + replica;
    if (!task.empty()) result += "/task:" + task;
    if (!type.empty()) result += fmt::format("/device:{}:{}", type, index.empty() ? "*" : index);
    return result;
  }
};

[[noreturn]] void fail_device(std::string_view device, std::string_view part) {
  throw Error(
      Code::InvalidArgument,
      fmt::format("Unknown attribute '{}' is encountered while parsing the device spec: '{}'; a device looks like "
                  "/job:worker/task:0/device:CPU:0",
                  part, device));
}

void parse_part(std::string_view part, std::string_view device, DeviceParts& parts) {
  const std::size_t colon = part.find(':');
  const std::string_view key = part.substr(0, colon);
  const std::string value(colon == std::string_view::npos ? "" : part.substr(colon + 1));
  const std::string type = upper_case(key);
  if (key == "job" && !value.empty()) parts.job = value;
  else if (key == "replica" && !value.empty()) parts.replica = value;
  else if (key == "task" && !value.empty()) parts.task = value;
  else if (key == "device" && value.find(':') != std::string::npos) {
    const std::size_t second = value.find(':');
    const std::string named = value.substr(0, second);
    parts.type = named == "cpu" || named == "gpu" ? upper_case(named) : named;
    parts.index = value.substr(second + 1) == "*" ? "" : value.substr(second + 1);
  } else if (type == "CPU" || type == "GPU" || type == "TPU" || type == "CUSTOM") {
    parts.type = type;
    parts.index = value == "*" ? "" : value;
  } else {
    fail_device(device, key);
  }
}

DeviceParts parse_device(std::string_view device) {
  DeviceParts parts;
  std::string_view rest = device;
  while (!rest.empty()) {
    const std::size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    if (!part.empty()) parse_part(part, device, parts);
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  }
  return parts;
}

std::optional<int> parse_index(std::string_view digits) {
  int index = 0;
  const char* end = digits.data() + digits.size();
  const auto [at, error] = std::from_chars(digits.data(), end, index);
  if (error != std::errc() || at != end || index < 0) return std::nullopt;
  return index;
}

}  // namespace

bool valid_scope_name(std::string_view name) { return std::all_of(name.begin(), name.end(), is_name_char); }

bool valid_op_name(std::string_view name) {
  return !name.empty() && (is_alnum(name.front()) || name.front() == '.') && valid_scope_name(name);
}

void check_scope_name(std::string_view name, bool at_root) {
  if (at_root ? valid_op_name(name) : valid_scope_name(name)) return;
  throw Error(Code::InvalidArgument,
              fmt::format("'{}' is not a valid {}scope name. A {}scope name has to match the following pattern: "
                          "^{}[A-Za-z0-9_.\\\\/>-]*$",
                          name, at_root ? "root " : "", at_root ? "root " : "", at_root ? "[A-Za-z0-9.]" : ""));
}

std::string lower_case(std::string_view name) {
  std::string result(name);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

std::optional<OutputName> parse_output_name(std::string_view name) {
  const std::size_t colon = name.find(':');
  if (name.empty() || colon == 0) return std::nullopt;
  if (colon == std::string_view::npos) return OutputName{name, std::nullopt};
  const auto index = parse_index(name.substr(colon + 1));
  if (!index) return std::nullopt;
  return OutputName{name.substr(0, colon), index};
}

OutputName parse_tensor_name(std::string_view name) {
  const std::size_t colon = name.find(':');
  if (colon == std::string_view::npos) return {name, 0};
  if (const auto colons = std::count(name.begin(), name.end(), ':'); colons > 1) {
    throw Error(Code::InvalidArgument,
                fmt::format("Cannot convert '{}' to a tensor name. Tensor names should not contain "
                            "more than 1 `:`. Obtained {}.",
                            name, colons));
  }
  const auto index = parse_index(name.substr(colon + 1));
  if (!index) {
    throw Error(Code::InvalidArgument, fmt::format("Cannot convert '{}' to a tensor name. Second component of the name "
                                                   "following the `:` should be an int. Got {}.",
                                                   name, name.substr(colon + 1)));
  }
  return {name.substr(0, colon), index};
}

std::string canonical_device(std::string_view device) { return parse_device(device).text(); }

std::string merge_devices(std::string_view outer, std::string_view inner) {
  if (inner.empty()) return canonical_device(outer);
  DeviceParts parts = parse_device(outer);
  const DeviceParts over = parse_device(inner);
  if (!over.job.empty()) parts.job = over.job;
  if (!over.replica.empty()) parts.replica = over.replica;
  if (!over.task.empty()) parts.task = over.task;
  if (!over.type.empty()) parts.type = over.type;
  if (!over.index.empty()) parts.index = over.index;
  return parts.text();
}

}  // namespace tenon
