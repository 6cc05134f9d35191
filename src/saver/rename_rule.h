// Which rule would find the most of the names that a checkpoint does not have.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "tenon/restore.h"

namespace tenon {

struct FoundRule {
  RenameRule rule;
  std::size_t found = 0;  // of the wanted names, with the rule
  std::size_t wanted = 0;
};

// Nothing if no rule finds more names than there are without one. `keys` are the names of the checkpoint.
std::optional<FoundRule> find_rename_rule(std::span<const std::string> wanted, std::span<const std::string> keys);

}  // namespace tenon
