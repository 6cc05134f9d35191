#include "saver/saver_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "graph/names.h"
#include "meta_graph.pb.h"
#include "tenon/error.h"
#include "tenon/partitioned_variable.h"

namespace tenon {

bool is_variable(const Node& node) {
  return node.type == "VariableV2" || node.type == "Variable" || node.type == "VarHandleOp";
}

RestorePiece piece_of(const GraphImpl& graph, const std::string& key, const Variable& variable) {
  if (&variable.handle.graph() != &graph) {
    throw Error(Code::InvalidArgument, fmt::format("variable {} is of another graph", variable.name()));
  }
  RestorePiece piece;
  piece.key = key;
  if (const auto slice = save_slice_info(variable)) piece.slice = slice->spec();
  piece.dtype = variable.dtype();
  piece.variable = variable.handle.op().node();
  piece.renamed = true;
  return piece;
}

namespace {

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

// The strings of a constant, which lie in its node where that lists every one of them, as most do.
struct Strings {
  std::vector<std::string_view> all;
  Tensor tensor;  // of the others

  std::size_t size() const { return all.size(); }
  std::string_view operator[](std::size_t i) const { return all[i]; }
};

std::optional<Strings> listed_strings(const Node& constant) {
  using Proto = proto::TensorProto;
  const AttrView value = constant.attrs.view("value");
  if (value.kind != AttrKind::Tensor) return std::nullopt;
  Strings strings;
  constexpr std::size_t kLeastBytes = 2;  // of one that is listed
  const std::int64_t elements = constant.tensor_attr_shape("value").elements();
  strings.all.reserve(std::min(static_cast<std::size_t>(elements), value.bytes.size() / kLeastBytes));
  WireReader reader(value.bytes);
  for (WireField field; reader.next(field);) {
    const bool known = field.number == Proto::kDtypeFieldNumber || field.number == Proto::kTensorShapeFieldNumber;
    if (field.number == Proto::kStringValFieldNumber && field.is_bytes()) strings.all.push_back(field.bytes);
    else if (!known) return std::nullopt;
  }
  const bool are_all = elements == static_cast<std::int64_t>(strings.size());
  return are_all && constant.output_types[0] == DType::String ? std::optional(std::move(strings)) : std::nullopt;
}

std::optional<Strings> constant_strings(const Edge& edge) {
  if (edge.node->type != "Const") return std::nullopt;
  if (auto strings = listed_strings(*edge.node)) return strings;
  Strings strings{.all = {}, .tensor = edge.node->attr<Tensor>("value")};
  if (strings.tensor.dtype() != DType::String) return std::nullopt;
  const auto all = strings.tensor.flat<std::string>();
  strings.all.assign(all.begin(), all.end());
  return strings;
}

// The nodes of a graph that a walk has been to.
class Seen {
 public:
  explicit Seen(const Node& first) : nodes_(first.graph().nodes().size()) { insert(first); }
  // False if it was there before.
  bool insert(const Node& node) {
    const bool added = !nodes_[node.id];
    nodes_[node.id] = true;
    return added;
  }

 private:
  std::vector<bool> nodes_;
};

bool is_save(const Node& node) { return node.type == "SaveV2" || node.type == "SaveSlices" || node.type == "Save"; }

// The save nodes that `end` waits for.
std::vector<Node*> saves_before(Node* end) {
  std::vector<Node*> saves, open = {end};
  Seen seen(*end);
  const auto visit = [&](Node* node) {
    if (seen.insert(*node)) open.push_back(node);
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
  const auto slices =
      v1_plain ? std::optional(Strings{.all = std::vector<std::string_view>(names ? names->size() : 0), .tensor = {}})
               : constant_strings(save.inputs[2]);
  if (!names || !slices || names->size() != slices->size() || save.inputs.size() != first + names->size()) {
    return std::nullopt;
  }
  SaveShard shard;
  shard.pieces.reserve(names->size());
  for (std::size_t i = 0; i < names->size(); ++i) {
    const Edge value = save.inputs[first + i];
    shard.pieces.push_back({std::string((*names)[i]), (*slices)[i], value, variable_behind(value)});
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
  Seen seen(*end);
  while (!open.empty()) {
    Node* node = open.back();
    open.pop_back();
    if (node->type != "NoOp") {
      targets.push_back(node);
      continue;
    }
    for (Node* control : node->control_inputs) {
      if (seen.insert(*control)) open.push_back(control);
    }
  }
  std::sort(targets.begin(), targets.end(), [](const Node* a, const Node* b) { return a->id < b->id; });
  return targets;
}

bool is_assign(const Node& node) { return node.type == "Assign" || node.type == "AssignVariableOp"; }

// The names and slices that a RestoreV2 asks for.
struct Request {
  Strings names, slices;
};

class PieceReader {
 public:
  // Adds what an operation that restore_all runs takes from RestoreV2 nodes; false if it takes nothing.
  bool read(Node* target, std::vector<RestorePiece>& pieces) {
    if (is_assign(*target) && target->inputs.size() == 2 && is_variable(*target->inputs[0].node)) {
      if (auto piece = read_direct(target)) {
        pieces.push_back(std::move(*piece));
        return true;
      }
    }
    const std::size_t before = pieces.size();
    for (const Edge& edge : restored_before(target)) {
      if (auto piece = read_output(edge)) {
        piece->consumer = target;
        pieces.push_back(std::move(*piece));
      }
    }
    return pieces.size() > before;
  }

 private:
  // A value on its way to a variable, unchanged but for its shape.
  std::optional<RestorePiece> read_direct(Node* target) {
    Edge value = target->inputs[1];
    bool reshape = false;
    for (int steps = 0; steps < 8 && value.node->type != "RestoreV2"; ++steps) {
      if (value.node->type != "Identity" && value.node->type != "Reshape") return std::nullopt;
      reshape |= value.node->type == "Reshape";
      value = value.node->inputs[0];
    }
    auto piece = read_output(value);
    if (!piece) return std::nullopt;
    piece->consumer = target;
    piece->variable = target->inputs[0].node;
    piece->reshape = reshape;
    // A resource variable's shape binds although its Assign does not look at it.
    if (target->type == "Assign") piece->check_shape = target->attr_or<bool>("validate_shape", true) || reshape;
    return piece;
  }

  std::optional<RestorePiece> read_output(const Edge& value) {
    const Request* request = request_of(value.node);
    const auto index = static_cast<std::size_t>(value.index);
    if (!request || index >= request->names.size()) return std::nullopt;
    RestorePiece piece;
    piece.key = request->names[index];
    piece.slice = request->slices[index];
    piece.dtype = value.node->output_types[index];
    piece.restored = value;
    return piece;
  }

  static std::vector<Edge> restored_before(Node* target) {
    std::vector<Edge> found;
    std::vector<Node*> open = {target};
    std::set<Node*> seen = {target};
    while (!open.empty()) {
      Node* node = open.back();
      open.pop_back();
      for (const Edge& edge : node->inputs) {
        if (edge.node->type != "RestoreV2") {
          if (seen.insert(edge.node).second) open.push_back(edge.node);
        } else if (std::find(found.begin(), found.end(), edge) == found.end()) {
          found.push_back(edge);
        }
      }
    }
    return found;
  }

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
  const std::vector<Node*> targets = targets_before(end);
  plan.pieces.reserve(targets.size());
  for (Node* target : targets) {
    if (!reader.read(target, plan.pieces)) return std::nullopt;
  }
  const auto before = [](const RestorePiece& a, const RestorePiece& b) { return a.key < b.key; };
  if (!std::is_sorted(plan.pieces.begin(), plan.pieces.end(), before)) {
    std::stable_sort(plan.pieces.begin(), plan.pieces.end(), before);
  }
  return plan.pieces.empty() ? std::nullopt : std::optional(std::move(plan));
}

}  // namespace tenon
