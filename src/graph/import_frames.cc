#include "graph/import_frames.h"

#include <fmt/format.h>

#include <unordered_set>

#include "graph/attr_value.h"

namespace tenon {
namespace {

constexpr std::string_view kFrame = "frame_name";

bool is_enter(std::string_view op) { return op == "Enter" || op == "RefEnter"; }

std::unordered_set<std::string> frames_of(const GraphImpl& graph, std::size_t nodes) {
  std::unordered_set<std::string> frames;
  for (std::size_t i = 0; i < nodes; ++i) {
    const Node& node = *graph.nodes()[i];
    if (is_enter(node.type) && node.has_attr(kFrame)) frames.insert(node.attr<std::string>(kFrame));
  }
  return frames;
}

std::string unique_frame(const std::string& name, const std::unordered_set<std::string>& known) {
  std::string unique = name;
  for (int i = 1; known.contains(unique); ++i) unique = fmt::format("{}_{}", name, i);
  return unique;
}

}  // namespace

void rename_frames(GraphImpl& graph, ImportedGraph& imported) {
  if (imported.first == 0 && imported.scope.empty()) return;
  std::optional<std::unordered_set<std::string>> known;
  std::unordered_map<std::string, std::string> renamed;
  for (std::size_t i = imported.first; i < graph.nodes().size(); ++i) {
    Node* node = graph.nodes()[i].get();
    if (!is_enter(node->type)) continue;
    const std::string old = node->attr_or<std::string>(kFrame, "");
    if (old.empty()) continue;
    const auto [found, added] = renamed.try_emplace(old);
    if (added) {
      if (!known) known = frames_of(graph, imported.first);
      found->second = unique_frame(imported.scope + old, *known);
      if (found->second != imported.scope + old) imported.new_names.emplace(old, found->second);
    }
    set_attr(*node, kFrame, found->second);
  }
}

}  // namespace tenon
