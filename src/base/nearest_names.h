// Which of the known names somebody may have meant.
//
//   nearest_names("conv2d/Kernel", names);                    // {"conv2d/kernel", "conv2d_1/kernel", ...}
//   "no node " + name + nearest_phrase(name, names);          // ...; nearest: "conv2d/kernel", "conv2d_1/kernel"
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

// The best first; empty if none is near. Counts typing mistakes; case and leading scopes ("model/w" for "w")
// count little.
std::vector<std::string> nearest_names(std::string_view name, std::span<const std::string> candidates, int max = 3);

// `; nearest: "a", "b"`, or nothing if none is near.
std::string nearest_phrase(std::string_view name, std::span<const std::string> candidates, int max = 3);

}  // namespace tenon
