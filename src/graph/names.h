// The rules for names of nodes, outputs, devices and colocation groups.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tenon {

// [A-Za-z0-9.][A-Za-z0-9_.\/>-]*
bool valid_op_name(std::string_view name);
// The same, but with any of these characters in front: a scope inside another scope.
bool valid_scope_name(std::string_view name);

// Throws InvalidArgument for a name that no name scope may have.
void check_scope_name(std::string_view name, bool at_root);

std::string lower_case(std::string_view name);

// "x:1" -> {"x", 1}; "x" -> {"x", no index}; nothing for "", "x:", "x:-1", "x:y".
struct OutputName {
  std::string_view node;
  std::optional<int> index;
};
std::optional<OutputName> parse_output_name(std::string_view name);
// The name of an output; one without an index is that of output 0. Throws InvalidArgument.
OutputName parse_tensor_name(std::string_view name);

// "/cpu:0" -> "/device:CPU:0", "/job:ps/task:1" as it is. Throws InvalidArgument for other words.
std::string canonical_device(std::string_view device);
// What a device scope `inner` inside `outer` asks for: inner's parts, completed by outer's.
std::string merge_devices(std::string_view outer, std::string_view inner);

inline constexpr std::string_view kColocationPrefix = "loc:@";

}  // namespace tenon
