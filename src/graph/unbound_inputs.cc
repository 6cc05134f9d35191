#include "graph/unbound_inputs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "tenon/error.h"

namespace tenon {

void check_unbound_inputs(const BytesList* collection, const std::map<std::string, Edge>& given) {
  if (!collection || collection->items.empty()) return;
  const std::vector<std::string_view>& listed = collection->items;
  std::vector<std::string> missing, unknown;
  for (const std::string_view item : listed) {
    std::string name(item);
    if (!given.contains(name) && std::find(missing.begin(), missing.end(), name) == missing.end())
      missing.push_back(std::move(name));
  }
  for (const auto& [name, value] : given) {
    // TensorFlow does not list control inputs, which must be given all the same.
    const bool control = name.starts_with('^') && std::string_view(name).substr(1).starts_with(kUnboundInput);
    if (!control && std::find(listed.begin(), listed.end(), name) == listed.end()) unknown.push_back(name);
  }
  if (!missing.empty()) {
    throw Error(Code::InvalidArgument,
                fmt::format("Graph contains unbound inputs: {}. Must provide these inputs through "
                            "input_map.",
                            fmt::join(missing, ",")));
  }
  if (!unknown.empty()) {
    throw Error(Code::InvalidArgument,
                fmt::format("input_map has names that are not among the graph's unbound inputs: {}; "
                            "these are {}",
                            fmt::join(unknown, ","), fmt::join(listed, ",")));
  }
}

}  // namespace tenon
