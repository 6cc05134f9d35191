// Initializers of the variables that have no value, in an order in which each finds the values that it starts from.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "kernels/state/variable_key.h"
#include "runtime/session_impl.h"
#include "tenon/initialize.h"

namespace tenon {
namespace {

using Waiting = std::map<const Node*, Variable>;  // by the variable's node

Waiting without_value(Session& session) {
  Waiting waiting;
  for (const auto& variables : {session.graph().global_variables(), session.graph().local_variables()}) {
    for (const Variable& variable : variables) {
      const Node* node = variable.handle.op().node();
      const auto state = session.impl().state().find_variable(variable_key(*node));
      if (!state || !state->initialised()) waiting.emplace(node, variable);
    }
  }
  return waiting;
}

// True if the variable's first value depends on another one that waits.
bool waits_for_another(const Variable& variable, const Waiting& waiting) {
  const Node* own = variable.handle.op().node();
  std::vector<const Node*> open = {variable.initializer.node()};
  std::set<const Node*> seen(open.begin(), open.end());
  const auto visit = [&](const Node* node) {
    if (seen.insert(node).second) open.push_back(node);
  };
  while (!open.empty()) {
    const Node* node = open.back();
    open.pop_back();
    if (node != own && waiting.contains(node)) return true;
    for (const Edge& edge : node->inputs) visit(edge.node);
    for (const Node* control : node->control_inputs) visit(control);
  }
  return false;
}

void check_initializers(const Waiting& waiting) {
  std::vector<std::string> names;
  for (const auto& [node, variable] : waiting) {
    if (!variable.initializer.bound()) names.push_back(node->name);
  }
  if (names.empty()) return;
  std::sort(names.begin(), names.end());
  throw Error(Code::FailedPrecondition, fmt::format("{} variables have neither a value nor an initializer: {}",
                                                    names.size(), fmt::join(names, ", ")));
}

}  // namespace

std::vector<std::string> init_uninitialized(Session& session) {
  Waiting waiting = without_value(session);
  check_initializers(waiting);
  std::vector<const Node*> done;
  while (!waiting.empty()) {
    Targets targets;
    std::vector<const Node*> ready;
    for (const auto& [node, variable] : waiting) {
      if (waits_for_another(variable, waiting)) continue;
      ready.push_back(node);
      targets.push_back(variable.initializer);
    }
    // Variables that wait for each other: running them says which value is missing.
    if (ready.empty()) {
      for (const auto& [node, variable] : waiting) {
        ready.push_back(node);
        targets.push_back(variable.initializer);
      }
    }
    session.run(std::vector<Output>{}, {}, targets);
    for (const Node* node : ready) waiting.erase(node);
    done.insert(done.end(), ready.begin(), ready.end());
  }
  std::sort(done.begin(), done.end(), [](const Node* a, const Node* b) { return a->id < b->id; });
  std::vector<std::string> names;
  for (const Node* node : done) names.push_back(node->name);
  return names;
}

}  // namespace tenon
