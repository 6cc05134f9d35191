#include "graph/import_frames.h"

#include <fmt/format.h>

#include <unordered_set>

#include "formats/message/message_io.h"
#include "graph.pb.h"
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

// As the file has it; "" if it does not.
std::string frame_in(const NodeBytes& node) {
  proto::NodeDef def;
  if (!parse_binary(node.all, def)) return "";
  const auto found = def.attr().find(std::string(kFrame));
  return found == def.attr().end() ? "" : found->second.s();
}

}  // namespace

void rename_frames(GraphImpl& graph, const GraphFile& file, ImportedGraph& imported) {
  const std::size_t before = graph.nodes().size() - imported.nodes.size();
  if (before == 0 && imported.scope.empty()) return;
  std::optional<std::unordered_set<std::string>> known;
  std::unordered_map<std::string, std::string> renamed;
  for (std::size_t i = 0; i < imported.nodes.size(); ++i) {
    if (!is_enter(imported.nodes[i]->type)) continue;
    const std::string old = frame_in(file.nodes()[i]);
    if (old.empty()) continue;
    const auto [found, added] = renamed.try_emplace(old);
    if (added) {
      if (!known) known = frames_of(graph, before);
      found->second = unique_frame(imported.scope + old, *known);
      if (found->second != imported.scope + old) imported.new_names.emplace(old, found->second);
    }
    set_attr(*imported.nodes[i], kFrame, found->second);
  }
}

}  // namespace tenon
