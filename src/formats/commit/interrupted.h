// What killed saves leave in a folder, and what becomes of it.
//
// REQUIRES: the caller holds the exclusive lock of the folder (base/directory_lock.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tenon {

std::string next_name(const std::string& path);     // "P.index.next": about to be P.index
std::string deleted_name(const std::string& path);  // "P.index.deleted": was P.index, the rest of P is to be removed

// Finishes a commit of the checkpoint `prefix` if PREFIX's `leader` has its second name: all other .next files of it
// get their names, the leader last.
void finish_interrupted(const std::string& prefix, const std::string& leader);

// Removes temporary files that nobody writes any more, finishes or removes .next files, and finishes removals. Never
// throws: what cannot be removed stays.
void sweep(const std::string& directory);

// For "P.index", "P.data-00000-of-00002" and "P-00000-of-00002": P and the leader's name.
struct MemberName {
  std::string prefix, leader;
};
std::optional<MemberName> parse_member_name(const std::string& name);

}  // namespace tenon
