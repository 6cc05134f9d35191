#include "saver/saver_plan.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "graph/names.h"
#include "meta_graph.pb.h"
#include "tenon/error.h"

namespace tenon {
namespace {

bool is_variable(const Node& node) {
  return node.type == "VariableV2" || node.type == "Variable" || node.type == "VarHandleOp";
}

// The variable whose unchanged value an edge is.
Node* variable_behind(Edge edge) {
  for (int steps = 0; steps < 8; ++steps) {
    Node* node = edge.node;
    if (is_variable(*node)) return node;
    const bool passes = node->type == "Identity" || node->type == "ReadVariableOp";
    if (!passes || node->inputs.empty()) return nullptr;
    edge = node->inputs[0];
  }
  return nullptr;
}

std::optional<std::vector<std::string>> constant_strings(const Edge& edge) {
  if (edge.node->type != "Const") return std::nullopt;
  const Tensor value = edge.node->attr<Tensor>("value");
  if (value.dtype() != DType::String) return std::nullopt;
  const auto all = value.flat<std::string>();
  return std::vector<std::string>(all.begin(), all.end());
}

bool is_save(const Node& node) { return node.type == "SaveV2" || node.type == "SaveSlices" || node.type == "Save"; }

// The save nodes that `end` waits for.
std::vector<Node*> saves_before(Node* end) {
  std::vector<Node*> saves, open = {end};
  std::set<Node*> seen = {end};
  const auto visit = [&](Node* node) {
    if (seen.insert(node).second) open.push_back(node);
  };
  while (!open.empty()) {
    Node* node = open.back();
    open.pop_back();
    if (is_save(*node)) {
      saves.push_back(node);
      continue;
    }
    for (const Edge& edge : node->inputs) visit(edge.node);
    for (Node* control : node->control_inputs) visit(control);
  }
  return saves;
}

std::optional<SaveShard> read_shard(const Node& save) {
  const bool v1_plain = save.type == "Save";
  const std::size_t first = v1_plain ? 2 : 3;
  if (save.inputs.size() < first) return std::nullopt;
  const auto names = constant_strings(save.inputs[1]);
  const auto slices = v1_plain ? std::optional(std::vector<std::string>(names ? names->size() : 0))
                               : constant_strings(save.inputs[2]);
  if (!names || !slices || names->size() != slices->size() || save.inputs.size() != first + names->size()) {
    return std::nullopt;
  }
  SaveShard shard;
  for (std::size_t i = 0; i < names->size(); ++i) {
    const Edge value = save.inputs[first + i];
    shard.pieces.push_back({(*names)[i], (*slices)[i], value, variable_behind(value)});
  }
  return shard;
}

// The number of a shard is the constant that its ShardedFilename takes.
int shard_number(const Node& save) {
  const Node* name = save.inputs[0].node;
  if (name->type != "ShardedFilename" || name->inputs[1].node->type != "Const") return 0;
  return name->inputs[1].node->attr<Tensor>("value").scalar<std::int32_t>();
}

// The operations with an effect that restore_all runs.
std::vector<Node*> targets_before(Node* end) {
  std::vector<Node*> targets, open = {end};
  std::set<Node*> seen = {end};
  while (!open.empty()) {
    Node* node = open.back();
    open.pop_back();
    if (node->type != "NoOp") {
      targets.push_back(node);
      continue;
    }
    for (Node* control : node->control_inputs) {
      if (seen.insert(control).second) open.push_back(control);
    }
  }
  std::sort(targets.begin(), targets.end(), [](const Node* a, const Node* b) { return a->id < b->id; });
  return targets;
}

bool is_assign(const Node& node) { return node.type == "Assign" || node.type == "AssignVariableOp"; }

// The names and slices that a RestoreV2 asks for.
struct Request {
  std::vector<std::string> names, slices;
};

class PieceReader {
 public:
  // One restored value on its way to `target`; nothing if it comes from elsewhere.
  std::optional<RestorePiece> read(Node* target, Edge value) {
    RestorePiece piece;
    piece.consumer = target;
    for (int steps = 0; steps < 8 && value.node->type != "RestoreV2"; ++steps) {
      if (value.node->type != "Identity" && value.node->type != "Reshape") return std::nullopt;
      piece.reshape |= value.node->type == "Reshape";
      value = value.node->inputs[0];
    }
    const Request* request = request_of(value.node);
    const auto index = static_cast<std::size_t>(value.index);
    if (!request || index >= request->names.size()) return std::nullopt;
    piece.key = request->names[index];
    piece.slice = request->slices[index];
    piece.dtype = value.node->output_types[index];
    piece.restored = value;
    return piece;
  }

 private:
  const Request* request_of(Node* restore) {
    const auto [found, added] = requests_.try_emplace(restore);
    if (!added) return found->second ? &*found->second : nullptr;
    if (restore->type != "RestoreV2" || restore->inputs.size() != 3) return nullptr;
    auto names = constant_strings(restore->inputs[1]), slices = constant_strings(restore->inputs[2]);
    if (!names || !slices || names->size() != slices->size() || names->size() != restore->output_types.size()) {
      return nullptr;
    }
    found->second = Request{std::move(*names), std::move(*slices)};
    return &*found->second;
  }

  std::unordered_map<Node*, std::optional<Request>> requests_;
};

Node* find_node(const GraphImpl& graph, const std::string& name) {
  const auto parsed = parse_output_name(name);
  return parsed ? graph.find(parsed->node) : nullptr;
}

}  // namespace

std::optional<SavePlan> read_save_plan(const GraphImpl& graph, const proto::SaverDef& def) {
  Node* end = find_node(graph, def.save_tensor_name());
  if (!end) return std::nullopt;
  std::vector<Node*> saves = saves_before(end);
  if (saves.empty()) return std::nullopt;
  SavePlan plan;
  plan.sharded = def.sharded();
  plan.v1 = saves[0]->type != "SaveV2";
  std::stable_sort(saves.begin(), saves.end(), [](Node* a, Node* b) { return shard_number(*a) < shard_number(*b); });
  for (Node* save : saves) {
    auto shard = read_shard(*save);
    if (!shard || (save->type != "SaveV2") != plan.v1) return std::nullopt;
    plan.shards.push_back(std::move(*shard));
  }
  return plan.sharded || plan.shards.size() == 1 ? std::optional(std::move(plan)) : std::nullopt;
}

std::optional<RestorePlan> read_restore_plan(const GraphImpl& graph, const proto::SaverDef& def) {
  Node* end = find_node(graph, def.restore_op_name());
  if (!end) return std::nullopt;
  RestorePlan plan;
  PieceReader reader;
  for (Node* target : targets_before(end)) {
    const bool assign = is_assign(*target) && target->inputs.size() == 2 && is_variable(*target->inputs[0].node);
    bool found = false;
    for (std::size_t i = assign ? 1 : 0; i < target->inputs.size(); ++i) {
      auto piece = reader.read(target, target->inputs[i]);
      if (!piece) {
        if (assign) return std::nullopt;
        continue;
      }
      if (assign) piece->variable = target->inputs[0].node;
      // A resource variable's shape binds although its Assign does not look at it.
      if (assign && target->type == "Assign") piece->check_shape = target->attr_or<bool>("validate_shape", true);
      plan.pieces.push_back(std::move(*piece));
      found = true;
    }
    if (!found) return std::nullopt;
  }
  std::stable_sort(plan.pieces.begin(), plan.pieces.end(),
                   [](const RestorePiece& a, const RestorePiece& b) { return a.key < b.key; });
  return plan.pieces.empty() ? std::nullopt : std::optional(std::move(plan));
}

}  // namespace tenon
