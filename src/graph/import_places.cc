// Devices and colocation of an import's nodes.
#include <fmt/format.h>

#include "graph/attr_value.h"
#include "graph/graph_extra.h"
#include "graph/graph_importer.h"
#include "graph/names.h"
#include "tenon/error.h"

namespace tenon {
namespace {

bool is_colocation(std::string_view group) { return group.starts_with(kColocationPrefix); }

// As TensorFlow spells it. Devices that it cannot read stay as they are: they do no harm here.
std::string merged_device(const std::string& around, const std::string& own) {
  try {
    return merge_devices(around, own);
  } catch (const Error&) {
    return own;
  }
}

}  // namespace

template <typename Visit>
void GraphImporter::for_each_colocated(int position, Visit&& visit) const {
  if (!pending_[position].in_group) return;
  for_each_bytes(node_at(position).attrs.view("_class"), ListKind::String, [&](std::string_view group) {
    if (!is_colocation(group)) return;
    const std::string_view target = group.substr(kColocationPrefix.size());
    if (target != file_.nodes()[position].name()) visit(target);
  });
}

void GraphImporter::place_nodes() {
  const std::string& around = GraphAccess::extra(graph_).device;
  if (around.empty() && !any_device_) return;
  for_all_nodes<&GraphImporter::place>();
  if (!options_.spread_devices) return;
  for (int position = 0; position < size(); ++position) {
    if (pending_[position].colocated) place_with_others(position);
  }
}

void GraphImporter::place(int position) {
  Pending& pending = pending_[position];
  RareString& device = node_at(position).asked_device;
  const std::string& around = GraphAccess::extra(graph_).device;
  if (!options_.spread_devices && around.empty()) return;
  for_each_colocated(position, [&](std::string_view) { pending.colocated = true; });
  if (pending.colocated) {
    // It is where the others are, whatever the file says.
    if (options_.spread_devices) device = "";
    return;
  }
  if (device.empty() && around.empty()) return;
  // Neighbours are mostly in one place.
  thread_local std::string last_around, last_own, last;
  if (last_own != device.str() || last_around != around || last.empty()) {
    last = merged_device(around, device.str());
    last_own = device.str();
    last_around = around;
  }
  device = last;
}

void GraphImporter::place_with_others(int position) {
  RareString& device = node_at(position).asked_device;
  for_each_colocated(position, [&](std::string_view target) {
    const int at = device.empty() ? colocated_at(position, target) : -1;
    if (at >= 0) device = node_at(at).device();
  });
}

// Mostly with the first input.
int GraphImporter::colocated_at(int position, std::string_view target) const {
  const Pending& pending = pending_[position];
  const int first = pending.first < pending.controls ? sources_[pending.first].node : -1;
  return first >= 0 && file_.nodes()[first].name() == target ? first : position_of(target);
}

void GraphImporter::check_colocation(int position) const {
  for_each_bytes(node_at(position).attrs.view("_class"), ListKind::String, [&](std::string_view group) {
    if (!is_colocation(group)) return;
    const std::string_view target = group.substr(kColocationPrefix.size());
    if (colocated_at(position, target) >= 0) return;
    throw Error(Code::InvalidArgument, fmt::format("Node '{}' expects to be colocated with unknown node '{}'",
                                                   file_.nodes()[position].name(), target));
  });
}

void GraphImporter::rename_colocation(int position) {
  if (!pending_[position].in_group) return;
  Node& node = node_at(position);
  bool renamed = false;
  std::vector<std::string> groups;
  for_each_bytes(node.attrs.view("_class"), ListKind::String, [&](std::string_view group) {
    const bool colocation = is_colocation(group);
    groups.emplace_back(colocation ? kColocationPrefix : group);
    if (!colocation) return;
    const std::string_view target = group.substr(kColocationPrefix.size());
    groups.back() += node_at(colocated_at(position, target)).name;
    renamed |= groups.back() != group;
  });
  if (renamed) set_attr(node, "_class", groups);
}

}  // namespace tenon
