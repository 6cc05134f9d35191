// Name, control-dependency, device and colocation scopes of GraphImpl.
#include <fmt/format.h>

#include <algorithm>

#include "graph/attr_value.h"
#include "graph/graph_extra.h"
#include "graph/names.h"
#include "tenon/error.h"

namespace tenon {

Scope GraphImpl::make_scope(std::function<void()> leave, std::string name) {
  return Scope(std::move(leave), std::move(name));
}

Scope GraphImpl::name_scope(std::string_view name) {
  if (!name.empty()) check_scope_name(name, scope_.empty());
  std::string next;
  if (name.empty()) next = "";
  else if (name.back() == '/') next = name;
  else next = unique_name(name) + "/";
  std::string old = std::exchange(scope_, next);
  return make_scope([this, old] { scope_ = old; }, std::move(next));
}

Scope GraphImpl::control_dependencies(std::vector<Node*> nodes) {
  auto old = extra_->control_scopes;
  if (nodes.empty()) extra_->control_scopes.clear();
  std::unordered_set<const Node*> current;
  for (const auto& scope : extra_->control_scopes) current.insert(scope->inputs.begin(), scope->inputs.end());
  auto scope = std::make_shared<ControlScope>();
  for (Node* node : nodes) {
    if (!current.insert(node).second) continue;
    scope->inputs.push_back(node);
    // TensorFlow marks these operations; its exported graphs show it.
    set_attr(*node, "_has_manual_control_dependencies", true);
  }
  extra_->control_scopes.push_back(std::move(scope));
  return make_scope([this, old = std::move(old)] { extra_->control_scopes = old; });
}

Scope GraphImpl::device(std::string device) {
  std::string old = std::exchange(extra_->device, merge_devices(extra_->device, device));
  return make_scope([this, old] { extra_->device = old; });
}

Scope GraphImpl::without_device() {
  std::string old = std::exchange(extra_->device, "");
  return make_scope([this, old] { extra_->device = old; });
}

Scope GraphImpl::colocate_with(Node* node, bool ignore_existing) {
  auto old = extra_->colocation;
  // Colocation is meant to be stronger than the device scopes around it.
  std::string device = std::exchange(extra_->device, "");
  if (ignore_existing) extra_->colocation.clear();
  if (node) extra_->colocation.push_back(node);
  return make_scope([this, old = std::move(old), device] {
    extra_->colocation = old;
    extra_->device = device;
  });
}

void GraphImpl::add_control_input(Node* node, Node* control) {
  auto& inputs = node->control_inputs;
  const auto place = std::lower_bound(inputs.begin(), inputs.end(), control,
                                      [](const Node* a, const Node* b) { return a->name < b->name; });
  if (place == inputs.end() || *place != control) inputs.insert(place, control);
}

}  // namespace tenon
